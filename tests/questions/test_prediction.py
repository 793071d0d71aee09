"""Prediction of patients never seen: against a cross-validation written out by hand, and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.questions.prediction import (
    TWITCHES_ADD,
    WITH_TWITCHES,
    WITHOUT_TWITCHES,
    predicted,
    twitch_value,
    twitch_value_sentences,
)
from outcomes.words import NOT_RECORDED, TOO_FEW

TIMES = {"post": "right after", "48h": "at 2 days"}


def cohort(slope: float, patients: int = 120, *, each: int = 1, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = patients * each
    before, twitch = rng.integers(3, 10, n).astype(float), rng.poisson(4, n).astype(float)
    relief = 0.3 * before + slope * twitch + rng.normal(0, 1, n)
    return pd.DataFrame(
        {
            "patient_id": np.repeat([f"p{i:03d}" for i in range(patients)], each),
            "condition": "neck_pain",
            "pain_pre": before,
            "pain_48h": before - relief,
            "twitch_count": twitch,
        }
    )


def by_hand(frame: pd.DataFrame, folds: int = 5, seed: int = 1) -> dict[str, float]:
    """Least squares on the other folds' patients, one session each; folds dealt as documented."""
    y = (frame["pain_pre"] - frame["pain_48h"]).to_numpy()
    codes, names = pd.factorize(frame["patient_id"], sort=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % folds)[codes]
    any_twitch = (frame["twitch_count"] > 0).to_numpy(float)
    base = np.column_stack([np.ones(len(frame)), frame["pain_pre"]])
    more = np.column_stack([base, frame["twitch_count"], any_twitch])
    lost = dict.fromkeys(("mean", "base", "more"), 0.0)
    for k in range(folds):
        out = fold == k
        lost["mean"] += ((y[out] - y[~out].mean()) ** 2).sum()
        for name, x in (("base", base), ("more", more)):
            beta = np.linalg.lstsq(x[~out], y[~out], rcond=None)[0]
            lost[name] += ((y[out] - x[out] @ beta) ** 2).sum()
    return {WITHOUT_TWITCHES: 1 - lost["base"] / lost["mean"], WITH_TWITCHES: 1 - lost["more"] / lost["mean"]}


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_explained_shares_are_those_of_a_cross_validation_by_hand(slope):
    frame = cohort(slope)
    found = twitch_value(frame)
    rows = found[found["outcome"] == "pain_relief_48h"].set_index("quantity")["estimate"]
    expected = by_hand(frame)
    assert rows[WITHOUT_TWITCHES] == pytest.approx(expected[WITHOUT_TWITCHES], abs=1e-9)
    assert rows[WITH_TWITCHES] == pytest.approx(expected[WITH_TWITCHES], abs=1e-9)
    assert rows[TWITCHES_ADD] == pytest.approx(expected[WITH_TWITCHES] - expected[WITHOUT_TWITCHES], abs=1e-9)


def test_a_twitch_that_tells_is_told_and_one_that_does_not_is_not():
    telling, silent = (
        twitch_value(cohort(slope, each=3))
        .set_index(["outcome", "quantity"])
        .loc[("pain_relief_48h", TWITCHES_ADD)]
        for slope in (0.3, 0.0)
    )
    assert telling["conf_low"] > 0.05
    assert silent["conf_high"] < 0.05
    assert telling["patients"] == 120


