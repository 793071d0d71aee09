"""Designs that bound too little: an estimate has an interval that holds it, or none and the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outcomes.errors import OutcomesError
from outcomes.models.mixed.fit import fit_mixed

NEAR_PERFECT = pd.DataFrame(
    {
        "patient_id": ["p0", "p1", "p1", "p2", "p3", "p4", "p5", "p6", "p7"],
        "group": ["c0"] * 7 + ["c1"] * 2,
        "z": ["z0", "z1", "z1", "z1", "z0", "z1", "z0", "z0", "z0"],
        "x": [
            6.34191659,
            5.84670759,
            3.89811738,
            5.75012507,
            5.28940246,
            8.59329141,
            7.67733705,
            6.25338438,
            5.46259,
        ],
        "y": [
            -0.44912292,
            6.00421133,
            4.34065395,
            0.97904358,
            2.18804259,
            5.83424786,
            2.59006631,
            6.24769634,
            5.9992863,
        ],
    }
)
"""One patient came twice, and a slope takes the difference: 9 sessions with df 7e-8 and limits of 1e146 if believed."""

SIX_ROWS = pd.DataFrame(
    {"patient_id": list("ABACDA"), "visit": ["V1", "V1", "V2", "V3", "V3", "V4"], "y": [1.0, 2, 3, 4, 5, 6]}
)
"""The restricted likelihood is the same at every ratio of the variances (reported to the R package mmrm)."""


def all_honest(frame: pd.DataFrame, low: str = "conf_low", high: str = "conf_high") -> None:
    """Each row has an interval around its estimate, or a missing one and a note."""
    estimate = frame["estimate"] if "estimate" in frame else frame["variance"]
    note = frame["note"] if "note" in frame else pd.Series("", index=frame.index)
    known = frame[low].notna() & frame[high].notna()
    slack = 1e-9 * (1 + estimate.abs())
    inside = (frame[low] <= estimate + slack) & (estimate - slack <= frame[high])
    assert (inside | ~known).all(), frame.to_string()
    assert (known | (note.fillna("") != "")).all(), frame.to_string()
    if "df" in frame:
        assert (frame["df"].isna() | (frame["df"] >= 1 - 1e-6)).all(), frame.to_string()
        assert (frame["df"].notna() == known).all(), frame.to_string()


@pytest.mark.parametrize("fixed", ["group + x + z", "group + x", "group * z + x"])
def test_a_fit_that_is_perfect_but_for_rounding_has_no_errors(fixed):
    fit = fit_mixed(f"y ~ {fixed} + (1 | patient_id)", NEAR_PERFECT)
    assert fit.coefficients["std_error"].isna().all()
    assert fit.coefficients["note"].str.contains("no variation within patients").all()
    assert fit.coefficients["estimate"].iloc[-1 if fixed != "group + x + z" else 2] == pytest.approx(
        0.8537, rel=0.01
    )
    all_honest(fit.variance_components)


def test_a_flat_likelihood_tells_no_variance():
    fit = fit_mixed("y ~ visit + (1 | patient_id)", SIX_ROWS)
    assert fit.variance_components["variance"].isna().all()
    assert fit.marginal_means("visit")["std_error"].isna().all()
    assert fit.coefficients["note"].str.contains("no degree of freedom is left within patients").all()
    deviances = [fit.likelihood.deviance(np.array([ratio])) for ratio in (0.0, 0.1, 1.0, 10.0)]
    assert np.ptp(deviances) < 1e-9


def nested(sessions: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(40), sessions)
    clinic = patient // 8
    x = rng.normal(size=len(patient))
    y = x + rng.normal(size=5)[clinic] + rng.normal(size=40)[patient] + rng.normal(size=len(patient))
    return pd.DataFrame({"y": y, "x": x, "patient_id": patient, "clinic_id": clinic, "k": clinic.astype(str)})


def test_one_session_per_patient_within_clinics_is_a_model_of_clinics():
    """The patients' variance is part of the residual's, whatever share of it an optimiser would give them."""
    frame = nested(1)
    both, clinics = (fit_mixed(f"y ~ x + (1 | {g})", frame) for g in ("clinic_id/patient_id", "clinic_id"))
    pd.testing.assert_frame_equal(both.coefficients, clinics.coefficients, rtol=1e-9)
    parts = both.variance_components.set_index("group")
    assert np.isnan(parts.loc["patient_id:clinic_id", "variance"])
    alone = clinics.variance_components.set_index("group")
    assert parts.loc["Residual", ["variance", "conf_low", "conf_high"]].tolist() == pytest.approx(
        alone.loc["Residual", ["variance", "conf_low", "conf_high"]].tolist(), rel=1e-6
    )


def test_clinics_in_the_fixed_part_leave_the_clinics_variance_unknown_and_the_rest_alone():
    frame = nested(2)
    both = fit_mixed("y ~ x + k + (1 | clinic_id/patient_id)", frame)
    plain = fit_mixed("y ~ x + k + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(both.coefficients, plain.coefficients, rtol=1e-7)
    assert any("leave nothing between groups of clinic_id" in note for note in both.notes)
    assert np.isnan(both.variances.set_index("group").loc["clinic_id", "variance"])


FAR_OUT = pd.DataFrame(
    {
        "patient_id": [4, 2, 1, 2, 0, 0],
        "clinic_id": [2, 1, 0, 1, 0, 0],
        "x": [-3.0, 2.0, 0.0, 0.0, 0.0, 2.0],
        "y": [6.8, 3.4, 1.7, 3.4, 0.0, 0.0],
        "g": list("vwwuvu"),
    }
)
"""The profile of a variance runs out to where its arithmetic overflows."""
FAR_FOUND = pd.DataFrame(
    {
        "patient_id": [0, 2, 0, 5, 3, 0, 0, 2, 5],
        "clinic_id": [0, 1, 0, 2, 1, 0, 0, 1, 2],
        "x": [-3.4, 0.0, 0.0, 0.0, -5.8, 0.0, -2.7, 0.0, -5.3],
        "y": [0.0, 3.4, 0.0, 8.5, 5.1, 0.0, 0.0, 3.4, 8.5],
        "g": list("uuuuwwvvw"),
    }
)
"""The same, at the very point where it is least."""
NOTHING_LEFT = pd.DataFrame(
    {
        "patient_id": [0, 1, 0, 0],
        "clinic_id": [0, 0, 0, 0],
        "x": [0.0, 0.0, 5.5, 1.0],
        "y": [0.0, 0.001, 11.0, 2.001],
        "g": list("uuuv"),
    }
)
"""At some variances rounding leaves no residual at all."""


@st.composite
def designs(draw):
    """Few sessions of few patients, values whole, rounded, constant or repeated."""
    n = draw(st.integers(2, 14))
    patient = draw(st.lists(st.integers(0, draw(st.integers(0, 6))), min_size=n, max_size=n))
    whole = st.lists(st.integers(-3, 3), min_size=n, max_size=n)
    real = st.lists(
        st.floats(-9, 9).map(lambda v: round(v, draw(st.sampled_from([1, 6])))), min_size=n, max_size=n
    )
    y = np.array(draw(whole | real), dtype=float)
    x = np.array(draw(whole | real), dtype=float)
    how = draw(st.sampled_from(["as drawn", "patients apart", "nearly x"]))
    if how == "patients apart":
        y = np.array(patient) * 1.7 + draw(st.sampled_from([0.0, 1e-9, 1e-3])) * y
    if how == "nearly x":
        y = 2 * x + draw(st.sampled_from([0.0, 1e-9, 1e-3])) * y
    g = draw(st.lists(st.sampled_from("uvw"), min_size=n, max_size=n))
    return pd.DataFrame({"patient_id": patient, "clinic_id": np.array(patient) // 2, "x": x, "y": y, "g": g})


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    designs(),
    st.sampled_from(["1", "x", "g", "g + x", "0 + g:x", "g * x"]),
    st.sampled_from(["patient_id", "clinic_id/patient_id"]),
    st.sampled_from(["REML", "ML"]),
)
@example(FAR_OUT, "g + x", "clinic_id/patient_id", "REML")
@example(NOTHING_LEFT, "g + x", "patient_id", "REML")
@example(FAR_FOUND, "g * x", "clinic_id/patient_id", "REML")
def test_no_interval_excludes_its_estimate(frame, fixed, groups, method):
    try:
        fit = fit_mixed(f"y ~ {fixed} + (1 | {groups})", frame, method=method)
    except OutcomesError:
        return
    all_honest(fit.coefficients)
    all_honest(fit.variance_components)
    if "g" in fixed:
        all_honest(fit.marginal_means("g"))
        all_honest(fit.contrasts("g", "pairwise"))
    assert str(fit)


def test_a_variance_without_bound_has_no_limit_and_says_so():
    """It was once bounded by 1e231, found after a minute."""
    found = fit_mixed("y ~ g + x + (1 | clinic_id/patient_id)", FAR_OUT).variance_components.iloc[0]
    assert np.isnan(found["conf_high"])
    assert "do not bound it" in found["note"]


def test_as_many_coefficients_as_sessions_is_said_as_such():
    frame = pd.DataFrame(
        {"patient_id": [1, 1, 2], "x": [0.0, 1.0, 3.0], "z": [1.0, 0.0, 0.5], "y": [1.0, 2.0, 4.0]}
    )
    fit = fit_mixed("y ~ x + z + (1 | patient_id)", frame)
    assert "as many coefficients (3) as sessions (3) leave no residual" in fit.notes
    assert fit.coefficients["std_error"].isna().all()
