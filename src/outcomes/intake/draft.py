"""A draft of a mapping: from a file's headings and values, with how sure it is of each, what it doubts and has to ask.

Comes in: a table as it was exported. Goes out: a :class:`Draft`. On its own authority it takes what is sure or likely;
what two columns could be, and what no value tells (which date comes first), is a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.deidentify.dates import day_comes_first, read_dates
from outcomes.deidentify.detect import identifying_columns
from outcomes.intake.headings import name_score
from outcomes.intake.layouts import Layout, laid_out, recognised
from outcomes.intake.mapping import Mapping
from outcomes.intake.matching import LIKELY, SURE, Matches, matched
from outcomes.intake.measurements import long_form
from outcomes.intake.quantity import quantity
from outcomes.intake.redcap import RECORD_COLUMNS, SESSION, SYSTEM_COLUMNS, one_row_per_session
from outcomes.intake.redcap_dictionary import TAGS, Field, boxes_of, coded
from outcomes.intake.reshape import widen
from outcomes.intake.values import missing_code, words_for
from outcomes.intake.vocabulary import code_of
from outcomes.record.columns import COLUMNS, column
from outcomes.record.conditions import CONDITIONS, condition_label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Draft", "Entry", "Question", "draft", "draft_mapping"]

_TIMES = ("soreness_h", "soreness_free_h", "followup_h")
_NEEDED = ("patient_id", "condition", "pain_pre")


@dataclass(frozen=True)
class Entry:
    """What goes where into a mapping."""

    section: str
    name: str
    value: Any


@dataclass(frozen=True)
class Question:
    """What only the clinic knows.

    Attributes
    ----------
    asks : str
    answers : dict of str to Entry or None
        What may be answered, and what that puts into the mapping; None leaves it as it is.
    """

    asks: str
    answers: dict[str, Entry | None]


@dataclass(frozen=True)
class Draft:
    """A mapping in the making.

    Attributes
    ----------
    file : str
    layout : Layout or None
    frame : pandas.DataFrame
        One row per session as far as can be told, under the file's own headings.
    sections : dict
        Of the mapping.
    matches : Matches
    flagged : dict of str to str
        Columns that look as if they identify people, and as what.
    doubts : tuple of str
    questions : tuple of Question
    """

    file: str
    layout: Layout | None
    frame: pd.DataFrame
    sections: dict[str, Any]
    matches: Matches
    flagged: dict[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping, checked."""
        return Mapping.model_validate(self.sections)

    @property
    def called(self) -> str:
        """What the file is: ``Google Forms, 412 answers, one per session``."""
        rows = len(self.frame)
        tool = self.layout.called if self.layout else "A table"
        if "redcap" in self.sections or "long_to_wide" in self.sections:
            unit = "row per form" if "redcap" in self.sections else "row per measurement"
            return f"{tool}, one {unit}, {rows:,} session{'' if rows == 1 else 's'}"
        unit = self.layout.unit if self.layout and self.layout.name != "redcap" else "row"
        return f"{tool}, {rows:,} {unit}{'' if rows == 1 else 's'}, one per session"

    def answered(self, question: Question, answer: str) -> Draft:
        """The same with a question answered."""
        entry = question.answers[answer]
        left = tuple(other for other in self.questions if other is not question)
        if entry is None:
            return replace(self, questions=left)
        section = {**self.sections.get(entry.section, {}), entry.name: entry.value}
        return replace(self, sections={**self.sections, entry.section: section}, questions=left)


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
    raw: pd.DataFrame, *, file: str, guarded: bool = True, dictionary: dict[str, Field] | None = None
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
    """
    layout = recognised(raw)
    frame, sections = raw, dict[str, Any]()
    if layout is not None and (layout.put_right or layout.tests):
        frame, _ = laid_out(raw, layout.name)
        sections["layout"] = layout.name
    if layout is not None and layout.name == "redcap":
        return _of_redcap(frame, file, layout, dictionary or {}, guarded=guarded)
    if (long := long_form(frame)) is not None:
        sections["long_to_wide"] = long
        frame = widen(frame, file=file, **long)
    flagged = _flagged(frame) if guarded else {}
    usable = [str(name) for name in frame.columns if name not in flagged]
    when, own = (layout.when, layout.own) if layout else ((), ())
    matches = matched(frame, usable, when=when, own=own)
    return _finished(Draft(file, layout, frame, sections, matches, flagged), {})


def _flagged(frame: pd.DataFrame) -> dict[str, str]:
    names = {f"column {at}": str(name) for at, name in enumerate(frame.columns, start=1)}
    return {names.get(found.column, found.column): found.code for found in identifying_columns(frame)}


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
    return _finished(Draft(file, layout, frame, sections, matches, flagged), fields)


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


# --- the sections -------------------------------------------------------------------------------------------------


def _finished(begun: Draft, fields: dict[str, Field]) -> Draft:
    """Fill in the sections, the doubts and the questions, all told from one row per session."""
    frame, matches, sections = begun.frame, begun.matches, dict(begun.sections)
    sections["columns"] = {**sections.get("columns", {}), **matches.taken}
    _who(begun, sections)
    _when(begun, sections)
    if matches.age and not matches.birth:
        sections["bands"] = {"age_band": matches.age}
    if matches.movement and "rom_movement" not in matches.taken:
        sections["constants"] = {"rom_movement": matches.movement}
    units = dict(_units(frame, matches))
    if units:
        sections["units"] = units
    recoded = {
        ours: codes
        for ours, theirs in matches.taken.items()
        if (codes := _recoded(frame, ours, theirs, fields))
    }
    sections["values"] = {"rewrite": True, **recoded}
    absent, doubted = _missing(frame, matches, units)
    if absent:
        sections["missing"] = absent
    doubts = (*doubted, *_doubts(begun, sections))
    return replace(begun, sections=sections, doubts=doubts, questions=tuple(_questions(begun, sections)))


def _who(begun: Draft, sections: dict[str, Any]) -> None:
    """Ids: of the patient where several columns tell them apart; of the session where no column is its own."""
    columns, ids = sections["columns"], dict(sections.get("ids", {}))
    patient = list(begun.matches.patient)
    if "patient_id" not in columns and patient:
        if len(patient) == 1:
            columns["patient_id"] = patient[0]
        else:
            ids["patient_id"] = patient
    if "session_id" in columns:
        ids.pop("session_id", None)
    elif "session_id" not in ids:
        known = [columns["patient_id"]] if "patient_id" in columns else patient
        ids["session_id"] = [*known, "#row"]
    if ids:
        sections["ids"] = ids


def _when(begun: Draft, sections: dict[str, Any]) -> None:
    matches = begun.matches
    dates = {"session": matches.date, "followup": matches.later_date, "birth": matches.birth}
    found = {name: heading for name, heading in dates.items() if heading}
    if found and "session" in found:
        sections["dates"] = found
    if "session_number" not in sections["columns"] and "session" not in found:
        sections["numbering"] = {"order": sections["columns"].get("day", "#row")}


def _units(frame: pd.DataFrame, matches: Matches) -> Iterator[tuple[str, str]]:
    """0-100 scales, told by readings above 10; days and hours, told by the heading or by how long they are."""
    import pandas as pd

    for ours, theirs in matches.taken.items():
        there = frame[theirs].dropna()
        numbers = pd.to_numeric(there, errors="coerce")
        if column(ours).high == 10:
            wide = there[numbers > 10]
            real = [text for text in wide.unique() if missing_code(str(text), 10) is False]
            if len(real) and numbers[numbers.between(0, 100)].gt(10).mean() > 0.2:
                yield ours, "mm"
        elif ours in _TIMES:
            unit = _time_unit(theirs, numbers.dropna())
            if unit != "hours":
                yield ours, unit


def _time_unit(heading: str, numbers: pd.Series) -> str:
    """What numbers without a unit are in; "unknown" where neither the heading nor their size tells."""
    from outcomes.deidentify.identifiers import words_of

    words = set(words_of(heading))
    if words & {"days", "day", "d"} and not words & {"hours", "hrs", "hr", "h", "hour"}:
        return "days"
    if words & {"minutes", "min", "mins"}:
        return "minutes"
    if words & {"hours", "hrs", "hr", "h", "hour"} or heading in _TIMES:
        return "hours"
    plain = numbers[(numbers > 0) & (numbers < 1e4)]
    return "hours" if plain.empty or plain.max() > 10 else "unknown"


def _recoded(frame: pd.DataFrame, ours: str, theirs: str, fields: dict[str, Field]) -> dict[str, str]:
    """Codes of a form's choices; and words that the record spells otherwise, for the clinic to see and change."""
    c = column(ours)
    if c.kind not in ("category", "flag"):
        return {}
    choices = fields[theirs].choices if theirs in fields else {}
    if choices:
        told = {code: _code(ours, label) for code, label in choices.items()}
        return {code: known for code, known in told.items() if known}
    if c.kind == "flag":
        return {}
    known = {str(text): code_of(c, str(text)) for text in frame[theirs].dropna().unique()}
    return {text: found.code for text, found in known.items() if found and found.how}


