"""Errors of a mixed model clustered on patients: full matrices in R, the clustered mean, and known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.models.means import clustered_means
from outcomes.models.mixed.clustered import clustered
from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "means"
COLUMNS = ["estimate", "std_error", "df"]


@pytest.fixture(scope="module")
def spread() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "spread.csv")


def test_coefficients_and_means_are_those_of_full_matrices_in_r(spread):
    expected = json.loads((REFERENCE / "means.json").read_text())["clustered"]
    fit = clustered(fit_mixed("y ~ group + x + (1 | patient_id)", spread), spread)
    np.testing.assert_allclose(fit.coefficients[COLUMNS], list(expected["coefficients"].values()), rtol=1e-6)
    means = fit.marginal_means("group").set_index("group")
    for group, values in expected["means"].items():
        assert means.loc[group, COLUMNS].tolist() == pytest.approx(values, rel=1e-6)


def test_estimates_and_variances_stay_and_the_order_of_rows_does_not_matter(spread):
    plain = fit_mixed("y ~ group + x + (1 | patient_id)", spread)
    fit = clustered(plain, spread.sample(frac=1.0, random_state=3))
    pd.testing.assert_series_equal(fit.coefficients["estimate"], plain.coefficients["estimate"])
    pd.testing.assert_frame_equal(fit.variances, plain.variances)
    assert not np.allclose(fit.coefficients["std_error"], plain.coefficients["std_error"])
    again = clustered(plain, spread)
    pd.testing.assert_frame_equal(fit.coefficients, again.coefficients, rtol=1e-10)


def test_a_constant_and_equal_patients_is_the_clustered_mean(rng):
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(20), 3), "y": rng.normal(size=60)})
    frame["y"] += np.repeat(rng.normal(size=20), 3)
    fit = clustered(fit_mixed("y ~ 1 + (1 | patient_id)", frame), frame)
    wanted = clustered_means(frame, "y", by=None)[COLUMNS]
    np.testing.assert_allclose(fit.coefficients[COLUMNS], wanted, rtol=1e-7)


def test_sessions_that_lack_a_value_are_left_out_as_the_fit_left_them_out(spread):
    gaps = spread.assign(
        y=spread["y"].where(np.arange(len(spread)) % 5 > 0),
        x=spread["x"].where(np.arange(len(spread)) % 7 > 0),
    )
    fit = fit_mixed("y ~ group + x + (1 | patient_id)", gaps)
    complete = gaps.dropna()
    pd.testing.assert_frame_equal(
        clustered(fit, gaps).coefficients, clustered(fit, complete).coefficients, rtol=1e-12
    )


def test_other_sessions_and_other_groupings_are_refused(spread):
    fit = fit_mixed("y ~ x + (1 | patient_id)", spread)
    with pytest.raises(EstimationError, match="fitted to"):
        clustered(fit, spread[1:])
    nested = fit_mixed("y ~ x + (1 | group/patient_id)", spread)
    with pytest.raises(EstimationError, match="one grouping"):
        clustered(nested, spread)


def uneven(clinic: int) -> pd.DataFrame:
    """Groups that vary by 1, 2 and 4 points about the same mean at an equal reading before."""
    rng = np.random.default_rng([11, clinic])
    person = np.repeat(np.arange(120), rng.integers(1, 5, 120))
    which = rng.integers(0, 3, len(person))
    before = rng.normal(5 + which, 1, len(person))
    noise = rng.normal(0, np.array([1.0, 2.0, 4.0])[which])
    y = before + rng.normal(0, 0.5, 120)[person] + noise
    return pd.DataFrame({"patient_id": person, "g": np.array(list("abc"))[which], "before": before, "y": y})


def test_groups_that_vary_unequally_each_have_intervals_that_hold_the_truth_19_times_in_20():
    """The truth is the mean reading before. With one residual variance the middle group is missed once in a hundred."""
    rows: dict[str, list[pd.Series]] = {"one variance": [], "clustered": []}
    for clinic in range(240):
        frame = uneven(clinic)
        fit = fit_mixed("y ~ g + before + (1 | patient_id)", frame)
        truth = frame["before"].mean()
        for name, found in (("one variance", fit), ("clustered", clustered(fit, frame))):
            means = found.marginal_means("g")
            rows[name].append(~(means["conf_low"].le(truth) & means["conf_high"].ge(truth)))
    missed = {name: np.mean(found, axis=0) for name, found in rows.items()}
    assert ((missed["clustered"] > 0.012) & (missed["clustered"] < 0.095)).all(), (
        missed
    )  # three standard errors
    assert (missed["one variance"] < 0.012).any() or (missed["one variance"] > 0.095).any()
