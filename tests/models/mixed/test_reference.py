"""Mixed models against lme4, lmerTest and emmeans: `tests/reference/mixed/mixed.R` printed the expected values.

Tolerances: 1e-6 relative for estimates, errors, variances and likelihoods, 1e-3 for degrees of freedom (lmerTest
differentiates numerically). lme4's profile intervals come from a spline through a few points and are compared to
5e-4, and to 4 % for the outer grouping, where a brute-force profile (last test) shows the spline to be off.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.fit import fit_mixed
from outcomes.record.outcomes import with_outcomes

FOLDER = Path(__file__).parents[2] / "reference" / "mixed"
DEMO = json.loads((FOLDER / "demo.json").read_text(encoding="utf-8"))
DEMO_RECORDS = Path(__file__).parents[3] / "data" / "demo_sessions.csv"
CASES = [*json.loads((FOLDER / "mixed.json").read_text(encoding="utf-8")), *DEMO["cases"]]


def case_name(case):
    return f"{case['data']}: {case['formula']} {case['method']}"


@pytest.fixture
def fitted(case, request):
    if case["data"] == "ashar_backpain":
        path = request.getfixturevalue("shared_real") / "ashar_backpain" / "ashar_backpain.csv"
    elif case["data"] == "demo":
        path = DEMO_RECORDS
    else:
        path = FOLDER / f"{case['data']}.csv"
    frame = with_outcomes(pd.read_csv(path), ["pain_relief_post", "pain_relief_48h"])
    return fit_mixed(case["formula"], frame, method=case["method"]), frame


def close(found, expected, rtol=1e-6, atol=1e-9):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
    )


def test_demo_records_are_those_the_reference_was_made_from():
    """What the models read of them, whatever the patients are called and whatever else is recorded."""
    frame = pd.read_csv(DEMO_RECORDS, dtype="str", keep_default_na=False)
    numbered = frame.assign(
        **{name: pd.factorize(frame[name])[0] + 1 for name in ("patient_id", "clinic_id")}
    )
    part = numbered[["patient_id", "clinic_id", "condition", "sex", "pain_pre", "pain_post", "pain_48h"]]
    text = part.to_csv(index=False, header=False, lineterminator="\n")
    found = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert found == DEMO["md5"], "the demo records were made anew: run tests/reference/mixed/mixed.R again"


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_fit_agrees_with_lme4_and_lmertest(case, fitted):
    fit, _ = fitted
    expected, found = case["coefficients"], fit.coefficients
    scale = float(np.max(expected["Std. Error"]))
    close(found["estimate"], expected["Estimate"], atol=1e-7 * scale)
    close(found["std_error"], expected["Std. Error"])
    close(found["df"], expected["df"], rtol=1e-3)
    close(found["statistic"], expected["t value"], atol=1e-7)
    close(found["p_value"], expected["Pr(>|t|)"], rtol=1e-3, atol=1e-12)
    vcov = np.array(case["vcov"])
    close(fit.vcov, vcov, atol=1e-6 * np.abs(vcov).max())
    groups = case["variances"]["group"]
    assert fit.variance_components["group"].tolist() == groups
    variances = case["variances"]["variance"]
    close(fit.variance_components["variance"], variances, atol=1e-8 * sum(variances))
    close(fit.sigma, case["sigma"])
    close([fit.log_likelihood, fit.aic, fit.bic], [case["log_likelihood"], case["aic"], case["bic"]])
    assert (fit.n_sessions, fit.n_patients) == (case["n_sessions"], case["n_patients"])


@pytest.mark.parametrize("case", [case for case in CASES if "factor" in case], ids=case_name)
def test_marginal_means_and_contrasts_agree_with_emmeans(case, fitted):
    fit, _ = fitted
    name, expected = case["factor"], case["means"]
    means = fit.marginal_means(name)
    assert means[name].astype(type(expected[name][0])).tolist() == expected[name]
    close(means["estimate"], expected["emmean"])
    close(means["std_error"], expected["SE"])
    close(means["df"], expected["df"], rtol=1e-3)
    close(means["conf_low"], expected["lower.CL"], rtol=1e-5, atol=1e-6)
    close(means["conf_high"], expected["upper.CL"], rtol=1e-5, atol=1e-6)
    for against, adjust in (("grand_mean", "none"), ("pairwise", "holm")):
        found, expected = fit.contrasts(name, against=against, adjust=adjust), case[against]
        close(found["estimate"], expected["estimate"], atol=1e-6 * min(expected["SE"]))
        close(found["std_error"], expected["SE"])
        close(found["df"], expected["df"], rtol=1e-3)
        close(found["p_value"], expected["p.value"], rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_predictions_of_patients_agree_with_lme4(case, fitted):
    fit, frame = fitted
    complete = frame.dropna(subset=list(fit.moments.formula.columns))
    found = fit.predict(complete, level="patient")
    close(found.iloc[:20], case["blup"][:20])


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.get("intervals", {}).get("low", [None])[0] is not None], ids=case_name
)
def test_profile_intervals_agree_with_lme4(case, fitted):
    fit, _ = fitted
    expected, found = case["intervals"], fit.variance_components
    nested = len(found) == 3
    tolerance = np.where(np.arange(len(found)) == 1, 4e-2, 5e-4) if nested else np.full(len(found), 5e-4)
    for name, side in (("conf_low", "low"), ("conf_high", "high")):
        for limit, wanted, rtol in zip(found[name], expected[side], tolerance, strict=True):
            close(limit, wanted, rtol=rtol, atol=1e-6)


def test_outer_interval_is_the_brute_force_profile():
    """lme4's own deviance function, minimised by optim with the clinic variance held (R 4.2.2, lme4 1.1-31)."""
    fit = fit_mixed("y ~ x + a + (1 | clinic/id)", pd.read_csv(FOLDER / "made_nested.csv"))
    row = fit.variance_components.set_index("group").loc["clinic"]
    close(row["conf_low"], 0.01974465489, rtol=1e-6)


@pytest.mark.parametrize("tilt", ["y ~ x + a + (1 | id)", "y ~ x * a + (1 | id)"])
def test_large_offsets_lose_nothing(tilt):
    frame = pd.read_csv(FOLDER / "made_offset.csv")
    plain = fit_mixed(tilt, frame)
    moved = fit_mixed(tilt, frame.assign(x=frame["x"] + 2.0**20, y=frame["y"] + 2.0**23))
    slopes = plain.coefficients["term"].str.contains("x")
    for name in ("estimate", "std_error", "df", "p_value"):
        close(moved.coefficients.loc[slopes, name], plain.coefficients.loc[slopes, name], rtol=1e-8)
    close(moved.variance_components["variance"], plain.variance_components["variance"], rtol=1e-9)
    close(moved.log_likelihood, plain.log_likelihood, rtol=1e-9)
    close(
        moved.marginal_means("a")["estimate"] - 2.0**23,
        plain.marginal_means("a")["estimate"],
        rtol=1e-8,
        atol=1e-8,
    )
    close(moved.marginal_means("a")["std_error"], plain.marginal_means("a")["std_error"], rtol=1e-8)