def _code(ours: str, label: str) -> str | None:
    c = column(ours)
    if c.kind == "flag":
        return {"yes": "true", "no": "false"}.get(label.casefold())
    return coded(c, label)


def _missing(frame: pd.DataFrame, matches: Matches, units: dict[str, str]) -> tuple[list[str], list[str]]:
    """Words and codes for "not recorded" in columns of numbers; and codes that might be one."""
    sure: dict[str, None] = {}
    doubted: dict[str, list[str]] = {}
    for ours, theirs in matches.taken.items():
        c = column(ours)
        if c.kind not in ("number", "integer"):
            continue
        high = 100.0 if units.get(ours) in ("mm", "percent") else c.high
        for text in map(str, frame[theirs].dropna().unique()):
            code = missing_code(text, high)
            if code is True or text.strip().casefold() in words_for("not recorded"):
                sure[text] = None
            elif code is None:
                doubted.setdefault(text, []).append(ours)
    said = [
        f"{text} in {', '.join(columns)} looks like a code for not recorded; it is beyond the scale, and missing. "
        f'If it is one, add it: missing = ["{text}"].'
        for text, columns in doubted.items()
    ]
    return list(sure), said


def _doubts(begun: Draft, sections: dict[str, Any]) -> Iterator[str]:
    for match in begun.matches.best:
        if LIKELY <= match.sure < SURE:
            yield f"{match.ours} is probably {match.theirs!r}."
    movements = [
        match.theirs for match in begun.matches.best if match.ours.startswith("rom_") and match.sure >= LIKELY
    ]
    if movements and "rom_movement" not in sections["columns"] and not begun.matches.movement:
        yield "Ranges of motion without a movement cannot be used: no column or heading says which was measured."
    for c in COLUMNS:
        theirs = sections["columns"].get(c.name)
        if c.kind == "category" and theirs in begun.frame and not sections["values"].get(c.name):
            there = begun.frame[theirs].dropna()
            if len(there) and there.str.fullmatch(r"\d+(\.0)?").all() and c.name != "age_band":
                yield (
                    f"{theirs!r} holds numbers, not words: say what they mean under [values.{c.name}]"
                    + (
                        ", or give --redcap-dictionary."
                        if begun.layout and begun.layout.name == "redcap"
                        else "."
                    )
                )


