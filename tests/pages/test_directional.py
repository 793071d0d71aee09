"""Whole clinics in which needling does nothing: at most 5% of them may be told of any direction.

The sentences are read as a reader would, from all notebooks. In the simulated clinics soreness does go with insertions,
twitches and sex, and pain of the needling with the first time: what is said of these is true and is not counted.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

import outcomes as oc
from pages.said import TRUE_ANYWAY, directional, said_of

ONLY = (
    "00_start_here",
    "03_two_day",
    "04_immediate_to_two_day",
    "05_twitches",
    "13_who_comes",
    "14_course_of_care",
)
pytestmark = pytest.mark.filterwarnings("ignore")


def told(scenario: str, seed: int, patients: int = 600, only: tuple[str, ...] = ()) -> list[str]:
    sessions, _ = oc.simulate_sessions(patients, seed=seed, scenario=scenario)
    said = said_of(sessions, only=only)
    assert sum(map(len, said.values())) > 10
    return directional((text for texts in said.values() for text in texts), but=TRUE_ANYWAY)


def test_what_names_a_direction_is_found_and_what_takes_it_back_is_not() -> None:
    named = [
        "That is more than expected; these records cannot show why.",
        "Pain rose by more than expected.",
        "At 2 days: the relief was less than expected in jaw pain, of 3 conditions.",
        "Knowing the twitches improved that prediction: 2.0 percentage points.",
        "Clear of no change: a gain in neck rotation.",
        "Pain of the needling was higher the first time than after needling before.",
    ]
    assert directional(named) == named
    assert directional(named, but=TRUE_ANYWAY) == named[:-1]
    assert (
        directional(["In the same patient, soreness lasted longer with more twitches."], but=TRUE_ANYWAY)
        == []
    )
    taken_back = [
        "That is no more than expected.",
        "Whether that is more than expected, these records can't tell.",
        "At 2 days: in none of 13 conditions was relief clearly more, or less, than expected without any effect.",
        "None is clear of no change.",
    ]
    assert directional(taken_back) == []


@pytest.mark.parametrize("scenario", ["null", "null_flare"])
def test_a_clinic_without_any_effect_is_told_of_no_direction(scenario) -> None:
    assert told(scenario, 5, patients=250, only=ONLY) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["null", "null_flare"])
def test_at_most_5_percent_of_clinics_without_any_effect_are_told_of_a_direction(scenario) -> None:
    spoke = np.array([bool(told(scenario, seed)) for seed in range(1000, 1200)])
    assert spoke.sum() <= binom.isf(0.01, len(spoke), 0.05)
