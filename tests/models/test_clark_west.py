"""Clark and West's test against full matrices in R, and against predictions that are known to be useless."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.clark_west import clark_west

REFERENCE = Path(__file__).parents[1] / "reference" / "clark_west"


@pytest.mark.parametrize("larger", ["with_z", "with_noise"])
def test_gain_error_and_p_value_are_those_of_r(larger):
    d = pd.read_csv(REFERENCE / "predictions.csv")
    expected = json.loads((REFERENCE / "clark_west.json").read_text())[larger]
    y, s, found = d["y"].to_numpy(), d["smaller"].to_numpy(), d[larger].to_numpy()
    assert clark_west(y, s, found, d["patient"].to_numpy()) == pytest.approx(expected, rel=1e-7)


def by_folds(x, y, fold):
    predicted = np.empty(len(y))
    for k in range(5):
        seen = fold != k
        predicted[~seen] = x[~seen] @ np.linalg.lstsq(x[seen], y[seen], rcond=None)[0]
    return predicted


def p_and_gain(rng, effect: float) -> tuple[float, float]:
    """p-value, and the plain gain in squared error, of a predictor that is useless or not."""
    patients = 100
    person = np.repeat(np.arange(patients), rng.choice(5, patients) + 1)
    x, z, mine = rng.normal(size=len(person)), rng.normal(size=len(person)), rng.normal(size=patients)
    y = x + effect * z + 0.7 * mine[person] + rng.normal(size=len(person))
    fold = (rng.permutation(patients) % 5)[person]
    small = np.column_stack([np.ones(len(x)), x])
    s, large = by_folds(small, y, fold), by_folds(np.column_stack([small, z]), y, fold)
    return clark_west(y, s, large, person)["p_value"], float(np.mean((y - s) ** 2 - (y - large) ** 2))


def test_a_useless_predictor_is_called_useful_as_rarely_as_said():
    """The plain gain of such a predictor is below zero on average, so an interval of it must not be read."""
    p, gain = np.transpose([p_and_gain(np.random.default_rng(seed), 0.0) for seed in range(1200)])
    assert 0.03 <= np.mean(p < 0.05) <= 0.07
    assert np.mean(gain) < -0.003


def test_a_useful_predictor_is_found():
    p, _ = np.transpose([p_and_gain(np.random.default_rng(seed), 0.3) for seed in range(60)])
    assert np.mean(p < 0.05) > 0.8


def test_nothing_to_compare_is_missing_not_an_error():
    y = np.array([1.0, 2.0, 3.0])
    assert np.isnan(clark_west(y, y * 0, y * 0, np.arange(3))["p_value"])
    assert np.isnan(clark_west(y, y * 0, y, np.zeros(3))["p_value"])
    gap = np.array([1.0, np.nan, 2.0, 4.0])
    whole = clark_west(np.delete(gap, 1), np.zeros(3), np.array([1.0, 1.5, 3.0]), np.arange(3))
    found = clark_west(gap, np.zeros(4), np.array([1.0, 0.0, 1.5, 3.0]), np.array([0, 9, 1, 2]))
    assert found == whole
