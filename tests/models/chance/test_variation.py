"""How pain varies with no effect: against readings drawn as the model says, and least squares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from outcomes.models.chance.variation import Variation, null_correlation, null_slope, on_bad_days, share_apart

TIMES = ("pre", "post", "48h")


def matrix(*, within: bool) -> np.ndarray:
    """Covariances written out: usual pain is shared, the flare decays, the error is each reading's own."""
    v = Variation.published()
    flares = np.array(
        [
            [1.0, v.flare_correlation_post, v.flare_correlation_48h],
            [v.flare_correlation_post, 1.0, v.flare_correlation_48h],
            [v.flare_correlation_48h, v.flare_correlation_48h, 1.0],
        ]
    )
    usual = 0.0 if within else v.usual_pain_sd**2
    return usual + v.flare_sd**2 * flares + v.reading_error_sd**2 * np.eye(3)


@pytest.mark.parametrize("within", [False, True])
def test_covariances_are_those_of_usual_pain_flare_and_error(within):
    v, expected = Variation.published(), matrix(within=within)
    found = [[v.covariance(a, b, within=within) for b in TIMES] for a in TIMES]
    assert np.array(found) == pytest.approx(expected)
    assert v.variance == pytest.approx(matrix(within=False)[0, 0])


@pytest.mark.parametrize("within", [False, True])
def test_the_null_slope_is_the_regression_of_the_later_reading_on_both_before(within):
    c = matrix(within=within)
    weights = np.linalg.solve(c[:2, :2], c[:2, 2])
    assert null_slope(within=within) == pytest.approx(weights[1])


def test_the_null_correlations_are_those_of_reliefs_drawn_from_the_law(rng):
    pre, post, later = rng.multivariate_normal(np.zeros(3), matrix(within=True), 400_000).T
    plain = np.corrcoef(pre - post, pre - later)[0, 1]
    assert null_correlation(equal_baseline=False) == pytest.approx(plain, abs=0.006)
    left = [y - pre * (pre @ y) / (pre @ pre) for y in (post, later)]
    assert null_correlation(equal_baseline=True) == pytest.approx(np.corrcoef(*left)[0, 1], abs=0.006)


@pytest.mark.parametrize("points", [0.0, 1.0, 2.5])
def test_bad_days_have_the_mean_flare_of_the_days_beyond_the_cut(points):
    v = on_bad_days(points)
    flares = norm.rvs(size=400_000, random_state=1) * v.flare_sd
    assert v.booking_flare * v.flare_sd == pytest.approx(flares[flares > points].mean(), abs=0.02)
    spreads = [
        (getattr(v, name), getattr(Variation.published(), name)) for name in ("flare_sd", "usual_pain_sd")
    ]
    assert all(now == before for now, before in spreads)


@pytest.mark.parametrize(("points", "about"), [(2, 0.31), (3, 0.09)])
def test_readings_of_unchanged_pain_differ_as_often_as_drawn_ones_do(rng, points, about):
    pain = rng.uniform(3, 7, 400_000)
    one, other = (np.round(pain + rng.normal(0, 1.02, len(pain))) for _ in range(2))
    assert share_apart(points) == pytest.approx((np.abs(one - other) >= points).mean(), abs=0.003)
    assert share_apart(points) == pytest.approx(about, abs=0.01)
