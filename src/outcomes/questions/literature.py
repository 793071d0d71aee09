"""What published studies found: figures to read next to the records' own, each with its citation.

Comes in: nothing but ``reference/literature.csv``. Goes out: the figures of a measure, and sentences that name them.
They compare groups, or other people; the records show one group's change. So they are shown next to it and never
subtracted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from outcomes.record.measures import MOVEMENTS, movement
from outcomes.record.reference import rows
from outcomes.words import capitalized, interval, listed, named, number, percent, uncapitalized

__all__ = ["Published", "at_two_days", "change_sentences", "published", "share_sentences"]

TWO_DAYS = re.compile(r"\b(2|two)[ -]?days?\b|\b48\b|\bday (2|two)\b", re.IGNORECASE)
"""What the later reading is called where it is taken at two days."""


@dataclass(frozen=True)
class Published:
    """One published figure.

    Attributes
    ----------
    name : str
        The condition or movement; ``all`` where it is of none in particular.
    measure, time, unit : str
        What was measured, the reading it is nearest to, and its unit; positive is better.
    estimate, conf_low, conf_high : float or None
    finding : str
        In words, where the source gives no size.
    against, asked, rests_on, citation : str
        What was compared with, when it was asked, who it rests on, and where it stands.
    """

    name: str
    measure: str
    time: str
    estimate: float | None
    conf_low: float | None
    conf_high: float | None
    unit: str
    finding: str
    against: str
    asked: str
    rests_on: str
    citation: str


@cache
def published(measure: str) -> tuple[Published, ...]:
    """Every published figure of a measure, in the order of the table.

    Examples
    --------
    >>> [found.citation for found in published("pain_relief") if found.name == "neck_pain" and found.time == "post"]
    ['Navarro-Santana 2020, J Clin Med 9:3300']
    """
    return tuple(found for found in rows("literature", Published) if found.measure == measure)


def at_two_days(label: str) -> bool:
    """Whether a later reading, by what it is called, was taken at two days.

    Examples
    --------
    >>> at_two_days("at 2 days"), at_two_days("a month later")
    (True, False)
    """
    return TWO_DAYS.search(label) is not None


def change_sentences(
    measure: str, names: Iterable[Any], times: Mapping[str, str], *, among: Iterable[str] = ("post", "48h")
) -> list[str]:
    """Say what trials found in the conditions (or movements) of a page, and why that is a different figure.

    Parameters
    ----------
    measure : {"pain_relief", "rom_gain"}
    names : iterable
        Conditions or movements that the page speaks of.
    times : mapping
        What the readings are called.
    among : iterable of {"post", "48h"}
        Readings that the page speaks of.
    """
    present, kinds = {str(name) for name in names}, set(among)
    parts = [
        _change(found)
        for found in published(measure)
        if found.name in present and found.time in kinds
        if found.time == "post" or at_two_days(times.get(found.time, ""))
    ]
    if not parts:
        return []
    other = "Trials report the difference from a comparison group, so their numbers don't compare directly."
    return [f"Published: {parts[0]}.", *(f"{capitalized(text)}." for text in parts[1:]), other]


def _change(found: Published) -> str:
    what = movement(found.name).label if found.name in MOVEMENTS else named(found.name)
    source = f"{found.rests_on}; {found.citation}"
    head = uncapitalized(what) if found.name in MOVEMENTS else what
    if found.estimate is None:
        return f"{head} {found.asked}, {found.finding} ({source})"
    better = "more relief" if found.measure == "pain_relief" else "more"
    unit = "degrees" if found.unit == "degree" else found.unit
    size = f"{number(found.estimate)} {unit} {better} than {found.against}"
    limits = interval(found.conf_low or 0.0, found.conf_high or 0.0)
    return f"{head} {found.asked}, {size} (95% CI {limits}; {source})"


def share_sentences(measure: str, what: str) -> list[str]:
    """Say what shares others found.

    Parameters
    ----------
    measure : {"adverse_event", "pain_responder", "any_soreness"}
    what : str
        What it is the share with, for the sentence.
    """
    parts = [
        f"{percent(found.estimate)}{f' {found.asked}' if found.asked else ''} ({found.rests_on}; "
        f"{found.citation})"
        for found in published(measure)
        if found.estimate is not None
    ]
    return [f"Published shares {what}: {listed(parts)}."] if parts else []
