"""Synthetic pain: readings are latent pain less the true effect, and flares have their spread and memory."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn, large


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
