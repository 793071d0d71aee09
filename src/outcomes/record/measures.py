"""What is measured: label, unit, range, direction, null value and smallest change that matters, as data.

Comes in: ``reference/measures.csv``, ``movements.csv``, ``questionnaires.csv``, ``responder_rules.csv``. Goes out:
frozen records that charts and tables read, so that no chart can draw its line in the wrong place. Refuses names it
does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from outcomes.errors import EstimationError
from outcomes.record.reference import read_reference, rows

__all__ = [
    "MOVEMENTS",
    "PRESSURES",
    "QUESTIONNAIRES",
    "TIMES",
    "TIME_LABELS",
    "Measure",
    "Movement",
    "PublishedRule",
    "Questionnaire",
    "error_of_change",
    "measure",
    "movement",
    "published_rules",
    "questionnaire",
]

PRESSURES = {"kg/cm2": 98.0665, "N/cm2": 10.0, "kPa": 1.0}
"""Kilopascals of each unit that a pressure may be written in."""
TIMES = ("post", "48h")
"""The two later readings of a session: right after, and at the follow-up."""
TIME_LABELS = {"pre": "before", "post": "right after", "48h": "at 2 days"}
"""What the three readings of a session are called unless a mapping says otherwise, in the order of time."""


@dataclass(frozen=True)
class Measure:
    """One measure, with everything a chart or a sentence needs to speak of it."""

    name: str
    label: str
    short_label: str
    unit: str
    low: float | None
    high: float | None
    direction: str
    null_value: float | None
    smallest_change: float | None
    citation: str
    citation_status: str


@dataclass(frozen=True)
class Movement:
    """One movement, its unit, usual and greatest possible range, and measurement error as it was published."""

    name: str
    label: str
    unit: str
    normal: float
    most: float
    published_error: float
    published_error_of: str
    published_error_level: float
    measurement_error_different_raters: float | None
    citation: str
    citation_status: str

    @property
    def measurement_error(self) -> float:
        """Change within measurement error, at 95 %."""
        return error_of_change(self.published_error, self.published_error_of, self.published_error_level)

    @property
    def label_with_unit(self) -> str:
        """Its label with its unit: ``Mouth opening (mm)``."""
        return f"{self.label} ({self.unit})"


@dataclass(frozen=True)
class Questionnaire:
    """One condition questionnaire: its range, its better end, and the smallest change that matters."""

    name: str
    label: str
    low: float
    high: float
    direction: str
    direction_status: str
    smallest_change: float
    measurement_error: float | None
    citation: str
    citation_status: str


@dataclass(frozen=True)
class PublishedRule:
    """A published rule for when relief counts as a response."""

    name: str
    label: str
    percent: float
    points: float
    least_baseline: float
    citation: str
    citation_status: str


@cache
def _measures() -> dict[str, Measure]:
    return {found.name: found for found in rows("measures", Measure, name="measure")}


@cache
def _movements() -> dict[str, Movement]:
    columns = {f"published_error{end}": f"measurement_error{end}" for end in ("", "_of", "_level")}
    return {found.name: found for found in rows("movements", Movement, name="movement", **columns)}


MOVEMENTS = tuple(row["movement"] for row in read_reference("movements"))
"""Names of the movements a record may hold, head to foot."""


def error_of_change(published: float, of: str, level: float) -> float:
    """Change within measurement error, at 95 %, from what a study gives.

    Parameters
    ----------
    published : float
    of : {"reading", "change"}
        Whose error it is: a change is of two readings, so its error is the root of two times that of one.
    level : float
        Share of repeated readings, or of changes of none, that stay within it.

    Examples
    --------
    >>> round(error_of_change(2.0, "reading", 0.95), 2), round(error_of_change(1.4, "change", 0.9), 2)
    (2.83, 1.67)
    """
    reach = NormalDist().inv_cdf(0.975) / NormalDist().inv_cdf(0.5 + level / 2.0)
    return published * reach * (2.0**0.5 if of == "reading" else 1.0)


QUESTIONNAIRES = tuple(row["questionnaire"] for row in read_reference("questionnaires"))
"""Names of the condition questionnaires a record may hold."""


def measure(name: str) -> Measure:
    """Look a measure up, with or without its time (``pain_relief`` or ``pain_relief_48h``).

    Raises
    ------
    EstimationError
        Where no such measure is known; the message lists those that are.

    Examples
    --------
    >>> measure("pain_relief_48h").smallest_change
    2.0
    """
    known = _measures()
    stem = name.removesuffix("_post").removesuffix("_48h").removesuffix("_pre")
    found = known.get(name) or known.get(stem)
    if found is None:
        raise EstimationError(f"{name!r} is not a measure this suite knows. It knows: {', '.join(known)}.")
    return found


def movement(name: str) -> Movement:
    """Look a movement up; :class:`EstimationError` lists the known ones where it is not among them."""
    known = _movements()
    if name not in known:
        raise EstimationError(f"{name!r} is not a movement this suite knows. It knows: {', '.join(known)}.")
    return known[name]


@cache
def _questionnaires() -> dict[str, Questionnaire]:
    return {found.name: found for found in rows("questionnaires", Questionnaire, name="questionnaire")}


def questionnaire(name: str) -> Questionnaire:
    """Look a questionnaire up; :class:`EstimationError` lists the known ones where it is not among them.

    Examples
    --------
    >>> questionnaire("lefs").smallest_change, questionnaire("lefs").direction
    (9.0, 'higher is better')
    """
    known = _questionnaires()
    if name not in known:
        there = ", ".join(known)
        raise EstimationError(f"{name!r} is not a questionnaire this suite knows. It knows: {there}.")
    return known[name]


def published_rules() -> tuple[PublishedRule, ...]:
    """Published responder rules, the default one first."""
    return rows("responder_rules", PublishedRule, name="rule")
