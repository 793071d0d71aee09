"""Kenward and Roger's errors against pbkrtest (`tests/reference/kenward_roger`), closed forms and full matrices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.mixed.clustered import clustered
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments

FOLDER = Path(__file__).parents[2] / "reference" / "kenward_roger"
CASES = json.loads((FOLDER / "kenward_roger.json").read_text(encoding="utf-8"))
TERMS = ["estimate", "std_error", "df", "statistic", "p_value"]


def case_name(case):
    return f"{case['data']}: {case['formula']}"


@pytest.fixture
def frame_of(case):
    return pd.read_csv(FOLDER / f"{case['data']}.csv")


def close(found, expected, rtol=1e-6, atol=1e-9):
    found, expected = (np.asarray(values, dtype=float) for values in (found, expected))
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_coefficients_agree_with_pbkrtest(case, frame_of):
    fit = fit_mixed(case["formula"], frame_of, df="kenward-roger")
    expected, found = case["coefficients"], fit.coefficients
    close(found["std_error"], expected["Std. Error"])
    close(found["df"], expected["df"])
    close(found["statistic"], expected["t value"], atol=1e-7)
    close(found["p_value"], expected["Pr(>|t|)"], rtol=1e-5, atol=1e-12)
    vcov = np.array(case["vcov"])
    close(fit.vcov, vcov, atol=1e-6 * np.abs(vcov).max())


@pytest.mark.parametrize("case", [case for case in CASES if "factor" in case], ids=case_name)
def test_means_and_their_joint_test_agree_with_emmeans_and_pbkrtest(case, frame_of):
    fit = fit_mixed(case["formula"], frame_of, df="kenward-roger")
    name = case["factor"]
    for found, expected in (
        (fit.marginal_means(name), case["means"]),
        (fit.contrasts(name, against="pairwise", adjust="none"), case["pairwise"]),
    ):
        close(found["std_error"], expected["SE"])
        close(found["df"], expected["df"])
        close(found["conf_low"], expected["lower.CL"], atol=1e-7)
        close(found["conf_high"], expected["upper.CL"], atol=1e-7)
    for fitted, expected in (
        (fit, case["joint"]),
        (fit_mixed(case["formula"], frame_of), case["joint_satterthwaite"]),
    ):
        row = fitted.joint_test(name).iloc[0]
        assert (row["term"], row["numerator_df"]) == (name, expected["ndf"])
        rtol = 1e-6 if fitted is fit else 1e-3  # lmerTest differentiates numerically
        close(row["df"], expected["ddf"], rtol=rtol)
        close(row["statistic"], expected["Fstat"], rtol=1e-5)
        close(row["p_value"], expected["p.value"], rtol=10 * rtol)


def by_full_matrices(frame, fit):
    """Kenward and Roger's covariance and the df of each coefficient, session by session and patient by patient."""
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["a"] == "v", frame["a"] == "w"]).astype(float)
    same = (frame["patient_id"].to_numpy()[:, None] == frame["patient_id"].to_numpy()).astype(float)
    tau, sigma = fit.variances["variance"]
    parts = [same, np.eye(len(frame))]
    inverse = np.linalg.inv(tau * same + sigma * parts[1])
    phi = np.linalg.inv(x.T @ inverse @ x)
    hat = inverse - inverse @ x @ phi @ x.T @ inverse
    spread = 2 * np.linalg.inv([[np.trace(hat @ a @ hat @ b) for b in parts] for a in parts])
    p = [-x.T @ inverse @ a @ inverse @ x for a in parts]
    inner = sum(
        spread[i, j] * (x.T @ inverse @ parts[i] @ inverse @ parts[j] @ inverse @ x - p[i] @ phi @ p[j])
        for i in range(2)
        for j in range(2)
    )
    slopes = np.array([np.diag(phi @ each @ phi) for each in p])
    return phi + 2 * phi @ inner @ phi, 2 * np.diag(phi) ** 2 / np.einsum(
        "ik,ij,jk->k", slopes, spread, slopes
    )


def test_errors_are_those_of_full_matrices(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame, df="kenward-roger")
    covariance, df = by_full_matrices(frame, fit)
    close(fit.vcov, covariance, rtol=1e-8)
    close(fit.coefficients["df"], df, rtol=1e-8)


