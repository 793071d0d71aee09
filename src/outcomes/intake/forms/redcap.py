"""The session record as REDCap forms: an instrument to import.

Comes in: nothing. Goes out: the 18 columns of a REDCap data dictionary, with three forms (``baseline`` once per
patient, ``session`` and ``followup`` repeating, the follow-up under the number of its session). The mappings that read
its exports are shipped; ``tools/redcap_mapping.py`` writes them.
"""

from __future__ import annotations

from outcomes.record.columns import COLUMNS, Column

__all__ = ["INSTRUMENT_COLUMNS", "MADE", "instrument", "redcap_code"]

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
MADE = ("session_id", "session_number")
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
        (c for c in COLUMNS if c.name not in MADE), key=lambda c: (forms.index(c.event), _rank(c))
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
    codes = c.offered
    if c.kind == "flag":
        row["Field Type"] = "yesno"
    elif codes:
        row["Field Type"] = _choice_type(c, codes)
        row["Choices, Calculations, OR Slider Labels"] = " | ".join(
            f"{redcap_code(code)}, {c.label_of(code)}" for code in codes
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
