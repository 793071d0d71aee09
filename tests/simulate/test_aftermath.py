"""The days after, synthetic: gains are those of the truth, and nothing is known of whom nobody reached."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.simulate.scenarios import scenario_parameters
from outcomes.simulate.sessions import simulate_sessions


@pytest.mark.parametrize("scenario", ["literature", "null"])
@pytest.mark.parametrize(("measure", "sign"), [("ppt", 1), ("tightness", -1)])
def test_gains_are_those_of_the_truth(scenario: str, measure: str, sign: int) -> None:
    sessions, truth = simulate_sessions(6_000, seed=22, scenario=scenario)
    name = "ppt_gain" if measure == "ppt" else "tightness_relief"
    change = sign * (sessions[f"{measure}_post"] - sessions[f"{measure}_pre"])
    true = float(truth.conditions[f"{name}_post"].iloc[0])
    error = change.std() / np.sqrt(change.notna().sum())
    assert abs(change.mean() - true) < 4 * error + 0.1 * abs(true)
    assert (true == 0) == (scenario == "null")


def test_what_follows_is_known_of_those_who_were_reached_alone() -> None:
    sessions, _ = simulate_sessions(1_500, seed=23)
    reached = sessions["followup_status"].eq("reached")
    assert 0.4 < reached.mean() < 0.95
    for name in ("ppt_48h", "tightness_48h", "activity_limited", "soreness_like_workout"):
        known = sessions[name].notna()
        assert known.any(), name
        assert not (known & ~reached).any(), name
    limited = sessions[sessions["activity_limited_h"].notna()]
    assert (limited["activity_limited_h"].gt(0) == limited["activity_limited"].ne("none")).all()
    assert (
        limited.loc[limited["activity_limited"].ne("none"), "activity_limited_h"]
        .isin([2, 4, 6, 12, 24])
        .all()
    )


def test_a_sorer_patient_is_limited_more_often() -> None:
    sessions, truth = simulate_sessions(4_000, seed=24)
    peak = truth.sessions["soreness_peak"].to_numpy()
    known = sessions["activity_limited"].notna().to_numpy()
    limited = sessions["activity_limited"].ne("none").to_numpy()
    p = scenario_parameters("literature")
    for low, high in ((0, 1), (2, 4), (5, 10)):
        these = known & (peak >= low) & (peak < high)
        stated = 1 / (1 + np.exp(-p["limited_logit"] - p["limited_per_point"] * peak[these]))
        error = np.sqrt(stated.mean() * (1 - stated.mean()) / these.sum())
        assert limited[these].mean() == pytest.approx(stated.mean(), abs=4 * error)


def test_who_told_of_an_adverse_event() -> None:
    """Of those reached, the question was asked; of the others only what was volunteered or observed is known."""
    sessions, _ = simulate_sessions(3_000, seed=25)
    reached, event = sessions["followup_status"].eq("reached"), sessions["adverse_event"].ne("none")
    reporter = sessions["adverse_reporter"]
    assert set(reporter[reached]) == {"asked"}
    assert reporter[~reached & ~event].isna().all()
    assert set(reporter[~reached & event]) == {"volunteered", "observed"}
