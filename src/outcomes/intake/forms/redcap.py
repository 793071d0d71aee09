"""The session record as REDCap forms: an instrument to import, and the mappings that read its exports.

Comes in: nothing. Goes out: the 18 columns of a REDCap data dictionary, with three forms (``baseline`` once per
patient, ``session`` and ``followup`` repeating, the follow-up under the number of its session), and the text of the
shipped mappings for exports of raw codes and of labels.
"""

from __future__ import annotations

from outcomes.record.code_labels import code_label, offered_codes
from outcomes.record.columns import COLUMNS, Column

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
    """Text of the shipped mapping for an export with raw headers, or with labels as headers.

    Parameters
    ----------
    labels : bool

    Returns
    -------
    str
        TOML; ``mappings/redcap.toml`` and ``mappings/redcap_labels.toml`` hold it. Choices may be raw codes or labels
        in both.
    """
    placed = [c for c in COLUMNS if c.name not in _MADE]
    name = {c.name: c.label if labels else c.name for c in placed}
    session = [name["patient_id"], "Repeat Instance" if labels else "redcap_repeat_instance"]
    return "\n".join(
        [
            *_comment(labels=labels),
            *_one_row_per_session(name, session, labels=labels),
            *(line for c in placed if c.kind == "tags" and c.values for line in _boxes(c, labels=labels)),
            *(_columns(name) if labels else ()),
            "[ids]",
            f"session_id = {_listed(session)}",
            "",
            "[numbering]             # counted within patient and condition",
            f"order = {_quoted(session[1])}",
            *(line for c in placed for line in _values(c)),
            "",
        ]
    )


def _comment(*, labels: bool) -> list[str]:
    return [
        f"# A REDCap export with {'labels' if labels else 'variable names'} as headers (choices as codes or labels).",
        "# The forms are those that `outcomes dictionary --format redcap` writes: baseline once per patient, session",
        "# and followup repeating; instance n of followup belongs to instance n of session. Events read the same.",
        'title = "REDCap export"',
        "",
    ]


def _one_row_per_session(name: dict[str, str], session: list[str], *, labels: bool) -> list[str]:
    once = [name[c.name] for c in COLUMNS if c.event == "baseline" and c.name != "patient_id"]
    differ = (
        ["Event Name", "Repeat Instrument"] if labels else ["redcap_event_name", "redcap_repeat_instrument"]
    )
    return [
        "[spread]                # what is recorded once per patient goes to all rows of the patient",
        f"within = {_listed(session[:1])}",
        f"columns = {_listed(once)}",
        "",
        "[[rows]]                # the rows of a session and its follow-up are those with an instance",
        f"column = {_quoted(session[1])}",
        "present = true",
        "",
        "[merge]                 # the rows of one instance are one session",
        f"row = {_listed(session)}",
        f"differ = {_listed(differ)}",
        "",
    ]


def _columns(name: dict[str, str]) -> list[str]:
    needed = [c.name for c in COLUMNS if c.needed and c.name in name]
    boxes = [c.name for c in COLUMNS if c.kind == "tags" and c.values]
    return [
        "[columns]",
        *(f"{ours} = {_quoted(name[ours])}" for ours in needed),
        "",
        "[optional]              # where the export has them",
        *(f"{ours} = {_quoted(label)}" for ours, label in name.items() if ours not in (*needed, *boxes)),
        "",
    ]


def _boxes(c: Column, *, labels: bool) -> list[str]:
    ticked = {
        (f"{c.label} (choice={code_label(c, code)})" if labels else f"{c.name}___{redcap_code(code)}"): code
        for code in c.values
    }
    lines = [f"{_quoted(column)} = {_quoted(code)}" for column, code in ticked.items()]
    return [f"[boxes.{c.name}]  # checkboxes, one column each", *lines, ""]


def _values(c: Column) -> list[str]:
    """Recoding of what the reader would not take for the code itself (it forgives case, spaces and hyphens)."""
    codes = offered_codes(c) if c.kind in ("category", "tag") else ()
    theirs = [(text, code) for code in codes for text in (redcap_code(code), code_label(c, code))]
    changed = [
        (text, code) for text, code in theirs if _forgiven(text) != _forgiven(code) or "+" in code + text
    ]
    changed += [(text, code) for text, code in theirs if c.name == "age_band" and "_" in text]
    lines = [f"{_quoted(text)} = {_quoted(code)}" for text, code in dict.fromkeys(changed) if text != code]
    return ["", f"[values.{c.name}]", *lines] if lines else []


def _forgiven(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _listed(texts: list[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
