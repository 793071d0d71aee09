"""A draft of a mapping, from a file's headings and values.

Comes in: a table as it was exported. Goes out: a :class:`~outcomes.intake.drafted.Draft`: a mapping, with how sure it
is of each column, what it doubts and what it has to ask.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.deidentify.detect import identifying_columns
from outcomes.files.columns import Columns, unpacked_table
from outcomes.intake.draft_sections import finished
from outcomes.intake.drafted import Draft
from outcomes.intake.headings import name_score
from outcomes.intake.layouts import Layout, laid_out, layout_of, recognised
from outcomes.intake.matching import LIKELY, SURE, matched
from outcomes.intake.measurements import long_form
from outcomes.intake.redcap import RECORD_COLUMNS, SESSION, SYSTEM_COLUMNS, one_row_per_session
from outcomes.intake.redcap_dictionary import TAGS, Field, boxes_of, coded
from outcomes.intake.reshape import widen
from outcomes.record.columns import KNOWN_NAMES, column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draft", "draft_mapping"]


def draft_mapping(path: str | Path) -> str:
    """Draft a mapping for a file.

    Parameters
    ----------
    path : str or Path
        Any file that ``read_sessions`` takes.

    Returns
    -------
    str
        TOML, to be read through, corrected and saved.

    Raises
    ------
    UnreadableFileError
    """
    from outcomes.files.text_table import text_table
    from outcomes.intake.draft_text import draft_text

    raw = text_table(path, own_names=False)
    return draft_text(draft(raw, file=Path(path).name))


def draft(
    raw: pd.DataFrame,
    *,
    file: str,
    guarded: bool = True,
    dictionary: dict[str, Field] | None = None,
    tool: str | None = None,
) -> Draft:
    """Draft a mapping for a table.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text, as the file has it.
    file : str
        What to call it.
    guarded : bool
        Whether to leave out what looks as if it identifies people: where the table will not be de-identified.
    dictionary : dict of str to Field, optional
        Of a REDCap project, as :func:`outcomes.intake.redcap_dictionary.read_dictionary` gives it.
    tool : str, optional
        The tool that wrote the table, by its name in :data:`outcomes.intake.layouts.LAYOUTS`; by default it is
        recognized.

    Raises
    ------
    MappingError
        Where the table is not of that tool.
    """
    layout = recognised(raw) if tool is None else layout_of(raw, tool, file)
    frame, sections = raw, dict[str, Any]()
    if layout is not None and (layout.put_right or layout.tests):
        frame, _ = laid_out(unpacked_table(raw), layout.name)
        sections["layout"] = layout.name
    if layout is not None and layout.name == "redcap":
        return _of_redcap(unpacked_table(frame), file, layout, dictionary or {}, guarded=guarded)
    if (long := long_form(frame)) is not None:
        sections["long_to_wide"] = long
        frame = widen(unpacked_table(frame), file=file, **long)
    flagged = _flagged(frame) if guarded else {}
    usable = [str(name) for name in frame.columns if name not in flagged]
    when, own = (layout.when, layout.own) if layout else ((), ())
    matches = matched(frame, usable, when=when, own=own)
    return finished(Draft(file, layout, Columns(frame), sections, matches, flagged), {})


def _flagged(frame: pd.DataFrame) -> dict[str, str]:
    """Columns that look as if they identify people; not those that surely are a number or a code of the record."""
    names = {f"column {at}": str(name) for at, name in enumerate(frame.columns, start=1)}
    needed = {"number": LIKELY, "integer": LIKELY, "flag": LIKELY, "category": SURE}
    best = matched(frame, list(names.values())).best
    ours = {match.theirs for match in best if match.sure >= needed.get(column(match.ours).kind, 2)}
    found = identifying_columns(frame, known=frozenset(KNOWN_NAMES) | ours)
    return {names.get(one.column, one.column): one.code for one in found}


# --- REDCap -------------------------------------------------------------------------------------------------------


def _of_redcap(
    raw: pd.DataFrame, file: str, layout: Layout, fields: dict[str, Field], *, guarded: bool
) -> Draft:
    """Which fields belong to a session and to its follow-up; then as for any table with one row per session."""
    labels = {name: field.label for name, field in fields.items()}
    system = {name.casefold() for names in SYSTEM_COLUMNS.values() for name in names}
    record = next((name for name in RECORD_COLUMNS if name in raw.columns), str(raw.columns[0]))
    boxes = _boxes(raw, fields)
    ticked = [heading for ticks in boxes.values() for heading in ticks]
    usable = [str(name) for name in raw.columns if name not in ticked and str(name).casefold() not in system]
    usable = [name for name in usable if not name.endswith("_complete") and not name.startswith("Complete?")]
    decoded = _decoded(raw, fields)
    first = matched(decoded, usable, labels=labels)
    parts = {
        event: [
            match.theirs for match in first.best if match.sure >= LIKELY and column(match.ours).event == event
        ]
        for event in ("session", "follow-up")
    }
    parts["session"] += [
        heading for ours, ticks in boxes.items() if column(ours).event == "session" for heading in ticks
    ]
    parts["follow-up"] += [
        heading for ours, ticks in boxes.items() if column(ours).event != "session" for heading in ticks
    ]
    parts["session"] = [name for name in parts["session"] if name != record] + (
        [first.date] if first.date else []
    )
    parts["follow-up"] += [first.later_date] if first.later_date else []
    sections: dict[str, Any] = {}
    frame = raw
    if parts["session"]:
        sections["redcap"] = {"record": record, "session": parts["session"], "followup": parts["follow-up"]}
        frame, _ = one_row_per_session(raw, **sections["redcap"])
        sections["ids"] = {"session_id": [record, SESSION]}
    if boxes:
        sections["boxes"] = boxes
    flagged = _flagged(frame.drop(columns=ticked)) if guarded else {}
    usable = [name for name in usable if name not in flagged]
    matches = matched(_decoded(frame, fields), usable, labels=labels)
    if "patient_id" not in matches.taken and record in usable:
        sections["columns"] = {"patient_id": record}
    group = next(
        (name for name in SYSTEM_COLUMNS["group"] if name in raw.columns and raw[name].notna().any()), None
    )
    if group and "clinic_id" not in matches.taken:
        sections.setdefault("columns", {})["clinic_id"] = group
    return finished(Draft(file, layout, Columns(frame), sections, matches, flagged), fields)


def _boxes(raw: pd.DataFrame, fields: dict[str, Field]) -> dict[str, dict[str, str]]:
    """Columns of ticks that are the record's: our column to their column to our code."""
    found: dict[str, dict[str, str]] = {}
    for ticks in boxes_of(map(str, raw.columns), fields).values():
        question = next(iter(ticks.values()))[0]
        for c in TAGS:
            codes = {heading: code for heading, (_, choice) in ticks.items() if (code := coded(c, choice))}
            asked = name_score(c, question) >= LIKELY
            if codes and (asked or len(codes) >= len(ticks) / 2) and c.name not in found:
                found[c.name] = codes
                break
    return found


def _decoded(frame: pd.DataFrame, fields: dict[str, Field]) -> pd.DataFrame:
    """Codes of choices by their labels, so that values can be matched."""
    changed = {
        name: frame[name].map(lambda code, choices=field.choices: choices.get(code, code), na_action="ignore")
        for name, field in fields.items()
        if name in frame and field.choices and field.kind != "checkbox"
    }
    return frame.assign(**changed) if changed else frame
