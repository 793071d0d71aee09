"""A fit depends on no order of rows, no unit and no name, and has one optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mixed_frames import FORMULAS, made, quick, same_fit
from outcomes.models.mixed.fit import fit_mixed

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
