"""The data dictionary in four forms, all from the one list of columns.

Comes in: nothing. Goes out: text, for people (Markdown), for spreadsheets (CSV), for REDCap (an instrument to import)
and for programs (a Frictionless data package).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

from outcomes.errors import ExportError
from outcomes.record.columns import COLUMNS, Column
from outcomes.record.rules import CODE

__all__ = ["DictionaryFormat", "data_dictionary", "field_of"]

DictionaryFormat = Literal["md", "csv", "redcap", "frictionless"]
_EVENTS = {
    "baseline": "Once per patient",
    "session": "At each session",
    "follow-up": "At the 2-day follow-up",
}
_KINDS = {
    "id": "text",
    "category": "code",
    "tag": "code (open list)",
    "tags": "codes, ; between",
    "number": "number",
    "integer": "whole number",
    "flag": "true or false",
}


def data_dictionary(format: DictionaryFormat = "md") -> str:
    """Write the data dictionary of the session record.

    Parameters
    ----------
    format : {"md", "csv", "redcap", "frictionless"}
        Markdown for people, CSV, an instrument to import into REDCap, a Frictionless data package (JSON).

    Returns
    -------
    str

    Raises
    ------
    ExportError
        Where there is no such format.

    Examples
    --------
    >>> print(data_dictionary("csv").splitlines()[1])
    session_id,text,Session,pseudonym of the session,,"a pseudonym, different in every row",yes,At each session
    """
    writers: dict[str, Callable[[], str]] = {
        "md": _markdown,
        "csv": _csv,
        "redcap": _redcap,
        "frictionless": _frictionless,
    }
    if format not in writers:
        raise ExportError(
            f"{format!r} is no format of the data dictionary; there are {', '.join(get_args(DictionaryFormat))}."
        )
    return writers[format]()


# --- for people ------------------------------------------------------------------------------------------------


def _markdown() -> str:
    lines = [
        "# Data dictionary",
        "",
        "One row is one needling session for one condition in one patient. No names, no dates: days are counted from "
        "the patient's first session, ages are in bands. A blank cell means not recorded or not asked, never zero.",
        "",
    ]
    for event, title in _EVENTS.items():
        lines += [
            f"## {title}",
            "",
            "| column | meaning | type | unit | allowed | needed |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_markdown_row(c) for c in COLUMNS if c.event == event]
        lines.append("")
    lines += ["## Codes", "", "| column | code | meaning |", "|---|---|---|"]
    lines += [f"| `{c.name}` | `{code}` | {c.label_of(code)} |" for c in COLUMNS for code in c.offered]
    lines += ["", "`activity` may hold other short codes too; the ones listed are suggestions."]
    return "\n".join(lines) + "\n"


def _markdown_row(c: Column) -> str:
    allowed = "see Codes" if c.offered else c.allowed
    return f"| `{c.name}` | {c.meaning} | {_KINDS[c.kind]} | {c.unit} | {allowed} | {'yes' if c.needed else ''} |"


def _csv() -> str:
    header = ["column", "type", "label", "meaning", "unit", "allowed", "needed", "collected"]
    rows = [
        [
            c.name,
            _KINDS[c.kind],
            c.label,
            c.meaning,
            c.unit,
            c.allowed,
            "yes" if c.needed else "no",
            _EVENTS[c.event],
        ]
        for c in COLUMNS
    ]
    return _csv_text([header, *rows])


def _csv_text(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


# --- for REDCap ------------------------------------------------------------------------------------------------


def _redcap() -> str:
    from outcomes.intake.forms.redcap import INSTRUMENT_COLUMNS, instrument

    return _csv_text(
        [INSTRUMENT_COLUMNS, *([row[name] for name in INSTRUMENT_COLUMNS] for row in instrument())]
    )


# --- for programs ----------------------------------------------------------------------------------------------


_PROFILES = "https://datapackage.org/profiles/2.0"
"""Version 2 of the Data Package standard: the first that knows ``exclusiveMinimum``."""


def _frictionless() -> str:
    package = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "needling-sessions",
        "title": "Needling session records",
        "resources": [
            {
                "name": "sessions",
                "$schema": f"{_PROFILES}/dataresource.json",
                "type": "table",
                "path": "sessions.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "$schema": f"{_PROFILES}/tableschema.json",
                    "fields": [field_of(c) for c in COLUMNS],
                    "missingValues": [""],
                    "primaryKey": ["session_id"],
                },
            }
        ],
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def field_of(c: Column) -> dict[str, Any]:
    """A column as a field of a Frictionless table schema: type, unit, rules, meaning."""
    kinds = {"number": "number", "integer": "integer", "flag": "boolean"}
    field: dict[str, Any] = {
        "name": c.name,
        "title": c.label,
        "description": c.meaning + (f" ({c.unit})" if c.unit else ""),
        "type": kinds.get(c.kind, "string"),
    }
    if c.unit:
        field["unit"] = c.unit
    if c.kind == "flag":
        field |= {
            "trueValues": ["true", "True", "TRUE", "1"],
            "falseValues": ["false", "False", "FALSE", "0"],
        }
    if constraints := _constraints(c):
        field["constraints"] = constraints
    return field


def _constraints(c: Column) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if c.needed:
        found["required"] = True
    if c.unique:
        found["unique"] = True
    if c.low is not None:
        found["exclusiveMinimum" if c.above else "minimum"] = _plain(c, c.low)
    if c.high is not None:
        found["maximum"] = _plain(c, c.high)
    if c.kind == "category":
        found["enum"] = [*c.values, *c.also]
    if c.kind == "tag":
        found["pattern"] = f"^{CODE}$"
    if c.kind == "tags":
        one = "(" + "|".join(c.values) + ")" if c.values else CODE
        found["pattern"] = f"^{one}(;{one})*$"
    return found


def _plain(c: Column, number: float) -> float | int:
    return int(number) if c.kind == "integer" or float(number).is_integer() else number
