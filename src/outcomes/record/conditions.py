"""The conditions a clinic treats: label, region, codes, muscles, movement, smallest change that matters.

Comes in: ``reference/conditions.csv``, ``condition_groups.csv``, ``codes.csv``, ``muscles.csv``. Goes out: frozen
records in one fixed order, head to foot, which every chart and table follows; and the tree along which small
conditions are shown together. Conditions shown together have a name of their own: ``tennis_elbow+golfers_elbow``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from outcomes.errors import EstimationError
from outcomes.record.measures import error_of_change
from outcomes.record.reference import read_reference, rows

__all__ = [
    "ALL_CONDITIONS",
    "CONDITIONS",
    "TOGETHER",
    "Condition",
    "Tree",
    "condition",
    "condition_label",
    "condition_place",
    "condition_tree",
    "in_order",
    "is_condition",
    "merged_name",
    "uncapitalized",
]

ALL_CONDITIONS = "all_conditions"
"""Name of all conditions shown together."""
TOGETHER = "+"
"""Stands between the conditions in the name of those shown together."""


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

    Conditions, or other values, that are shown together stand where the first of them would.

    Examples
    --------
    >>> in_order(["neck_pain", "elsewhere", "headache+jaw_pain", "all", "neck_pain"])
    ['headache+jaw_pain', 'neck_pain', 'elsewhere', 'all']
    """
    place = {name: number for number, name in enumerate(known)}

    def at(name: str) -> int:
        members = _members(name) or name.split(TOGETHER)
        return place.get(name, place.get(members[0], len(place)))

    return sorted(dict.fromkeys(map(str, names)), key=at)


@dataclass(frozen=True)
class Tree:
    """Conditions that may be shown together: a condition by itself has no parts."""

    name: str
    label: str
    parts: tuple[Tree, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions within, in their usual order."""
        if not self.parts:
            return (self.name,)
        return tuple(sorted((c for part in self.parts for c in part.conditions), key=CONDITIONS.index))


@cache
def condition_tree() -> Tree:
    """Read the tree along which small conditions are shown together: conditions within regions of the body.

    Examples
    --------
    >>> next(part for part in condition_tree().parts if part.name == "arm").conditions
    ('tennis_elbow', 'golfers_elbow', 'shoulder_pain')
    """
    groups, known = read_reference("condition_groups"), read_reference("conditions")

    def grown(name: str, label: str) -> Tree:
        inner = [grown(row["group"], row["label"]) for row in groups if row["within"] == name]
        own = [Tree(row["condition"], row["label"]) for row in known if row["group"] == name and name]
        return Tree(name, label, (*inner, *own))

    return grown("", "All conditions")


def merged_name(conditions: Iterable[str]) -> str:
    """Name of some conditions shown together, whatever order they come in.

    Examples
    --------
    >>> merged_name(["golfers_elbow", "tennis_elbow"])
    'tennis_elbow+golfers_elbow'
    """
    members = sorted(set(conditions), key=CONDITIONS.index)
    return ALL_CONDITIONS if len(members) == len(CONDITIONS) else TOGETHER.join(members)


def _members(name: str) -> tuple[str, ...]:
    """The conditions a name stands for; none where it names no conditions."""
    if name == ALL_CONDITIONS:
        return CONDITIONS
    members = tuple(name.split(TOGETHER))
    return members if set(members) <= set(CONDITIONS) else ()


@cache
def _merged(name: str) -> Condition:
    """Conditions shown together: what is the same for all is theirs, and of each threshold the largest."""
    known = [_conditions()[member] for member in _members(name)]
    largest = max(known, key=lambda one: one.smallest_change)
    errors = [one for one in known if one.measurement_error is not None]
    error = max(errors, key=lambda one: one.measurement_error or 0.0, default=None)
    movements = {one.usual_movement for one in known}
    return replace(
        largest,
        name=name,
        label=_merged_label(set(_members(name))),
        region=known[0].region if len({one.region for one in known}) == 1 else "several",
        usual_movement=movements.pop() if len(movements) == 1 else None,
        smallest_change_borrowed=True,
        published_error=error.published_error if error else None,
        published_error_of=error.published_error_of if error else None,
        published_error_level=error.published_error_level if error else None,
        measurement_error_citation=error.measurement_error_citation if error else None,
        note=f"The largest value of the conditions shown together, that of {largest.label}",
        icd10cm=tuple(code for one in known for code in one.icd10cm),
        muscles=tuple(dict.fromkeys(muscle for one in known for muscle in one.muscles)),
    )


MOST_NAMED = 3
"""Of more parts than this the conditions shown together are called "other conditions"."""


def _merged_label(members: set[str]) -> str:
    """Name conditions in words by the largest parts of the tree they make up."""
    parts = _cover(condition_tree(), members)
    if len(parts) > MOST_NAMED:
        return "Other conditions"
    labels = [part.label if i == 0 else uncapitalized(part.label) for i, part in enumerate(parts)]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _cover(tree: Tree, members: set[str]) -> list[Tree]:
    if members.issuperset(tree.conditions):
        return [tree]
    return [part for inner in tree.parts for part in _cover(inner, members)]


def uncapitalized(label: str) -> str:
    """A label as inside a sentence: small at its beginning, but for the name of somebody.

    Examples
    --------
    >>> uncapitalized("Jaw pain"), uncapitalized("Achilles tendinopathy"), uncapitalized("")
    ('jaw pain', 'Achilles tendinopathy', '')
    """
    return label if label.startswith(PROPER) else label[:1].lower() + label[1:]


PROPER = ("Achilles",)


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
    if name not in known and _members(name):
        return _merged(name)
    if name not in known:
        raise EstimationError(f"{name!r} is not a condition this suite knows. It knows: {', '.join(known)}.")
    return known[name]


def is_condition(name: str) -> bool:
    """Whether a name is that of a condition, or of conditions shown together."""
    return bool(_members(str(name)))


def condition_place(name: str) -> int:
    """The place of a condition in the order of charts and tables; of several the first one's, of others the last.

    Examples
    --------
    >>> [condition_place(name) for name in ("headache", "headache+jaw_pain", "neck_pain", "elsewhere")]
    [0, 0, 1, 13]
    """
    members = _members(str(name))
    return CONDITIONS.index(members[0]) if members else len(CONDITIONS)


def condition_label(name: str) -> str:
    """Label for people; an unknown name (from another table) is shown as it is, spaces for underscores."""
    return condition(str(name)).label if _members(str(name)) else str(name).replace("_", " ")