def test_whether_twitches_add_is_tested_by_what_the_larger_model_costs():
    """Clark and West's statistic of least squares by hand; a useless sign is below zero and still no finding."""
    frame = cohort(0.0, seed=4)
    row = twitch_value(frame).set_index(["outcome", "quantity"]).loc[("pain_relief_48h", TWITCHES_ADD)]
    y = (frame["pain_pre"] - frame["pain_48h"]).to_numpy()
    fold = np.random.default_rng(1).permutation(len(y)) % 5  # patients are in the order of their names
    any_twitch = (frame["twitch_count"] > 0).to_numpy(float)
    base = np.column_stack([np.ones(len(y)), frame["pain_pre"]])
    guesses = []
    for x in (base, np.column_stack([base, frame["twitch_count"], any_twitch])):
        fits = [np.linalg.lstsq(x[fold != k], y[fold != k], rcond=None)[0] for k in range(5)]
        guesses.append(np.einsum("ij,ij->i", x, np.array(fits)[fold]))
    small, large = guesses
    gain = (y - small) ** 2 - (y - large) ** 2 + (small - large) ** 2
    assert row["p_value"] == pytest.approx(ttest_1samp(gain, 0.0, alternative="greater").pvalue, rel=1e-6)
    assert row["estimate"] < 0 < row["p_value"]
    assert "added nothing clear" in twitch_value_sentences(twitch_value(frame), TIMES)[1]


def test_the_seed_decides_and_the_order_of_rows_does_not():
    frame = cohort(0.1, each=2)
    first = twitch_value(frame)
    again = twitch_value(frame.sample(frac=1, random_state=3))
    other = twitch_value(frame, seed=2)
    np.testing.assert_allclose(first["estimate"], again["estimate"], rtol=1e-8, equal_nan=True)
    assert not np.allclose(first["estimate"].dropna(), other["estimate"].dropna())


def test_rare_conditions_are_joined_not_dropped():
    frame = cohort(0.2)
    frame.loc[:5, "condition"] = "jaw_pain"
    row = twitch_value(frame).set_index(["outcome", "quantity"]).loc[("pain_relief_48h", TWITCHES_ADD)]
    assert row["sessions"] == len(frame)


@pytest.mark.parametrize(
    ("frame", "note"), [(cohort(0.1, 20), TOO_FEW), (cohort(0.1).drop(columns="twitch_count"), NOT_RECORDED)]
)
def test_too_few_or_not_recorded_says_so(frame, note):
    found = twitch_value(frame)
    rows = found[found["outcome"] == "pain_relief_48h"]
    assert set(rows["note"]) == {note}
    assert rows["estimate"].isna().all()
    said = twitch_value_sentences(found, TIMES)
    assert note in said[1].lower()


def test_sentences_say_whether_anything_was_added():
    said = twitch_value_sentences(twitch_value(cohort(0.3, each=3)), TIMES)
    assert "Knowing the twitches improved that prediction" in said[1]
    assert "pain relief at 2 days" in said[1]
    assert "Not recorded" in said[0]


@pytest.fixture(scope="module")
def null() -> pd.DataFrame:
    return oc.simulate_sessions(4000, seed=3, scenario="null")[0]


def test_prediction_gains_nothing_from_a_reading_of_noise(null):
    rng = np.random.default_rng(6)
    noise = null.assign(pain_post=rng.integers(0, 11, len(null)).astype(float))
    rows = predicted(noise).set_index(["model", "quantity"])
    assert abs(rows.loc[("gain", "variation explained"), "estimate"]) < 0.002
    real = predicted(null).set_index(["model", "quantity"])
    assert real.loc[("gain", "variation explained"), "conf_low"] > 0.02


def test_the_split_follows_its_seed_and_not_the_order_of_rows(null):
    some = null[null["patient_id"].isin(null["patient_id"].unique()[:300])]
    first = predicted(some, seed=2)
    shuffled = some.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(first, predicted(shuffled, seed=2), rtol=1e-9)
    assert not np.isclose(first["estimate"], predicted(some, seed=3)["estimate"]).all()


def test_one_fold_is_refused():
    for predict in (predicted, twitch_value):
        with pytest.raises(EstimationError, match="at least 2"):
            predict(cohort(0.0), folds=1)


def test_where_everybody_did_alike_nothing_is_predicted() -> None:
    """Once a division by nothing; a clinic that writes the same down each time is told so."""
    alike = cohort(0.0).assign(pain_pre=6.0, pain_post=4.0, pain_48h=3.0)
    assert set(predicted(alike)["note"]) == {"no estimate: the same in every session"}
    value = twitch_value(alike).set_index(["outcome", "quantity"])["note"]
    assert set(value["pain_relief_48h"]) == {"no estimate: the same in every session"}
