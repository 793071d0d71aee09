"""The sections of a drafted mapping, its doubts and its questions, worked out from one row per session.

Comes in: a draft whose columns are matched. Goes out: the same with every section filled in. What is sure or likely is
taken; what two columns could be, and what no value tells (which date comes first), becomes a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outcomes.deidentify.dates import day_comes_first, read_dates
from outcomes.deidentify.identifiers import words_of
from outcomes.files.columns import Columns
from outcomes.files.columns import numbers as as_numbers
from outcomes.intake.drafted import Draft, Entry, Question
from outcomes.intake.matching import LIKELY, SURE, Matches
from outcomes.intake.quantity import quantity
from outcomes.intake.redcap import SESSION
from outcomes.intake.redcap_dictionary import Field, coded
from outcomes.intake.values import missing_code, words_for
from outcomes.intake.vocabulary import code_of
from outcomes.record.columns import COLUMNS, column
from outcomes.record.conditions import CONDITIONS, condition_label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["finished"]

_TIMES = ("soreness_h", "soreness_free_h", "followup_h", "activity_limited_h")
_NEEDED = ("patient_id", "condition", "pain_pre")


def finished(begun: Draft, fields: dict[str, Field]) -> Draft:
    """Fill in the sections, the doubts and the questions, all worked out from one row per session."""
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


def _units(frame: Columns, matches: Matches) -> Iterator[tuple[str, str]]:
    """0-100 scales, recognized by readings above 10; days and hours, by the heading or by how long they are."""
    for ours, theirs in matches.taken.items():
        there = frame[theirs].dropna()
        numbers = as_numbers(there)
        if column(ours).high == 10:
            if _says_ten(theirs):
                continue
            wide = there[numbers > 10]
            real = [text for text in wide.unique() if missing_code(str(text), 10) is False]
            if len(real) and numbers[numbers.between(0, 100)].gt(10).mean() > 0.2:
                yield ours, "mm"
        elif column(ours).unit == "kPa":
            words = set(words_of(theirs))
            if words & {"kg", "kgf", "n"} and words & {"cm2", "cm"}:
                yield ours, "N/cm2" if "n" in words else "kg/cm2"
        elif ours in _TIMES:
            unit = _time_unit(theirs, numbers.dropna())
            if unit != "hours":
                yield ours, unit


def _says_ten(heading: str) -> bool:
    """Whether a heading says that its scale ends at 10: readings beyond are slips, however many there are.

    Examples
    --------
    >>> _says_ten("Pain before (0-10)"), _says_ten("Pain (/10)"), _says_ten("Pain before (0-100)"), _says_ten("Pain")
    (True, True, False, False)
    """
    return re.search(r"(?:0\s*(?:-|–|to|\.\.)\s*|/\s*|out of )10(?![\d.])", heading.casefold()) is not None


def _time_unit(heading: str, numbers: pd.Series) -> str:
    """What numbers without a unit are in; "unknown" where neither the heading nor their size tells."""
    words = set(words_of(heading))
    if words & {"days", "day", "d"} and not words & {"hours", "hrs", "hr", "h", "hour"}:
        return "days"
    if words & {"minutes", "min", "mins"}:
        return "minutes"
    if words & {"hours", "hrs", "hr", "h", "hour"} or heading in _TIMES:
        return "hours"
    plain = numbers[(numbers > 0) & (numbers < 1e4)]
    return "hours" if plain.empty or plain.max() > 10 else "unknown"


def _recoded(frame: Columns, ours: str, theirs: str, fields: dict[str, Field]) -> dict[str, str]:
    """Codes of a form's choices; and words that the record spells otherwise, for the clinic to see and change."""
    c = column(ours)
    if c.kind not in ("category", "flag"):
        return {}
    choices = fields[theirs].choices if theirs in fields else {}
    if choices:
        recognized = {code: _code(ours, label) for code, label in choices.items()}
        return {code: known for code, known in recognized.items() if known}
    if c.kind == "flag":
        return {}
    known = {str(text): code_of(c, str(text)) for text in frame[theirs].dropna().unique()}
    return {text: found.code for text, found in known.items() if found and found.how}


def _code(ours: str, label: str) -> str | None:
    c = column(ours)
    if c.kind == "flag":
        return {"yes": "true", "no": "false"}.get(label.casefold())
    return coded(c, label)


def _missing(frame: Columns, matches: Matches, units: dict[str, str]) -> tuple[list[str], list[str]]:
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
        f"{text} in {', '.join(columns)} looks like a code for not recorded; it is beyond the scale, "
        "and missing. "
        f'If it is one, add it: missing = ["{text}"].'
        for text, columns in doubted.items()
    ]
    return list(sure), said


def _doubts(begun: Draft, sections: dict[str, Any]) -> Iterator[str]:
    for match in begun.matches.best:
        if LIKELY <= match.sure < SURE:
            yield f"{match.ours} is probably {match.theirs!r}."
    ranges = {"rom_pre", "rom_post", "rom_48h"} & begun.matches.taken.keys()
    if ranges and "rom_movement" not in sections["columns"] and not begun.matches.movement:
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
        yield _which_column(ours, _columns_to_choose(ours, several))
    known = {
        *sections["columns"],
        *sections.get("ids", {}),
        *begun.matches.rivals,
        *sections.get("constants", {}),
    }
    free = [str(name) for name in begun.frame if name not in begun.matches.used and name != SESSION]
    for ours in _NEEDED:
        if ours not in known:
            same = {f"always {condition_label(code)}": Entry("constants", ours, code) for code in CONDITIONS}
            answers = _columns_to_choose(ours, free) | (same if ours == "condition" else {})
            yield _which_column(ours, answers)
    dates = [begun.frame[name] for name in sections.get("dates", {}).values()]
    if (
        dates
        and day_comes_first(dates) is None
        and any(read_dates(cells, day_first=None).ambiguous for cells in dates)
    ):
        order = {"the month": False, "the day": True}
        first = {answer: Entry("dates", "day_first", day) for answer, day in order.items()}
        left = "days stay blank, and sessions are counted in the order of the file"
        yield Question("In dates such as 2/3/2026, which comes first?", dict(first), left)
    for ours, unit in sections.get("units", {}).items():
        theirs = sections["columns"][ours]
        if unit == "unknown" and _plain_numbers(begun.frame[theirs]):
            units = {unit: Entry("units", ours, unit) for unit in ("hours", "days")}
            left = "numbers without a unit are left blank there"
            yield Question(f"Are the numbers in {theirs!r} hours or days?", dict(units), left)


def _which_column(ours: str, answers: dict[str, Entry | None]) -> Question:
    return Question(f"Which column is {column(ours).meaning}?", answers, f"{ours} stays blank")


def _columns_to_choose(ours: str, several: Sequence[str]) -> dict[str, Entry | None]:
    return {**{repr(name): Entry("columns", ours, name) for name in several}, "none of them": None}


def _plain_numbers(cells: pd.Series) -> bool:
    found: Sequence[Any] = [quantity(str(text)) for text in cells.dropna().unique()]
    return any(one is not None and not one.unit and one.low for one in found)
