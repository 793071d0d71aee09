"""Marginal means and contrasts: chosen values, adjustments, errors of an estimated baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"


def test_marginal_means_without_records_for_them_are_missing_with_a_note():
    frame = pd.read_csv(REFERENCE / "made_aliased.csv")
    means = fit_mixed("y ~ a * b + (1 | id)", frame).marginal_means("a").set_index("a")
    assert np.isnan(means.loc["w", "estimate"])
    assert "not determined" in means.loc["w", "note"]
    assert np.isfinite(means.loc[["u", "v"], ["estimate", "std_error", "df"]]).all(axis=None)


def test_contrasts_against_a_level_and_adjustments(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    plain = fit.contrasts("a", against="u", adjust="none")
    assert plain["contrast"].tolist() == ["v - u", "w - u"]
    coefficients = fit.coefficients.set_index("term").loc[["a[T.v]", "a[T.w]"]]
    np.testing.assert_allclose(plain["estimate"], coefficients["estimate"])
    np.testing.assert_allclose(plain["p_value"], coefficients["p_value"])
    holm = fit.contrasts("a", against="u")
    small, large = np.sort(plain["p_value"])
    np.testing.assert_allclose(np.sort(holm["p_value"]), [min(2 * small, 1), max(min(2 * small, 1), large)])
    pd.testing.assert_frame_equal(holm.drop(columns="p_value"), plain.drop(columns="p_value"))


def test_marginal_means_at_chosen_values(frame):
    frame = frame.assign(b=np.where(np.arange(60) % 3 == 0, "l", "r"))
    fit = fit_mixed("y ~ x * a + b + (1 | patient_id)", frame)
    asked = fit.marginal_means("a", at={"x": 2.0, "b": "l"})
    rows = pd.DataFrame({"a": ["u", "v", "w"], "x": 2.0, "b": "l"})
    np.testing.assert_allclose(asked["estimate"], fit.predict(rows))
    both = fit.marginal_means("a", at={"x": 2.0, "b": ["l", "r"]})
    np.testing.assert_allclose(both["estimate"], fit.marginal_means("a", at={"x": 2.0})["estimate"])


def test_baseline_error_is_that_of_the_plain_mean_with_one_session_a_patient(rng):
    """Read at a sample's own mean baseline, a mean varies as the plain mean does; that baseline is not known."""
    pre = rng.integers(2, 10, 200).astype(float)
    frame = pd.DataFrame(
        {"patient_id": np.arange(200), "all": "a", "pre": pre, "y": pre - rng.integers(2, 10, 200)}
    )
    fit = fit_mixed("y ~ 0 + all + pre + (1 | patient_id)", frame)
    held, free = (fit.marginal_means("all", baseline_error=b).iloc[0] for b in (False, True))
    assert free["estimate"] == pytest.approx(held["estimate"], rel=1e-9)
    assert free["std_error"] == pytest.approx(frame["y"].std() / np.sqrt(200), rel=1e-9)
    assert free["df"] == pytest.approx(199)
    slope = fit.coefficients.set_index("term").loc["pre", "estimate"]
    added = np.sqrt(held["std_error"] ** 2 + slope**2 * pre.var(ddof=1) / 200)
    assert free["std_error"] == pytest.approx(added, rel=0.01)


def test_baseline_error_leaves_what_is_held_alone(frame):
    fit = fit_mixed("y ~ a * x + z + (1 | patient_id)", frame.assign(z=np.arange(len(frame)) % 5))
    plain = fit_mixed("y ~ a + x + a:x + (1 | patient_id)", frame).marginal_means("a", at={"x": 1.0})
    found = fit.marginal_means("a", at={"x": 1.0}, baseline_error=True)
    pd.testing.assert_frame_equal(found, plain, rtol=1e-9)


def two_means(seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    patient, group = np.repeat(np.arange(60), 3), np.tile(["a", "b", "c"], 60)
    x = rng.normal(size=180) + (group == "a")
    y = x + rng.normal(size=60)[patient] + rng.normal(size=180)
    return pd.DataFrame({"y": y, "x": x, "group": group, "patient": patient, "clinic": patient // 10})


def test_each_level_can_be_held_at_its_own_value():
    fit = fit_mixed("y ~ 0 + group + x + (1 | patient)", two_means())
    own = {"a": 1.0, "b": 0.0, "c": -0.5}
    together = fit.marginal_means("group", at={"x": own}).set_index("group")
    for level, value in own.items():
        alone = fit.marginal_means("group", at={"x": value}).set_index("group")
        pd.testing.assert_series_equal(together.loc[level], alone.loc[level])
    with pytest.raises(EstimationError, match="one number for `x`"):
        fit.marginal_means("group", at={"x": {"a": 1.0}})
