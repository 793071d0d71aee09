"""Which column of a file is which of the record's: by what its heading says, and by whether its values fit.

Comes in: a table of text, one row per session. Goes out: the best match for each column of the record with how sure it
is, those it could be as well, and the columns that say when, how old and who.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outcomes.deidentify.dates import read_dates
from outcomes.deidentify.identifiers import kind_of_name, words_of
from outcomes.files.columns import unpacked_table
from outcomes.intake.headings import name_score, reading_time
from outcomes.intake.values import Choices, missing_code, read_value
from outcomes.intake.vocabulary import code_of, condition_of, movement_of, muscle_of
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column, column, own_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LIKELY", "SURE", "Match", "Matches", "matched", "range_of"]

SURE, LIKELY = 0.8, 0.55
_CLOSE = 0.06
_NAMES_MOVEMENT = 0.85
_LOOKED_AT = 5_000
_FEW_VALUES = 5
_LATER = frozenset(["followup", "follow", "48", "48h", "call", "later", "fu"])
_OTHER_DATES = frozenset(
    [
        "onset",
        "injury",
        "surgery",
        "admission",
        "discharge",
        "next",
        "previous",
        "last",
        "referral",
        "end",
        "modified",
    ]
)


@dataclass(frozen=True)
class Match:
    """A column of the record and one of the file that could be it."""

    ours: str
    theirs: str
    sure: float

    @property
    def said(self) -> str:
        """How sure, in words."""
        word = "sure" if self.sure >= SURE else "likely" if self.sure >= LIKELY else "doubtful"
        return f"{word}, {self.sure:.2f}"


@dataclass(frozen=True)
class Matches:
    """What the columns of a file are.

    Attributes
    ----------
    best : tuple of Match
        One to one, in the order of the record.
    rivals : dict of str to tuple of str
        Columns of the record for which the file has several as good: not matched.
    patient : tuple of str
        Columns that together tell patients apart, where none is an id.
    date, later_date, birth, age : str or None
    movement : str or None
        The movement that the headings of ranges of motion name.
    """

    best: tuple[Match, ...]
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patient: tuple[str, ...] = ()
    date: str | None = None
    later_date: str | None = None
    birth: str | None = None
    age: str | None = None
    movement: str | None = None

    @property
    def taken(self) -> dict[str, str]:
        """Ours to theirs, of the matches that are likely at least."""
        return {match.ours: match.theirs for match in self.best if match.sure >= LIKELY}

    @property
    def used(self) -> set[str]:
        """Columns of the file that are used."""
        others = {self.date, self.later_date, self.birth, self.age} - {None}
        return {*self.taken.values(), *self.patient, *(str(name) for name in others)}


def matched(
    raw: pd.DataFrame,
    usable: Sequence[str],
    *,
    labels: dict[str, str] | None = None,
    when: Sequence[str] = (),
    own: Sequence[str] = (),
) -> Matches:
    """Tell what the columns of a table are.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text, one row per session.
    usable : sequence of str
        Columns that may be taken.
    labels : dict of str to str, optional
        What a form asks in a column, where its heading is a field's name.
    when, own : sequence of str
        Headings (in lower case) that the tool adds itself: of when a row was entered, and others.
    """
    few = unpacked_table(raw.head(_LOOKED_AT))
    labels = labels or {}
    names = [name for name in usable if name.casefold() not in (*when, *own)]
    several = _several_movements(names)
    scored = [
        Match(ours, theirs, round(_NAMES_MOVEMENT * _fit(column(ours), few[theirs]), 2))
        for ours, headings in several.items()
        for theirs in headings
    ]
    moving = {match.theirs for match in scored}
    scored += [
        Match(c.name, theirs, 1.0 if own_name(theirs) == c.name else round(by_name * _fit(c, few[theirs]), 2))
        for theirs in names
        if theirs not in moving
        for c in COLUMNS
        if (by_name := max(_score(c, theirs), _score(c, labels.get(theirs, "")))) > 0
    ]
    named = {match.theirs for match in scored if match.sure >= LIKELY}
    scored += [match for theirs in names if theirs not in named for match in _by_values(theirs, few[theirs])]
    best, rivals = _one_to_one(scored, names)
    free = [name for name in names if name not in {match.theirs for match in best if match.sure >= LIKELY}]
    is_date = {name: _is_dates(few[name]) for name in free}
    date, later, birth = _dates([name for name in usable if name not in own], is_date, when, labels)
    return Matches(
        best,
        rivals,
        patient=()
        if any(m.ours == "patient_id" and m.sure >= LIKELY for m in best)
        else _people(free, birth),
        date=date,
        later_date=later,
        birth=birth,
        age=_age(few, free, best),
        movement=_movement([match.theirs for match in best if match.ours.startswith("rom_")]),
    )


# --- by name and by value -----------------------------------------------------------------------------------------


def _score(c: Column, heading: str) -> float:
    """By what a heading says; a range of motion also where it names its movement and the time of the reading."""
    if not heading:
        return 0.0
    found = name_score(c, heading)
    if c.name in ("rom_pre", "rom_post", "rom_48h"):
        _, time = range_of(heading)
        found = max(found, _NAMES_MOVEMENT if time == c.name.removeprefix("rom_") else 0.0)
    return found


def range_of(heading: str) -> tuple[str, str] | tuple[None, None]:
    """The movement whose range a heading is of, and the time of the reading; neither where it names not both.

    Examples
    --------
    >>> range_of("Neck rotation L pre"), range_of("Pain on neck rotation before")
    (('cervical_rotation', 'pre'), (None, None))
    """
    named, time = movement_of(heading), reading_time(heading)
    return (named.code, time) if named and time and "pain" not in heading.casefold() else (None, None)


def _several_movements(headings: Sequence[str]) -> dict[str, list[str]]:
    """Where headings name ranges of several movements: the column of each, and the headings that could be it."""
    found: dict[str, list[str]] = {}
    movements: set[str] = set()
    for heading in headings:
        name, time = range_of(heading)
        if name:
            found.setdefault(f"rom_{name}_{time}", []).append(heading)
            movements.add(name)
    return found if len(movements) > 1 else {}


def _fit(c: Column, cells: pd.Series) -> float:
    """Share of the filled cells that the column could hold: as they are, on a 0-100 scale, or rewritten."""
    there = cells.dropna()
    if there.empty:
        return 0.9
    if c.kind == "id":
        return _id_fit(c, there)
    if c.kind in ("tag", "tags"):
        return 1.0
    counts = there.value_counts()
    fits = sum(int(count) for text, count in counts.items() if _could_hold(c, str(text)))
    return 0.6 + 0.4 * fits / int(counts.sum()) if fits else 0.4


def _by_values(theirs: str, cells: pd.Series) -> Iterator[Match]:
    """A column whose heading says nothing, but whose values are muscles or conditions."""
    there = cells.dropna()
    texts = list(there.unique())[:200]
    if len(there) < _FEW_VALUES or there.str.fullmatch(r"[\d.,\s/-]*").all():
        return
    for ours, knows in (("muscles", _all_muscles), ("condition", condition_of)):
        known = [text for text in texts if knows(str(text))]
        if there.isin(known).mean() >= 0.8:
            yield Match(ours, theirs, 0.6)
            return


def _all_muscles(text: str) -> bool:
    return all(muscle_of(part) for part in re.split(r"[;,/&+|]", text) if part.strip())


def _id_fit(c: Column, there: pd.Series) -> float:
    if c.unique and not there.is_unique:
        return 0.3
    return 1.0 if there.str.contains(r"\d").mean() > 0.5 or not c.needed else 0.9


def _could_hold(c: Column, text: str) -> bool:
    if c.kind == "category":
        return code_of(c, text) is not None
    if c.kind == "flag":
        return read_value(c, text, Choices()) is None or bool(read_value(c, text, Choices()).values)  # type: ignore[union-attr]
    try:
        number = float(text)
    except ValueError:
        reading = read_value(c, text, Choices(bounds="bound"))
        return reading is not None and (bool(reading.values) or reading.kind == "not recorded")
    most = 100.0 if c.high == 10 else c.high if c.high is not None else float("inf")
    return (c.low or 0) <= number <= most or missing_code(text, c.high) is not False


def _one_to_one(
    scored: Sequence[Match], names: Sequence[str]
) -> tuple[tuple[Match, ...], dict[str, tuple[str, ...]]]:
    """The best matches, each column once; columns for which two are as good and sure are rivals, and not matched."""
    best: list[Match] = []
    rivals: dict[str, tuple[str, ...]] = {}
    for match in sorted(scored, key=lambda match: (-match.sure, names.index(match.theirs))):
        ours, theirs = {m.ours for m in best} | set(rivals), {m.theirs for m in best}
        if match.ours in ours or match.theirs in theirs or match.sure <= 0:
            continue
        equals = [
            other.theirs
            for other in scored
            if other.ours == match.ours
            and other.theirs != match.theirs
            and other.theirs not in theirs
            and match.sure < 1
            and other.sure >= max(match.sure - _CLOSE, SURE)
            and not any(m.theirs == other.theirs and m.sure > other.sure for m in scored)
        ]
        if equals and match.sure >= SURE:
            rivals[match.ours] = (match.theirs, *equals)
        else:
            best.append(match)
    order = [c.name for c in (*COLUMNS, *MOVEMENT_COLUMNS)]
    return tuple(sorted(best, key=lambda match: order.index(match.ours))), rivals


# --- who, when, how old -------------------------------------------------------------------------------------------


def _is_dates(cells: pd.Series) -> bool:
    """Whether most cells are dates, whichever comes first, the day or the month."""
    there = cells.dropna().head(200)
    if there.empty:
        return False
    read = [read_dates(there, day_first=first).times.notna() for first in (False, True)]
    return bool((read[0] | read[1]).mean() >= 0.8) and not there.str.fullmatch(r"\d+(?:\.\d+)?").all()


def _dates(
    usable: Sequence[str], is_date: dict[str, bool], when: Sequence[str], labels: dict[str, str]
) -> tuple[str | None, str | None, str | None]:
    """Columns that say when the session and the follow-up were, and when the patient was born."""
    kinds = {name: kind_of_name(name) or kind_of_name(labels.get(name, "")) for name in is_date}
    birth = next((name for name in is_date if kinds[name] == "birth date"), None)
    dated = [name for name in is_date if (is_date[name] or kinds[name] == "date") and name != birth]
    later = next((name for name in dated if set(words_of(name)) & _LATER), None)
    own = [name for name in dated if name != later and not set(words_of(name)) & _OTHER_DATES]
    ranked = sorted(own, key=lambda name: (not set(words_of(name)) & _SESSION_WORDS, own.index(name)))
    entered = [name for heading in when for name in usable if name.casefold() == heading]
    return next(iter([*ranked, *entered]), None), later, birth


_SESSION_WORDS = frozenset(
    ["session", "visit", "appointment", "appt", "treatment", "service", "dos", "encounter"]
)


def _people(free: Sequence[str], birth: str | None) -> tuple[str, ...]:
    """Names, and the birth date, where nothing else tells patients apart."""
    staff = {
        "clinician",
        "therapist",
        "provider",
        "practitioner",
        "staff",
        "doctor",
        "referring",
        "physician",
        "user",
    }
    named = [
        name
        for name in free
        if kind_of_name(name) in ("name", "record number", "email") and not set(words_of(name)) & staff
    ]
    numbers = [name for name in named if kind_of_name(name) == "record number"]
    people = [name for name in named if kind_of_name(name) == "name"]
    if numbers:
        return (numbers[0],)
    if people:
        return (*people, *([birth] if birth else []))
    return tuple(named[:1])


def _age(raw: pd.DataFrame, free: Sequence[str], best: Sequence[Match]) -> str | None:
    if any(match.ours == "age_band" and match.sure >= LIKELY for match in best):
        return None
    c = column("age_band")
    for name in free:
        words = set(words_of(name))
        if (words & {"age"} or {"old", "how"} <= words) and not words & {"months", "days", "onset"}:
            there = raw[name].dropna()
            if len(there) and sum(code_of(c, str(text)) is not None for text in there) > 0.9 * len(there):
                return name
    return None


def _movement(headings: Sequence[str]) -> str | None:
    """The movement that all of these headings name."""
    named = {found.code for heading in headings if (found := movement_of(heading))}
    return named.pop() if len(named) == 1 else None
