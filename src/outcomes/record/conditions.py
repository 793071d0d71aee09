"""The conditions a clinic treats: label, region, codes, muscles, movement, smallest change that matters.

Comes in: ``reference/conditions.csv``, ``codes.csv``, ``muscles.csv``. Goes out: frozen records in one fixed
order, head to foot, which every chart and table follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from outcomes.errors import EstimationError
from outcomes.record.reference import optional_number, read_reference

__all__ = ["CONDITIONS", "Condition", "condition", "condition_label"]


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
    measurement_error : float or None
        Change in pain within measurement error (95 % unless the citation says otherwise), points.
    """

    name: str
    label: str
    region: str
    usual_movement: str | None
    smallest_change: float
    smallest_change_citation: str
    smallest_change_borrowed: bool
    measurement_error: float | None
    measurement_error_citation: str | None
    citation_status: str
    note: str
    icd10cm: tuple[str, ...]
    muscles: tuple[str, ...]


CONDITIONS = tuple(row["condition"] for row in read_reference("conditions"))
"""Names of the conditions, in the order every chart and table follows."""


@cache
def _conditions() -> dict[str, Condition]:
    muscles = {row["condition"]: tuple(row["muscles"].split(";")) for row in read_reference("muscles")}
    codes: dict[str, list[str]] = {}
    for row in read_reference("codes"):
        codes.setdefault(row["condition"], []).append(row["code"])
    return {
        row["condition"]: Condition(
            name=row["condition"],
            label=row["label"],
            region=row["region"],
            usual_movement=row["usual_movement"] or None,
            smallest_change=float(row["smallest_change_points"]),
            smallest_change_citation=row["smallest_change_citation"],
            smallest_change_borrowed=row["smallest_change_borrowed"] == "yes",
            measurement_error=optional_number(row["measurement_error_points"]),
            measurement_error_citation=row["measurement_error_citation"] or None,
            citation_status=row["citation_status"],
            note=row["note"],
            icd10cm=tuple(codes.get(row["condition"], ())),
            muscles=muscles.get(row["condition"], ()),
        )
        for row in read_reference("conditions")
    }


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
