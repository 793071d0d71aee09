"""Shrunken estimates against metafor, and their intervals against known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from outcomes.models.shrinkage import between_variance, shrunk

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "shrinkage" / "shrinkage.json").read_text())


@pytest.mark.parametrize("case", ["apart", "alike"])
def test_estimates_are_metafors_and_errors_do_not_take_the_variance_as_known(case):
    r = {name: np.array(value, dtype=float) for name, value in REFERENCE[case].items()}
    found = shrunk(r["estimates"], r["errors"], 0.95)
    assert between_variance(r["estimates"], r["errors"] ** 2) == pytest.approx(float(r["tau2"]), rel=1e-6)
    np.testing.assert_allclose(found["estimate"], r["pred"], rtol=1e-7)
    np.testing.assert_allclose(found["std_error"], r["error"], rtol=1e-5)
    np.testing.assert_allclose(found["conf_high"] - found["estimate"], r["reach"], rtol=1e-5)
    assert (found["std_error"] > 0.99 * r["error_known_tau2"]).all()


def test_no_interval_is_wider_than_the_groups_own(rng):
    errors = rng.uniform(0.05, 0.4, 9)
    estimates, df = rng.normal(0.3, 0.2, 9), rng.uniform(4, 60, 9)
    own = shrunk(estimates[:2], errors[:2], 0.95, df=df[:2])
    many = shrunk(estimates, errors, 0.95, df=df)
    reach = many["conf_high"] - many["estimate"]
    assert (reach[:2] <= own["conf_high"] - own["estimate"] + 1e-12).all()
    np.testing.assert_array_equal(own["estimate"], estimates[:2])


def test_missing_groups_stay_missing_and_do_not_count():
    estimates = np.array([0.4, np.nan, 0.1, 0.3, 0.2])
    errors = np.array([0.1, np.nan, 0.1, 0.2, 0.1])
    with_gap, without = (
        shrunk(estimates, errors, 0.95),
        shrunk(np.delete(estimates, 1), np.delete(errors, 1), 0.95),
    )
    assert np.isnan(with_gap["estimate"][1])
    for name, values in without.items():
        np.testing.assert_array_equal(np.delete(with_gap[name], 1), values)


@pytest.mark.parametrize("between", [0.0, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("groups", [5, 8, 13])
def test_intervals_cover_the_groups_as_often_as_they_say(groups, between):
    """Taking the variance as known covers 84 % of thirteen groups that differ by 0.1."""
    rng = np.random.default_rng(groups)
    errors = np.exp(rng.uniform(np.log(0.05), np.log(0.3), groups))
    inside = []
    for _ in range(800):
        truth = rng.normal(0.3, between, groups)
        found = shrunk(rng.normal(truth, errors), errors, 0.95)
        inside.append((found["conf_low"] <= truth) & (truth <= found["conf_high"]))
    assert np.mean(inside) >= 0.945
    assert np.mean(inside, axis=0).min() >= 0.93


def test_with_one_mean_for_all_intervals_are_shorter_than_their_own(rng):
    errors = rng.uniform(0.1, 0.3, 13)
    found = shrunk(rng.normal(0.3, errors), errors, 0.95)
    assert np.mean(found["conf_high"] - found["estimate"]) < 0.85 * ndtri(0.975) * errors.mean()
