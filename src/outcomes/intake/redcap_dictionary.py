"""What a REDCap project asks: its data dictionary, or as much of it as an export's own headings tell.

Comes in: the data dictionary that the clinic downloads (a CSV file), or the headings of an export. Goes out: the label
of each field, the choices of those that have some, and which boxes belong together. Refuses what is no dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from outcomes.errors import MappingError
from outcomes.files.text_table import text_table
from outcomes.intake.vocabulary import code_of, muscle_of
from outcomes.record.columns import COLUMNS, Column

__all__ = ["Field", "boxes_of", "read_dictionary"]

_HEADINGS = {
    "name": ("variable / field name", "field_name", "variable", "field name"),
    "label": ("field label", "field_label", "label"),
    "kind": ("field type", "field_type"),
    "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations", "choices"),
    "form": ("form name", "form_name"),
}
_BOX = re.compile(r"^(?P<field>.+?)___(?P<code>.+)$|^(?P<label>.+) \(choice=(?P<choice>.+)\)$")


@dataclass(frozen=True)
class Field:
    """One field of a project.

    Attributes
    ----------
    name, label, kind, form : str
    choices : dict of str to str
        Code to label.
    """

    name: str
    label: str
    kind: str
    form: str
    choices: dict[str, str]


def read_dictionary(path: str | Path) -> dict[str, Field]:
    """Read a data dictionary as REDCap writes it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to Field
        By the field's name.

    Raises
    ------
    MappingError
        Where the file has no columns of field names and types.
    """
    table = text_table(path, own_names=False)
    place = {
        part: next((name for name in table.columns if str(name).strip().casefold() in known), None)
        for part, known in _HEADINGS.items()
    }
    if place["name"] is None or place["kind"] is None:
        raise MappingError(
            f"{Path(path).name} is no REDCap data dictionary: it has no column 'Variable / Field Name' or "
            "'Field Type'. Download it in REDCap under Project Setup, Data Dictionary."
        )
    cells = {
        part: table[name].fillna("").tolist() if name else [""] * len(table) for part, name in place.items()
    }
    fields = (
        Field(name, re.sub(r"<[^>]+>", "", label), kind, form, _choices(kind, choices))
        for name, label, kind, choices, form in zip(*cells.values(), strict=True)
    )
    return {field.name: field for field in fields if field.name}


def _choices(kind: str, text: str) -> dict[str, str]:
    """Codes and labels: ``1, Neck pain | 2, Low back pain``."""
    if kind == "yesno":
        return {"1": "Yes", "0": "No"}
    if kind not in ("radio", "dropdown", "checkbox"):
        return {}
    pairs = (part.split(",", 1) for part in text.split("|") if "," in part)
    return {code.strip(): label.strip() for code, label in pairs}


def boxes_of(headings: Iterable[str], fields: dict[str, Field]) -> dict[str, dict[str, tuple[str, str]]]:
    """Columns of ticks, by the field or question they belong to: what each stands for.

    Returns
    -------
    dict
        Field or question to column to (question, choice).

    Examples
    --------
    >>> boxes_of(["other___heat", "Also done (choice=Taping)"], {})
    {'other': {'other___heat': ('other', 'heat')}, 'Also done': {'Also done (choice=Taping)': ('Also done', 'Taping')}}
    """
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for heading in headings:
        parts = _BOX.match(heading)
        if not parts:
            continue
        name = parts["field"] or parts["label"]
        field = fields.get(name)
        code = parts["code"] or parts["choice"]
        choice = field.choices.get(code, field.choices.get(code.upper(), code)) if field else code
        found.setdefault(name, {})[heading] = (field.label if field else name, choice)
    return found


def coded(c: Column, choice: str) -> str | None:
    """The record's code for a choice of a form; None where it is not known."""
    named = muscle_of(choice) if c.name == "muscles" else code_of(c, choice.replace("_", " "))
    return named.code if named else None


TAGS = tuple(c for c in COLUMNS if c.kind == "tags")