# --- what only the clinic knows -----------------------------------------------------------------------------------


def _questions(begun: Draft, sections: dict[str, Any]) -> Iterator[Question]:
    for ours, several in begun.matches.rivals.items():
        yield Question(f"Which column is {column(ours).meaning}?", _columns_to_choose(ours, several))
    known = {
        *sections["columns"],
        *sections.get("ids", {}),
        *begun.matches.rivals,
        *sections.get("constants", {}),
    }
    free = [str(name) for name in begun.frame.columns if name not in begun.matches.used and name != SESSION]
    for ours in _NEEDED:
        if ours not in known:
            same = {f"always {condition_label(code)}": Entry("constants", ours, code) for code in CONDITIONS}
            answers = _columns_to_choose(ours, free) | (same if ours == "condition" else {})
            yield Question(f"Which column is {column(ours).meaning}?", answers)
    dates = [begun.frame[name] for name in sections.get("dates", {}).values()]
    if (
        dates
        and day_comes_first(dates) is None
        and any(read_dates(cells, day_first=None).ambiguous for cells in dates)
    ):
        order = {"the month": False, "the day": True}
        first = {answer: Entry("dates", "day_first", day) for answer, day in order.items()}
        yield Question("In dates such as 2/3/2026, which comes first?", dict(first))
    for ours, unit in sections.get("units", {}).items():
        theirs = sections["columns"][ours]
        if unit == "unknown" and _plain_numbers(begun.frame[theirs]):
            units = {unit: Entry("units", ours, unit) for unit in ("hours", "days")}
            yield Question(f"Are the numbers in {theirs!r} hours or days?", dict(units))


def _columns_to_choose(ours: str, several: Sequence[str]) -> dict[str, Entry | None]:
    return {**{repr(name): Entry("columns", ours, name) for name in several}, "none of them": None}


def _plain_numbers(cells: pd.Series) -> bool:
    found: Sequence[Any] = [quantity(str(text)) for text in cells.dropna().unique()]
    return any(one is not None and not one.unit and one.low for one in found)
