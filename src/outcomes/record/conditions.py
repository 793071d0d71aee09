"""The conditions a clinic treats: label, region, codes, muscles, movement, smallest change that matters.

Comes in: ``reference/conditions.csv``, ``codes.csv``, ``muscles.csv``. Goes out: frozen records in one fixed
order, head to foot, which every chart and table follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from outcomes.errors import EstimationError
from outcomes.record.measures import error_of_change
from outcomes.record.reference import read_reference, rows

__all__ = ["CONDITIONS", "Condition", "condition", "condition_label", "in_order"]


@dataclass(frozen=True)
class Condition:
    """One condition and what is known of it beforehand.

    Attributes
    ----------
    smallest_change : float
        Smallest change in pain that matters to patients, points of 0-10. Taken from studies of a week to
        six months, never of two days: a borrowed threshold.
    smallest_change_borrowed : bool
        True where no study of this condition gave a value.
    published_error : float or None
        Measurement error of pain as it was published, points: ``published_error_of`` a reading or a change, at
        ``published_error_level``.
    """

    name: str
    label: str
    region: str
    usual_movement: str | None
    smallest_change: float
    smallest_change_citation: str
    smallest_change_borrowed: bool
    published_error: float | None
    published_error_of: str | None
    published_error_level: float | None
    measurement_error_citation: str | None
    citation_status: str
    note: str
    icd10cm: tuple[str, ...] = ()
    muscles: tuple[str, ...] = ()

    @property
    def measurement_error(self) -> float | None:
        """Change in pain within measurement error, at 95 %, points; None where no study of the condition gave one."""
        if self.published_error is None:
            return None
        level = self.published_error_level or 0.95
        return error_of_change(self.published_error, self.published_error_of or "change", level)


CONDITIONS = tuple(row["condition"] for row in read_reference("conditions"))
"""Names of the conditions, in the order every chart and table follows."""


@cache
def _conditions() -> dict[str, Condition]:
    muscles = {row["condition"]: tuple(row["muscles"].split(";")) for row in read_reference("muscles")}
    codes: dict[str, list[str]] = {}
    for row in read_reference("codes"):
        codes.setdefault(row["condition"], []).append(row["code"])
    points = {"smallest_change": "smallest_change_points", "published_error": "measurement_error_points"}
    points |= {f"published_error_{end}": f"measurement_error_{end}" for end in ("of", "level")}
    return {
        found.name: replace(
            found, icd10cm=tuple(codes.get(found.name, ())), muscles=muscles.get(found.name, ())
        )
        for found in rows("conditions", Condition, name="condition", **points)
    }


def in_order(names: Iterable[Any], known: Sequence[str] = CONDITIONS) -> list[str]:
    """Names once each: those known in the order they are known in (conditions head to foot), then the others as given.

    Examples
    --------
    >>> in_order(["neck_pain", "elsewhere", "headache", "all", "neck_pain"])
    ['headache', 'neck_pain', 'elsewhere', 'all']
    """
    place = {name: number for number, name in enumerate(known)}
    return sorted(dict.fromkeys(map(str, names)), key=lambda name: place.get(name, len(place)))


def condition(name: str) -> Condition:
    """Look a condition up.

    Raises
    ------
    EstimationError
        Where no such condition is known; the message lists those that are.

    Examples
    --------
    >>> condition("jaw_pain").usual_movement
    'mouth_opening'
    """
    known = _conditions()
    if name not in known:
        raise EstimationError(f"{name!r} is not a condition this suite knows. It knows: {', '.join(known)}.")
    return known[name]


def condition_label(name: str) -> str:
    """Label for people; an unknown name (from another table) is shown as it is, spaces for underscores."""
    known = _conditions()
    return known[name].label if name in known else str(name).replace("_", " ")
