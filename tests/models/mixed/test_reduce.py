"""Moments: they add, travel through files, and are the same from every engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.models.mixed.fit import fit_mixed

FORMULAS = [
    "y ~ 1 + (1 | g)",
    "y ~ x + (1 | g)",
    "y ~ a * x + b + (1 | g)",
    "y ~ 0 + a:b + x:z + I(x**2) + log(z) + (1 | g)",
    "sqrt(z) ~ C(n) + flag * a + I((x - 1) / (z + 2)) + (1 | g)",
    "y ~ x + a + (1 | c/g)",
    "y ~ x + a + (1 | c) + (1 | g)",
]

quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(seed, n=160, patients=24, offset=0.0):
    rng = np.random.default_rng(seed)
    g = rng.integers(0, patients, n)
    clinic = rng.integers(0, 5, patients)
    frame = pd.DataFrame(
        {
            "g": [f"p{i}" for i in g],
            "c": [f"c{clinic[i]}" for i in g],
            "a": rng.choice(list("uvw"), n, p=[0.2, 0.5, 0.3]),
            "b": rng.choice(["left", "right"], n),
            "n": rng.integers(1, 4, n),
            "flag": rng.random(n) > 0.4,
            "x": np.round(rng.normal(size=n), 3) + offset,
            "z": rng.uniform(1, 9, n),
        }
    )
    frame["y"] = (
        frame["x"] + rng.normal(size=patients)[g] + rng.normal(size=n) + 0.7 * rng.normal(size=5)[clinic[g]]
    )
    return frame


def same_fit(a, b, rtol=1e-9):
    """Fits equal but for rounding; the statistic's own digits set the absolute tolerance."""
    assert a.coefficients["term"].tolist() == b.coefficients["term"].tolist()
    for name in ("estimate", "std_error", "df"):
        scale = a.coefficients["std_error"].to_numpy() if name == "estimate" else 0.0
        difference = np.abs(a.coefficients[name] - b.coefficients[name])
        assert (difference <= rtol * (np.abs(a.coefficients[name]) + scale)).all(), name
    assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=rtol)
    np.testing.assert_allclose(a._variances, b._variances, rtol=10 * rtol, atol=1e-12)
    assert (a.n_sessions, a.n_patients) == (b.n_sessions, b.n_patients)


# --- properties ---


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS))
def test_row_order_does_not_matter(seed, formula):
    frame = made(seed)
    same_fit(fit_mixed(formula, frame), fit_mixed(formula, frame.sample(frac=1, random_state=seed)))


@quick
@given(
    seed=st.integers(0, 10**6),
    up=st.sampled_from([1e-6, 0.1, 1e3, 1e7]),
    shift=st.sampled_from([0.0, -3.0, 1e4]),
)
def test_units_of_response_and_covariate_rescale(seed, up, shift):
    frame = made(seed)
    plain = fit_mixed("y ~ x * a + (1 | g)", frame)
    moved = fit_mixed("y ~ x * a + (1 | g)", frame.assign(y=frame["y"] * up, x=frame["x"] * 8 + shift))
    slopes = plain.coefficients["term"].str.contains("x")
    ratio = moved.coefficients.loc[slopes, "estimate"] / plain.coefficients.loc[slopes, "estimate"]
    np.testing.assert_allclose(ratio, up / 8, rtol=1e-6)
    np.testing.assert_allclose(
        moved.coefficients.loc[slopes, "df"], plain.coefficients.loc[slopes, "df"], rtol=1e-6
    )
    np.testing.assert_allclose(moved._variances, plain._variances * up**2, rtol=1e-7, atol=1e-12 * up**2)
    means = [fit.marginal_means("a")[["estimate", "std_error", "df"]].to_numpy() for fit in (plain, moved)]
    np.testing.assert_allclose(means[1] / [up, up, 1], means[0], rtol=1e-6, atol=1e-9)


@quick
@given(seed=st.integers(0, 10**6))
def test_names_of_patients_and_levels_do_not_matter(seed):
    frame = made(seed)
    renamed = frame.assign(
        g=pd.factorize(frame["g"])[0] * 7 - 3, a=frame["a"].map({"u": "A", "v": "B", "w": "C"})
    )
    plain, other = (fit_mixed("y ~ x + a + (1 | g)", f) for f in (frame, renamed))
    np.testing.assert_allclose(plain.coefficients.iloc[:, 1:], other.coefficients.iloc[:, 1:], rtol=1e-8)


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS), method=st.sampled_from(["REML", "ML"]))
def test_the_optimum_is_one(seed, formula, method):
    """No other variance ratios, near or far, give less deviance than those found."""
    fit = fit_mixed(formula, made(seed, n=90, patients=15), method=method)
    likelihood, best = fit.likelihood, fit.likelihood.deviance(fit.ratios)
    for ratio in [0.0, *np.geomspace(1e-4, 1e3, 40)]:
        others = [
            ratio * np.eye(len(fit.ratios))[i] + fit.ratios * (np.arange(len(fit.ratios)) != i)
            for i in range(len(fit.ratios))
        ]
        for point in [*others, fit.ratios * (1 + 0.01 * np.sin(ratio)), np.full(len(fit.ratios), ratio)]:
            assert likelihood.deviance(point) >= best - 1e-9 * max(1.0, abs(best))


# --- adding ---


# --- what they hold, and files ---


# --- Ibis tables ---
