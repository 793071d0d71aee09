"""Synthetic pain: readings are latent pain less the true effect, and flares have their spread and memory."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.simulate.scenarios import scenario_parameters
from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn, large, slopes


def test_readings_are_latent_pain_less_the_effect(literature: Drawn) -> None:
    sessions, truth = literature
    latent = truth.sessions
    middle = latent["usual_pain"].between(4, 6).to_numpy()  # away from floor and ceiling
    pre, known = sessions["pain_pre"].to_numpy()[middle], latent[middle]
    later = known["relief_48h"] + known["flare_pre"] - known["flare_48h"]
    post = known["relief_post"] - known["soreness_leak"]
    assert (pre - known["pain_48h_complete"]).mean() == pytest.approx(later.mean(), abs=0.05)
    assert (pre - known["pain_post_complete"]).mean() == pytest.approx(post.mean(), abs=0.05)


def test_flares_have_the_stated_spread_and_memory() -> None:
    _, truth = large("null")
    now, then = truth.sessions["flare_pre"], truth.sessions["flare_48h"]
    assert now.std() == pytest.approx(1.5, rel=0.02)
    assert then.std() == pytest.approx(1.5, rel=0.02)
    assert now.corr(then) == pytest.approx(0.35, abs=0.015)
    _, booked = large("null_flare")
    assert booked.sessions["flare_pre"].min() >= 1.0
    # mean of a normal cut at one point: 1.5 * phi(2/3) / (1 - Phi(2/3))
    assert booked.sessions["flare_pre"].mean() == pytest.approx(1.8968, abs=0.02)


def test_true_effects_average_to_the_condition_table(literature: Drawn) -> None:
    sessions, truth = literature
    mean = truth.sessions.groupby(sessions["condition"].to_numpy()).mean(numeric_only=True)
    table = truth.conditions.set_index("condition")
    patients = sessions.groupby("condition")["patient_id"].nunique()
    error = 4 * np.hypot(0.6, 0.2) / np.sqrt(patients)
    for effect in ("relief_post", "relief_48h"):
        assert ((mean[effect] - table[f"pain_{effect}"]).abs() < error).all(), effect


def test_soreness_masks_the_immediate_relief() -> None:
    sessions, truth = simulate_sessions(scenario="soreness_masks")
    immediate = (sessions["pain_pre"] - sessions["pain_post"]).mean()
    two_day = (sessions["pain_pre"] - sessions["pain_48h"]).mean()
    assert truth.sessions["relief_post"].mean() > 0.3
    assert immediate < 0.1
    assert two_day > 0.9


def test_effects_of_dose_are_added_about_the_average_session() -> None:
    """Insertions do good in this clinic: its average is still that of the table, and each adds what it should."""
    sessions, truth = simulate_sessions(4_000, seed=12, scenario="twitch_confounded")
    known = truth.sessions.assign(condition=sessions["condition"].to_numpy())
    table = truth.conditions.set_index("condition")
    mean = known.groupby("condition")["relief_post"].mean()
    patients = sessions.groupby("condition")["patient_id"].nunique()[mean.index]
    assert ((mean - table.loc[mean.index, "pain_relief_post"]).abs() < 4 * 0.9 / np.sqrt(patients)).all()
    adds = scenario_parameters("twitch_confounded")["insertion_relief_post"]
    within = sessions["patient_id"] + sessions["condition"]
    relief, insertions = (
        truth.sessions[name].reset_index(drop=True) for name in ("relief_post", "insertion_count")
    )
    found, _ = slopes(relief, insertions, within=within)
    assert adds > 0
    assert found[0] == pytest.approx(adds, rel=1e-6)


def test_usual_pain_falls_on_its_own_from_the_first_session_for_it_and_by_what_sessions_leave(
    literature: Drawn,
) -> None:
    """By 0.8 points in the long run, as 1 - exp(-days / 45), and by a quarter of each earlier session's effect."""
    sessions, truth = literature
    table = truth.conditions.set_index("condition").loc[sessions["condition"]]
    start = sessions.groupby(["patient_id", "condition"])["day"].transform("min")
    number = sessions["session_number"].to_numpy()
    falls = 0.8 * (1 - np.exp(-(sessions["day"] - start).to_numpy(float) / 45))
    falls += 0.25 * table["pain_relief_48h"].to_numpy() * (number - 1)
    left = truth.sessions["usual_pain"].to_numpy() - table["usual_pain"].to_numpy() + falls
    second = (start > 0).to_numpy()
    for at in (number == each for each in (1, 3, 6)):
        for these in (at & second, at & ~second):
            assert left[these].mean() == pytest.approx(0.0, abs=4 * left[these].std() / np.sqrt(these.sum()))
