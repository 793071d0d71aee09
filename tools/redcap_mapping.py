"""Write the shipped mappings that read REDCap exports, from the columns of the record.

Run by hand where the columns changed: ``python tools/redcap_mapping.py``. A test compares what is shipped.
"""

from __future__ import annotations

from pathlib import Path

from outcomes.files.write import toml_text, write_whole
from outcomes.intake.forms.redcap import MADE, redcap_code
from outcomes.intake.redcap import SESSION
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
    return "\n".join(
        [
            *_comment(labels=labels),
            *_one_row_per_session(placed, name, labels=labels),
            *(line for c in placed if c.kind == "tags" and c.values for line in _boxes(c, labels=labels)),
            *(_columns(name) if labels else ()),
            "[ids]",
            f"session_id = {_listed([name['patient_id'], SESSION])}",
            "",
            "[numbering]             # counted within patient and condition, in the order of the file",
            'order = "#row"',
            "",
            "[values]",
            "rewrite = true          # missing data codes (-99, UNK, NASK ...) are missing, each counted",
            *(line for c in placed for line in _values(c)),
            "",
        ]
    )


def _comment(*, labels: bool) -> list[str]:
    return [
        f"# A REDCap export with {'labels' if labels else 'variable names'} as headers (choices as "
        "codes or labels).",
        "# The forms are those that `outcomes dictionary --format redcap` writes: baseline once per "
        "patient, session",
        "# and followup repeating as instruments, as events, or not at all. `outcomes prepare` reads "
        "other projects.",
        'title = "REDCap export"',
        "",
    ]


def _one_row_per_session(placed: list[Column], name: dict[str, str], *, labels: bool) -> list[str]:
    fields = {
        event: [
            field for c in placed if c.event == event for field in _fields(c, name[c.name], labels=labels)
        ]
        for event in ("session", "follow-up")
    }
    return [
        "[redcap]                # the rows of a session, its follow-up and its patient become one",
        f"record = {toml_text(name['patient_id'])}",
        f"session = {_listed(fields['session'])}",
        f"followup = {_listed(fields['follow-up'])}",
        "",
    ]


def _fields(c: Column, heading: str, *, labels: bool) -> list[str]:
    """The columns of a field: one, or a box per code."""
    return list(_ticked(c, labels=labels)) if c.kind == "tags" and c.values else [heading]


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
    ticked = _ticked(c, labels=labels)
    lines = [f"{toml_text(column)} = {toml_text(code)}" for column, code in ticked.items()]
    return [f"[boxes.{c.name}]  # checkboxes, one column each", *lines, ""]


def _ticked(c: Column, *, labels: bool) -> dict[str, str]:
    return {
        (f"{c.label} (choice={c.label_of(code)})" if labels else f"{c.name}___{redcap_code(code)}"): code
        for code in c.values
    }


def _values(c: Column) -> list[str]:
    """Recoding of what the reader would not take for the code itself (it forgives case, spaces and hyphens)."""
    codes = c.offered if c.kind in ("category", "tag") else ()
    theirs = [(text, code) for code in codes for text in (redcap_code(code), c.label_of(code))]
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
