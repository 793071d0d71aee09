"""The sections of the analysis plan: what each holds, and which values make no sense in it.

A section refuses such values however it was made, from a file or in a program.
"""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.errors import PlanError

__all__ = [
    "Benchmark",
    "Curve",
    "Estimates",
    "Missing",
    "OnePatient",
    "Planning",
    "Prediction",
    "Quality",
    "Responder",
    "Sensitivity",
    "Soreness",
    "Twitches",
    "Window",
]


def _refuse_unless(sensible: bool, says: str) -> None:
    if not sensible:
        raise PlanError(says)


def _refuse_unless_share(key: str, share: float) -> None:
    _refuse_unless(0 < share < 1, f"{key} must lie between 0 and 1; found {share:g}.")


def _refuse_unless_folds(folds: int) -> None:
    _refuse_unless(folds >= 2, "folds must be 2 or more: each part is predicted from the others.")


def _refuse_unless_rising(key: str, values: tuple[int, ...]) -> None:
    rising = values[0] == 0 and list(values) == sorted(set(values))
    _refuse_unless(rising, f"{key} must begin with 0 and rise; found {list(values)}.")


@dataclass(frozen=True)
class Responder:
    """When a session counts as a response."""

    percent: float
    points: float
    least_baseline: float

    def __post_init__(self) -> None:
        sensible = 0 <= self.percent <= 100 and 0 <= self.points <= 10 and 0 <= self.least_baseline <= 10
        _refuse_unless(sensible, "[responder] takes a percent of 0-100 and points of 0-10.")


@dataclass(frozen=True)
class Window:
    """Hours after the session within which a reading counts as the 2-day outcome."""

    least_h: float
    most_h: float

    def __post_init__(self) -> None:
        ends = f"{self.least_h:g} to {self.most_h:g}"
        says = f"a window runs from 0 hours or more to more; found {ends}."
        _refuse_unless(0 <= self.least_h < self.most_h, says)


@dataclass(frozen=True)
class Estimates:
    """Of all estimates."""

    least_patients: int
    seed: int

    def __post_init__(self) -> None:
        says = "estimates.least_patients must be 2 or more; one patient has no spread."
        _refuse_unless(self.least_patients >= 2, says)


@dataclass(frozen=True)
class Quality:
    """Shares of the sessions without a reading above which an answer needs care, or is hard to trust."""

    care: float
    doubt: float

    def __post_init__(self) -> None:
        _refuse_unless_share("quality.care", self.care)
        _refuse_unless_share("quality.doubt", self.doubt)


@dataclass(frozen=True)
class Curve:
    """Thresholds of the cumulative responder curve."""

    points: tuple[float, ...]
    percent: tuple[float, ...]


@dataclass(frozen=True)
class Benchmark:
    """What no effect at all would show."""

    bad_day: float


@dataclass(frozen=True)
class Missing:
    """Points by which those who were not reached are assumed to have done worse."""

    steps: tuple[float, ...]
    specification: float


@dataclass(frozen=True)
class Sensitivity:
    """Other choices a reasonable analyst might make."""

    windows_h: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        for hours in self.windows_h:
            says = f"sensitivity.windows_h holds pairs of hours; found {list(hours)}."
            _refuse_unless(len(hours) == 2, says)
            Window(*hours)


@dataclass(frozen=True)
class Prediction:
    """Relief predicted in new patients."""

    folds: int

    def __post_init__(self) -> None:
        _refuse_unless_folds(self.folds)


@dataclass(frozen=True)
class Twitches:
    """Groups of sessions by twitches, and whether twitches help to predict relief."""

    groups: tuple[int, ...]
    folds: int
    least_patients: int

    def __post_init__(self) -> None:
        _refuse_unless_rising("twitches.groups", self.groups)
        _refuse_unless_folds(self.folds)


@dataclass(frozen=True)
class Soreness:
    """How long soreness lasts."""

    hours: tuple[int, ...]
    stays: int
    most_lost: float

    def __post_init__(self) -> None:
        _refuse_unless_rising("soreness.hours", self.hours)
        _refuse_unless_share("soreness.most_lost", self.most_lost)


@dataclass(frozen=True)
class OnePatient:
    """The course of one patient."""

    coverage: float

    def __post_init__(self) -> None:
        _refuse_unless_share("one_patient.coverage", self.coverage)


@dataclass(frozen=True)
class Planning:
    """How many more patients."""

    target: float
    factors: tuple[float, ...]
    differences: tuple[float, ...]
    power: float

    def __post_init__(self) -> None:
        _refuse_unless_share("planning.power", self.power)
        _refuse_unless(self.target > 0, "planning.target must be more than 0.")
