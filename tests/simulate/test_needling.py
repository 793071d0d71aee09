"""Muscles, insertions, twitches and soreness of the synthetic clinic, against their stated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.simulate.needling import muscle_sets
from outcomes.simulate.scenarios import scenario_parameters
from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn, large, slopes


def test_a_session_without_twitches_is_one_whose_muscles_are_all_silent(literature: Drawn) -> None:
    sessions, truth = literature
    silent = scenario_parameters("literature").conditions.set_index("condition")["muscle_without_twitch"]
    muscles = sessions["muscles"].str.count(";") + 1
    expected = silent[sessions["condition"]].to_numpy() ** muscles
    found = (truth.sessions["twitch_count"] == 0).to_numpy()
    for count in (1, 2, 3):
        at = (muscles == count).to_numpy()
        assert found[at].mean() == pytest.approx(expected[at].mean(), abs=4 * 0.5 / np.sqrt(at.sum()))


def test_twitches_and_insertions_average_to_the_condition_table(literature: Drawn) -> None:
    sessions, truth = literature
    table = truth.conditions.set_index("condition")
    by_condition = truth.sessions.groupby(sessions["condition"].to_numpy())
    for count in ("twitch", "insertion"):
        found = by_condition[f"{count}_count"].mean()
        np.testing.assert_allclose(
            found, table.loc[found.index, f"{count}{'e' * (count == 'twitch')}s_per_session"], rtol=0.06
        )
    assert truth.sessions["twitch_count"].var() > 2 * truth.sessions["twitch_count"].mean()  # over-dispersed


def test_twitches_after_the_second_count_half_for_relief(literature: Drawn) -> None:
    _, truth = literature
    counts = truth.sessions["twitch_count"]
    weighed = truth.sessions["twitch_relief_post"] / 0.04
    np.testing.assert_allclose(weighed, counts.clip(upper=2) + 0.5 * (counts - 2).clip(lower=0))


def test_muscle_sets_are_a_distribution() -> None:
    sets, sizes, weights = muscle_sets("a;b;c", 2.0)
    assert sets == ("a", "b", "c", "a;b", "a;c", "b;c", "a;b;c")
    assert sizes == (1, 1, 1, 2, 2, 2, 3)
    by_size = pd.Series(weights).groupby(list(sizes)).sum()
    np.testing.assert_allclose(by_size / by_size[1], [1, 1, 0.5])  # Poisson(1) on top of one


def test_soreness_lasts_as_the_literature_suggests(literature: Drawn) -> None:
    _, truth = literature
    hours = truth.sessions.query("soreness_h > 0")["soreness_h"]
    assert len(hours) / len(truth.sessions) == pytest.approx(0.95, abs=0.005)
    np.testing.assert_allclose(hours.quantile([0.25, 0.5, 0.75]), [27, 38, 52], atol=2)
    assert (hours > 48).mean() == pytest.approx(0.30, abs=0.03)
    assert (hours > 72).mean() == pytest.approx(0.08, abs=0.05)
    assert truth.sessions["soreness_half_life_h"].median() == pytest.approx(15, rel=0.02)


def test_soreness_is_log_linear_in_the_dose_and_inflated_without_insertions(literature: Drawn) -> None:
    sessions, truth = literature
    dose = truth.sessions.query("soreness_h > 0")
    which = sessions.set_index("session_id")["condition"]
    hours = np.log(dose["soreness_h"])
    adjusted, _ = slopes(hours, dose["twitch_count"], dose["insertion_count"], within=which)
    alone, _ = slopes(hours, dose["twitch_count"], within=which)
    np.testing.assert_allclose(adjusted, [0.04, 0.02], atol=0.002)
    assert alone[0] > 1.4 * 0.04


def test_women_are_sorer(literature: Drawn) -> None:
    sessions, truth = literature
    peak = truth.sessions["soreness_peak"].to_numpy()
    sore, female = peak > 0, (sessions["sex"] == "female").to_numpy()
    which = sessions["condition"].where(sore)
    log_peak = pd.Series(np.log(peak[sore])).groupby([which[sore].to_numpy(), female[sore]]).median()
    ratio = log_peak.xs(True, level=1) - log_peak.xs(False, level=1)
    assert np.exp(ratio.median()) == pytest.approx(1.25, abs=0.06)


@pytest.mark.parametrize("outcome", ["immediate", "two_day", "soreness"])
def test_confounded_twitches_do_nothing_once_insertions_are_in(outcome: str) -> None:
    sessions, truth = large("twitch_confounded")
    y = {
        "immediate": sessions["pain_pre"] - sessions["pain_post"],
        "two_day": sessions["pain_pre"] - sessions["pain_48h"],
        "soreness": np.log(truth.sessions["soreness_h"].where(truth.sessions["soreness_h"] > 0)).reset_index(
            drop=True
        ),
    }[outcome]
    _, naive = slopes(y, sessions["twitch_count"], within=sessions["patient_id"])
    _, adjusted = slopes(
        y, sessions["twitch_count"], sessions["insertion_count"], within=sessions["patient_id"]
    )
    assert naive[0] > 8
    assert abs(adjusted[0]) < 3.5
    assert adjusted[1] > 8
    assert (truth.sessions[["twitch_relief_post", "twitch_relief_48h"]] == 0).all(axis=None)


def test_a_naive_slope_is_plain_in_an_ordinary_clinic() -> None:
    sessions, _ = simulate_sessions(scenario="twitch_confounded")
    relief = sessions["pain_pre"] - sessions["pain_post"]
    _, naive = slopes(relief, sessions["twitch_count"], within=sessions["patient_id"])
    _, adjusted = slopes(
        relief, sessions["twitch_count"], sessions["insertion_count"], within=sessions["patient_id"]
    )
    assert naive[0] > 2
    assert abs(adjusted[0]) < 2
