"""The session record as REDCap forms: an instrument to import, and the mappings that read its exports.

Comes in: nothing. Goes out: the 18 columns of a REDCap data dictionary, with three forms (``baseline`` once per
patient, ``session`` and ``followup`` repeating, the follow-up under the number of its session), and the text of the
shipped mappings for exports of raw codes and of labels.
"""

from __future__ import annotations

from outcomes.code_labels import code_label, offered_codes
from outcomes.columns import COLUMNS, Column

__all__ = ["INSTRUMENT_COLUMNS", "instrument", "redcap_code", "redcap_mapping"]

INSTRUMENT_COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""Header of a REDCap data dictionary, in order."""

_FORMS = {"baseline": "baseline", "session": "session", "follow-up": "followup"}
_MADE = ("session_id", "session_number")
"""Columns that the mapping makes: the session's id from patient and instance, its number by counting."""
_RADIO_UP_TO = 8
_REACHED = "[followup_status] = 'reached'"
_SHOWN_IF = {
    **{f"rom_{time}": "[rom_movement] <> ''" for time in ("pre", "post")},
    "rom_48h": _REACHED,
    "soreness_ongoing": f"{_REACHED} and [soreness_h] > 0",
    "soreness_free_h": f"{_REACHED} and [soreness_h] > 0 and [soreness_ongoing] = '0'",
    "soreness_peak": f"{_REACHED} and [soreness_h] > 0",
}


def instrument() -> list[dict[str, str]]:
    """Rows of the REDCap data dictionary, by column name."""
    forms = tuple(_FORMS)
    placed = sorted(
        (c for c in COLUMNS if c.name not in _MADE), key=lambda c: (forms.index(c.event), _rank(c))
    )
    return [_row(c) for c in placed]


def _rank(c: Column) -> int:
    """The order of the record; in the follow-up, what came of it first, for the rest depends on it."""
    return (
        -1
        if c.name in ("patient_id", "followup_status")
        else [column.name for column in COLUMNS].index(c.name)
    )


def _row(c: Column) -> dict[str, str]:
    row = dict.fromkeys(INSTRUMENT_COLUMNS, "")
    row["Variable / Field Name"] = c.name
    row["Form Name"] = _FORMS[c.event]
    row["Field Label"] = c.label
    row["Field Note"] = c.meaning + (f" ({c.unit})" if c.unit else "")
    row["Required Field?"] = "y" if c.needed and c.name != "patient_id" else ""
    row["Branching Logic (Show field only if...)"] = _shown_if(c)
    codes = offered_codes(c)
    if c.kind == "flag":
        row["Field Type"] = "yesno"
    elif codes:
        row["Field Type"] = _choice_type(c, codes)
        row["Choices, Calculations, OR Slider Labels"] = " | ".join(
            f"{redcap_code(code)}, {code_label(c, code)}" for code in codes
        )
    else:
        row["Field Type"] = "text"
        _add_validation(row, c)
    return row


def _choice_type(c: Column, codes: tuple[str, ...]) -> str:
    if c.kind == "tags":
        return "checkbox"
    return "radio" if len(codes) <= _RADIO_UP_TO else "dropdown"


def _add_validation(row: dict[str, str], c: Column) -> None:
    if c.kind in ("number", "integer"):
        row["Text Validation Type OR Show Slider Number"] = c.kind
        row["Text Validation Min"] = "" if c.low is None else f"{c.low:g}"
        row["Text Validation Max"] = "" if c.high is None else f"{c.high:g}"


def _shown_if(c: Column) -> str:
    if c.name in _SHOWN_IF:
        return _SHOWN_IF[c.name]
    return _REACHED if c.event == "follow-up" and c.name != "followup_status" else ""


def redcap_code(code: str) -> str:
    """A code as REDCap allows it: letters, digits and underscores.

    Examples
    --------
    >>> redcap_code("20-29"), redcap_code("90+"), redcap_code("jaw_pain")
    ('20_29', '90_plus', 'jaw_pain')
    """
    return code.replace("-", "_").replace("+", "_plus")


# --- the mappings that read its exports ------------------------------------------------------------------------


def redcap_mapping(*, labels: bool) -> str:
    """Text of the shipped mapping for an export of raw codes, or of labels (headers and choices both).

    Parameters
    ----------
    labels : bool

    Returns
    -------
    str
        TOML; ``mappings/redcap.toml`` and ``mappings/redcap_labels.toml`` hold it.
    """
    instance = "Repeat Instance" if labels else "redcap_repeat_instance"
    placed = [c for c in COLUMNS if c.name not in _MADE]
    name = {c.name: c.label if labels else c.name for c in placed}
    once = [name[c.name] for c in placed if c.event == "baseline" and c.name != "patient_id"]
    boxes = [c for c in placed if c.kind == "tags" and c.values]
    lines = [
        f"# A REDCap export of {'labels' if labels else 'raw codes'}, from the forms that",
        "# `outcomes dictionary --format redcap` writes: baseline once per patient, session and followup repeating;",
        "# instance n of followup belongs to instance n of session.",
        "# Events (baseline, session, 2-day follow-up) in place of repeating instruments read the same.",
        'title = "REDCap export"',
        "",
        "[spread]                # what is recorded once per patient goes to all rows of the patient",
        f"within = [{_quoted(name['patient_id'])}]",
        f"columns = [{', '.join(map(_quoted, once))}]",
        "",
        "[[rows]]                # the rows of a session and its follow-up are those with an instance",
        f"column = {_quoted(instance)}",
        "present = true",
        "",
        "[merge]                 # the rows of one instance are one session",
        f"row = [{_quoted(name['patient_id'])}, {_quoted(instance)}]",
        "",
    ]
    for c in boxes:
        lines += [f"[boxes.{c.name}]       # checkboxes, one column each", *_boxes(c, labels=labels), ""]
    lines += ["[columns]", *(f"{c.name} = {_quoted(name[c.name])}" for c in placed if c not in boxes), ""]
    lines += ["[ids]", f"session_id = [{_quoted(name['patient_id'])}, {_quoted(instance)}]", ""]
    lines += ["[numbering]             # within patient and condition", f"order = {_quoted(instance)}", ""]
    for c in placed:
        lines += _values(c, labels=labels)
    return "\n".join(lines).rstrip() + "\n"


def _boxes(c: Column, *, labels: bool) -> list[str]:
    ticked = {
        (f"{c.label} (choice={code_label(c, code)})" if labels else f"{c.name}___{redcap_code(code)}"): code
        for code in c.values
    }
    return [f"{_quoted(column)} = {_quoted(code)}" for column, code in ticked.items()]


def _values(c: Column, *, labels: bool) -> list[str]:
    codes = offered_codes(c) if c.kind in ("category", "tag") else ()
    theirs = {code: code_label(c, code) if labels else redcap_code(code) for code in codes}
    changed = {code: text for code, text in theirs.items() if text != code}
    if not changed:
        return []
    return [
        f"[values.{c.name}]",
        *(f"{_quoted(text)} = {_quoted(code)}" for code, text in changed.items()),
        "",
    ]


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
