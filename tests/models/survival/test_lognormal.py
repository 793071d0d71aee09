"""A log-normal model of hours known exactly or between bounds: derivatives, scipy's values, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from outcomes.models.survival.clustered import design_of
from outcomes.models.survival.lognormal import _terms, fit_lognormal

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


def one_level(lower, upper):
    """A model of one level alone, each session another patient's."""
    size = len(lower)
    design = design_of(np.ones((1, 1)), ("level",), np.array([float(size)]))
    bounds = (np.asarray(lower, dtype=float), np.asarray(upper, dtype=float))
    return design, fit_lognormal(design, np.zeros(size, dtype=np.int64), np.arange(size), bounds)


def test_two_shares_between_bounds_give_the_level_and_the_spread_in_closed_form():
    """30 of 100 end by 6 hours and 30 after 24: level and spread solve Phi(b) = 0.3 and 0.7."""
    lower = np.repeat([0.0, 6.0, 24.0], [30, 40, 30])
    upper = np.repeat([6.0, 24.0, np.inf], [30, 40, 30])
    _, fit = one_level(lower, upper)
    assert fit.coefficients == pytest.approx([np.log(12)])
    assert fit.scale == pytest.approx(np.log(2) / norm.ppf(0.7))
    assert fit.log_likelihood == pytest.approx(60 * np.log(0.3) + 40 * np.log(0.4))
    assert (fit.converged, fit.scale_known, fit.unbounded.tolist()) == (True, True, [False])


def test_other_units_move_the_level_by_their_logarithm_and_nothing_else(rng):
    lower = rng.exponential(20, 300)
    upper = np.where(rng.random(300) < 0.3, np.inf, lower * rng.choice([1.0, 2.0], 300))
    hours, minutes = one_level(lower, upper)[1], one_level(60 * lower, 60 * upper)[1]
    assert minutes.coefficients == pytest.approx(hours.coefficients + np.log(60), rel=1e-9)
    assert minutes.scale == pytest.approx(hours.scale, rel=1e-9)
    np.testing.assert_allclose(minutes.covariance, hours.covariance, rtol=1e-7)
    exact = (lower == upper).sum()
    assert minutes.log_likelihood == pytest.approx(hours.log_likelihood - exact * np.log(60), rel=1e-9)


def test_sessions_of_one_patient_are_not_told_twice(rng):
    """Every session thrice, as another patient's or as the same one's: only the former makes it more certain."""
    hours = np.exp(2 + rng.normal(size=80))
    design = design_of(np.ones((1, 1)), ("level",), np.array([240.0]))
    zeros, thrice = np.zeros(240, dtype=np.int64), np.tile(hours, 3)
    same, others = (
        fit_lognormal(design, zeros, who, (thrice, thrice))
        for who in (np.tile(np.arange(80), 3), np.arange(240))
    )
    assert same.coefficients == pytest.approx(others.coefficients)
    assert same.covariance[0, 0] / others.covariance[0, 0] == pytest.approx(
        3 * (80 / 79) / (240 / 239), rel=0.02
    )


def test_nobody_free_yet_bounds_neither_level_nor_spread():
    _, fit = one_level([12.0, 24.0, 48.0], [np.inf] * 3)
    assert fit.unbounded.tolist() == [True]
    assert not fit.scale_known