def test_a_balanced_comparison_of_patients_is_the_t_test_of_their_means(rng):
    """Nothing to correct, and as many degrees of freedom as patients allow."""
    person = np.repeat(np.arange(16), 3)
    frame = pd.DataFrame({"patient_id": person, "arm": np.where(person < 8, "a", "b")})
    frame["y"] = 2 * rng.normal(size=16)[person] + rng.normal(size=48)
    fit = fit_mixed("y ~ arm + (1 | patient_id)", frame, df="kenward-roger")
    means = frame.groupby(["arm", "patient_id"])["y"].mean()
    test = stats.ttest_ind(means["b"], means["a"])
    row = fit.coefficients.iloc[1]
    assert row[["statistic", "df", "p_value"]].tolist() == pytest.approx([test.statistic, 14, test.pvalue])
    joint = fit.joint_test("arm").iloc[0]
    assert joint[["statistic", "df", "p_value"]].tolist() == pytest.approx(
        [test.statistic**2, 14, test.pvalue]
    )


def test_one_session_per_patient_is_least_squares(rng):
    frame = pd.DataFrame({"patient_id": range(20), "x": rng.normal(size=20), "y": rng.normal(size=20)})
    row = fit_mixed("y ~ x + (1 | patient_id)", frame, df="kenward-roger").coefficients.iloc[1]
    line = stats.linregress(frame["x"], frame["y"])
    assert row[["std_error", "df", "p_value"]].tolist() == pytest.approx([line.stderr, 18, line.pvalue])


@pytest.mark.parametrize("clinics", [lambda g: g * 0, lambda g: g], ids=["one clinic", "a clinic each"])
def test_clinics_that_cannot_be_told_are_left_out(frame, clinics):
    told = frame.assign(clinic=clinics(frame["patient_id"].astype("category").cat.codes))
    nested = fit_mixed("y ~ x + (1 | clinic/patient_id)", told, df="kenward-roger")
    alone = fit_mixed("y ~ x + (1 | patient_id)", frame, df="kenward-roger")
    close(nested.coefficients[TERMS], alone.coefficients[TERMS], rtol=1e-8)


def test_pooled_halves_and_any_unit_give_the_whole(frame):
    formula = "y ~ x + a + (1 | patient_id)"
    whole = fit_mixed(formula, frame, df="kenward-roger")
    first = frame["patient_id"] < "p3"
    pooled = reduce_moments(formula, frame[first]) + reduce_moments(formula, frame[~first])
    close(pooled.fit(df="kenward-roger").coefficients[TERMS], whole.coefficients[TERMS], rtol=1e-9)
    in_other_units = fit_mixed(
        formula, frame.assign(y=1e6 * frame["y"], x=frame["x"] / 1e4), df="kenward-roger"
    )
    close(in_other_units.coefficients["df"], whole.coefficients["df"], rtol=1e-9)
    close(in_other_units.joint_test("a")["p_value"], whole.joint_test("a")["p_value"], rtol=1e-8)


def test_a_mean_at_its_own_average_keeps_the_errors_asked_for(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame, df="kenward-roger")
    without = fit_mixed("y ~ a + (1 | patient_id)", frame, df="kenward-roger")
    pd.testing.assert_frame_equal(fit.marginal_means("a", baseline_error=True), without.marginal_means("a"))
    assert "Kenward–Roger degrees of freedom" in str(fit)


def test_what_has_no_errors_has_none_by_any_road(frame):
    one = frame[frame["patient_id"] == frame["patient_id"].iloc[0]]
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", one, df="kenward-roger")
    assert fit.coefficients[["std_error", "df", "p_value"]].isna().all(axis=None)
    joint = fit.joint_test("a").iloc[0]
    assert np.isnan(joint["p_value"])
    assert joint["note"] == fit.coefficients["note"].iloc[0]


def test_where_it_is_not_offered_it_says_so(frame):
    formula = "y ~ x + a + (1 | patient_id)"
    with pytest.raises(EstimationError, match="REML fit"):
        fit_mixed(formula, frame, method="ML", df="kenward-roger")
    with pytest.raises(EstimationError, match="'satterthwaite' or 'kenward-roger'"):
        fit_mixed(formula, frame, df="residual")
    with pytest.raises(EstimationError, match="not tested together"):
        clustered(fit_mixed(formula, frame), frame).joint_test("a")
