"""Designs made orthonormal, likelihood terms against numerical derivatives, logit against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from outcomes.models.survival.clustered import BLOCK, design_of, fit_logit
from outcomes.models.survival.lognormal import _terms, fit_lognormal


@pytest.mark.parametrize("rows", [30, 3 * BLOCK, 3 * BLOCK + 1])
def test_design_is_orthonormal_over_sessions_and_goes_back(rng, rows):
    columns = [np.ones(rows), 1e6 + rng.normal(size=rows), rng.integers(0, 2, rows)]
    matrix = np.column_stack(columns).astype(float)
    weight = rng.integers(1, 9, rows).astype(float)
    design = design_of(matrix, ("a", "b", "c"), weight)
    gram = design.columns.T @ (weight[:, None] * design.columns) / weight.sum()
    np.testing.assert_allclose(gram, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(matrix @ design.back, design.columns, atol=1e-5)


def test_later_columns_that_say_nothing_new_are_dropped(rng):
    x = rng.normal(size=50)
    matrix = np.column_stack([np.ones(50), x, 2 * x - 3, x**2, np.zeros(50)])
    assert design_of(matrix, tuple("abcde"), np.ones(50)).kept.tolist() == [True, True, False, True, False]


BOUNDS = {
    "exact": (np.log(12.0), np.log(12.0)),
    "right": (np.log(30.0), np.inf),
    "left": (-np.inf, np.log(6.0)),
    "between": (np.log(6.0), np.log(24.0)),
    "narrow": (np.log(40.0), np.log(40.001)),
    "far": (np.log(1e6), np.log(2e6)),
    "far_below": (np.log(1e-6), np.log(2e-6)),
}


@pytest.mark.parametrize("kind", BOUNDS)
def test_terms_are_the_derivatives_of_the_log_likelihood(kind):
    low, high = (np.array([x]) for x in BOUNDS[kind])

    def value(x, tau):
        return _terms(low, high, np.array([x]), tau)

    x, tau, h = 2.1, 1.4, 1e-4
    here = value(x, tau)
    slopes = (value(x + h, tau).value - value(x - h, tau).value) / (2 * h)
    slopes_b = (value(x, tau + h).value - value(x, tau - h).value) / (2 * h)
    np.testing.assert_allclose(here.slope, slopes, rtol=1e-5)
    np.testing.assert_allclose(here.slope_b, slopes_b, rtol=1e-5)
    np.testing.assert_allclose(
        here.curve, (value(x + h, tau).slope - value(x - h, tau).slope) / (2 * h), rtol=1e-5
    )
    np.testing.assert_allclose(
        here.curve_b, (value(x, tau + h).slope_b - value(x, tau - h).slope_b) / (2 * h), rtol=1e-5
    )
    np.testing.assert_allclose(
        here.cross, (value(x, tau + h).slope - value(x, tau - h).slope) / (2 * h), rtol=1e-5
    )


def test_terms_have_the_value_of_scipy():
    for kind in ("exact", "right", "left", "between"):
        low, high = BOUNDS[kind]
        law = norm(2.1 / 1.4, 1 / 1.4)
        wanted = law.logpdf(low) - low if kind == "exact" else np.log(law.cdf(high) - law.cdf(low))
        assert _terms(np.array([low]), np.array([high]), np.array([2.1]), 1.4).value[0] == pytest.approx(
            wanted
        )


def test_exact_hours_alone_are_least_squares_of_their_logarithms(rng):
    x, patient = rng.normal(size=200), rng.integers(0, 40, 200)
    hours = np.exp(2 + 0.3 * x + 0.5 * rng.normal(size=200))
    matrix = np.column_stack([np.ones(200), x])
    design = design_of(matrix, ("a", "b"), np.ones(200))
    fit = fit_lognormal(design, np.arange(200), patient, (hours, hours))
    beta, residual, *_ = np.linalg.lstsq(matrix, np.log(hours), rcond=None)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
    assert fit.scale == pytest.approx(np.sqrt(residual[0] / 200), rel=1e-9)


def test_logit_with_an_intercept_alone_is_the_share_and_its_clustered_error(rng):
    patient = rng.integers(0, 25, 150)
    happened = rng.random(150) < 0.3
    design = design_of(np.ones((1, 1)), ("a",), np.array([150.0]))
    fit = fit_logit(design, np.zeros(150, dtype=np.int64), patient, happened)
    share = happened.mean()
    back = design.back[0, 0]
    assert back * fit.values[0] == pytest.approx(np.log(share / (1 - share)), rel=1e-10)
    moved = np.bincount(patient, weights=happened - share)
    error = np.sqrt((moved**2).sum()) / 150 / (share * (1 - share))
    assert abs(back) * np.sqrt(fit.covariance[0, 0]) == pytest.approx(error, rel=1e-9)
