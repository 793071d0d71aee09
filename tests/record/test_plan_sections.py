"""Sections of the plan: the ends of what makes sense, from both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outcomes.errors import PlanError
from outcomes.record.plan_sections import (
    Estimates,
    OnePatient,
    Planning,
    Prediction,
    Quality,
    Responder,
    Sensitivity,
    Soreness,
    Twitches,
    Window,
)

SENSIBLE: list[Callable[[], Any]] = [
    lambda: Responder(0.0, 0.0, 0.0),
    lambda: Responder(100.0, 10.0, 10.0),
    lambda: Window(0.0, 0.5),
    lambda: Estimates(2, 0),
    lambda: Quality(0.01, 0.99),
    lambda: Sensitivity(((0.0, 1.0), (24.0, 96.0))),
    lambda: Prediction(2),
    lambda: Twitches((0,), 2, 1),
    lambda: Soreness((0, 1), 24, 0.5),
    lambda: OnePatient(0.8),
    lambda: Planning(0.01, (1.0,), (1.0,), 0.8),
]
SENSELESS: list[tuple[Callable[[], Any], str]] = [
    (lambda: Responder(100.1, 2.0, 3.0), "percent of 0-100 and points of 0-10"),
    (lambda: Responder(-0.1, 2.0, 3.0), "percent of 0-100"),
    (lambda: Responder(30.0, 10.1, 3.0), "points of 0-10"),
    (lambda: Responder(30.0, 2.0, -1.0), "points of 0-10"),
    (lambda: Window(72.0, 72.0), "found 72 to 72"),
    (lambda: Window(-1.0, 72.0), "found -1 to 72"),
    (lambda: Estimates(1, 1), "least_patients must be 2 or more"),
    (lambda: Quality(0.0, 0.5), r"quality\.care must lie between 0 and 1; found 0\."),
    (lambda: Quality(0.5, 1.0), r"quality\.doubt must lie between 0 and 1; found 1\."),
    (lambda: Sensitivity(((0.0, 1.0, 2.0),)), "holds pairs of hours"),  # type: ignore[arg-type]
    (lambda: Sensitivity(((5.0, 4.0),)), "found 5 to 4"),
    (lambda: Prediction(1), "folds must be 2 or more"),
    (lambda: Twitches((1, 2), 5, 1), r"twitches\.groups must begin with 0"),
    (lambda: Twitches((0, 2, 2), 5, 1), "and rise"),
    (lambda: Twitches((0,), 1, 1), "folds must be 2 or more"),
    (lambda: Soreness((0, 48, 24), 24, 0.5), r"soreness\.hours must begin with 0 and rise"),
    (lambda: Soreness((0,), 24, 1.0), r"soreness\.most_lost"),
    (lambda: OnePatient(1.0), r"one_patient\.coverage"),
    (lambda: Planning(0.0, (1.0,), (1.0,), 0.8), r"planning\.target must be more than 0"),
    (lambda: Planning(0.5, (1.0,), (1.0,), 1.0), r"planning\.power"),
]


@pytest.mark.parametrize("made", SENSIBLE)
def test_what_just_makes_sense_is_taken(made: Callable[[], Any]) -> None:
    assert made() == made()


@pytest.mark.parametrize(("made", "says"), SENSELESS)
def test_what_just_makes_none_is_refused(made: Callable[[], Any], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        made()
