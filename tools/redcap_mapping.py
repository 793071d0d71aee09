"""Write the shipped mappings that read REDCap exports, from the columns of the record.

Run by hand where the columns changed: ``python tools/redcap_mapping.py``. A test compares what is shipped.
"""

from __future__ import annotations

from pathlib import Path

from outcomes.record.code_labels import code_label, offered_codes

from outcomes.files.write import toml_text, write_whole
from outcomes.intake.forms.redcap import MADE, redcap_code
from outcomes.record.columns import COLUMNS, Column, plain_spelling

SHIPPED = Path(__file__).parents[1] / "src/outcomes/mappings"


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
    placed = [c for c in COLUMNS if c.name not in MADE]
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
            f"order = {toml_text(session[1])}",
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
        f"column = {toml_text(session[1])}",
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
        *(f"{ours} = {toml_text(name[ours])}" for ours in needed),
        "",
        "[optional]              # where the export has them",
        *(f"{ours} = {toml_text(label)}" for ours, label in name.items() if ours not in (*needed, *boxes)),
        "",
    ]


def _boxes(c: Column, *, labels: bool) -> list[str]:
    ticked = {
        (f"{c.label} (choice={code_label(c, code)})" if labels else f"{c.name}___{redcap_code(code)}"): code
        for code in c.values
    }
    lines = [f"{toml_text(column)} = {toml_text(code)}" for column, code in ticked.items()]
    return [f"[boxes.{c.name}]  # checkboxes, one column each", *lines, ""]


def _values(c: Column) -> list[str]:
    """Recoding of what the reader would not take for the code itself (it forgives case, spaces and hyphens)."""
    codes = offered_codes(c) if c.kind in ("category", "tag") else ()
    theirs = [(text, code) for code in codes for text in (redcap_code(code), code_label(c, code))]
    changed = [
        (text, code)
        for text, code in theirs
        if plain_spelling(text) != plain_spelling(code) or "+" in code + text
    ]
    changed += [(text, code) for text, code in theirs if c.name == "age_band" and "_" in text]
    lines = [
        f"{toml_text(text)} = {toml_text(code)}" for text, code in dict.fromkeys(changed) if text != code
    ]
    return ["", f"[values.{c.name}]", *lines] if lines else []


def _listed(texts: list[str]) -> str:
    return "[" + ", ".join(map(toml_text, texts)) + "]"


if __name__ == "__main__":
    write_whole(SHIPPED / "redcap.toml", redcap_mapping(labels=False))
    write_whole(SHIPPED / "redcap_labels.toml", redcap_mapping(labels=True))
