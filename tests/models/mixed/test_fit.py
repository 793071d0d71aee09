"""Mixed models: a closed form, what a fit says at the edges, groupings by any name, and its size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"


# --- closed forms ---


def test_one_session_per_patient_is_least_squares(rng):
    n = 40
    frame = pd.DataFrame({"g": np.arange(n), "x": rng.normal(size=n), "y": rng.normal(size=n)})
    fit = fit_mixed("y ~ x + (1 | g)", frame)
    line = stats.linregress(frame["x"], frame["y"])
    slope = fit.coefficients.iloc[1]
    assert slope["estimate"] == pytest.approx(line.slope, rel=1e-10)
    assert slope["std_error"] == pytest.approx(line.stderr, rel=1e-10)
    assert slope["df"] == pytest.approx(n - 2)
    assert slope["p_value"] == pytest.approx(line.pvalue, rel=1e-9)
    assert any("one session per group" in note for note in fit.notes)
    assert np.isnan(fit.variance_components["variance"].iloc[0])


# --- what a fit rests on, and its frames ---


def test_reference_level_can_be_chosen(frame):
    fit = fit_mixed("y ~ C(a, contr.treatment('v')) + (1 | patient_id)", frame)
    means = fit.marginal_means("a").set_index("a")["estimate"]
    first = fit.coefficients.set_index("term")["estimate"]["C(a, contr.treatment('v'))[T.u]"]
    assert first == pytest.approx(means["u"] - means["v"])
    with pytest.raises(FormulaError, match="reference"):
        fit_mixed("y ~ C(a, contr.treatment('none')) + (1 | patient_id)", frame)


def test_booleans_are_factors_and_may_be_the_response(frame):
    frame = frame.assign(flag=frame["x"] > 0, better=frame["y"] > 1)
    fit = fit_mixed("better ~ flag + (1 | patient_id)", frame)
    assert fit.coefficients["term"].tolist() == ["Intercept", "flag[T.True]"]
    numbers = fit_mixed(
        "better ~ flag + (1 | patient_id)", frame.assign(better=frame["better"].astype(float))
    )
    pd.testing.assert_frame_equal(fit.coefficients, numbers.coefficients)


# --- edges ---


@pytest.mark.parametrize(
    ("formula", "changes", "reason"),
    [
        ("y ~ x + (1 | patient_id)", {"patient_id": "p"}, "one patient"),
        ("y ~ x + (1 | patient_id)", {"y": 4.0}, "perfect fit"),
        ("y ~ x + (1 | patient_id)", {"y": "twice x"}, "perfect fit"),
        ("y ~ 1 + (1 | patient_id)", {"y": "per patient"}, "within patients"),
        ("y ~ patient_id + x + (1 | patient_id)", {}, "between patients"),
    ],
)
def test_what_cannot_be_estimated_is_missing_with_a_reason(frame, formula, changes, reason):
    special = {"twice x": 2 * frame["x"] + 1, "per patient": frame["patient_id"].str[1:].astype(float)}
    changed = {name: special.get(value, value) for name, value in changes.items()}
    fit = fit_mixed(formula, frame.assign(**changed))
    for name in ("std_error", "df", "statistic", "p_value", "conf_low", "conf_high"):
        assert fit.coefficients[name].isna().all()
    assert fit.coefficients["note"].str.contains(reason).all()
    assert any(reason in note for note in fit.notes)
    assert str(fit)
    assert fit.vcov.isna().all(axis=None)


def test_fewer_sessions_than_coefficients(frame):
    fit = fit_mixed("y ~ x + (1 | patient_id)", frame.iloc[:2])
    assert fit.coefficients["std_error"].isna().all()
    assert fit.coefficients["note"].str.contains("no residual").all()


def test_perfect_fit_keeps_its_estimates(frame):
    fit = fit_mixed("y ~ x + (1 | patient_id)", frame.assign(y=2 * frame["x"] + 1))
    assert fit.coefficients["estimate"].tolist() == pytest.approx([1, 2])


def test_aliased_terms_are_dropped_and_named(frame):
    fit = fit_mixed("y ~ x + twice + k + (1 | patient_id)", frame.assign(twice=2 * frame["x"] - 1, k=3.7))
    plain = fit_mixed("y ~ x + (1 | patient_id)", frame)
    assert fit.aliased == ("twice", "k")
    pd.testing.assert_frame_equal(fit.coefficients, plain.coefficients)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda d: fit_mixed("y ~ xx + (1 | patient_id)", d), FormulaError, "Did you mean x"),
        (lambda d: fit_mixed("a ~ x + (1 | patient_id)", d), FormulaError, "number"),
        (lambda d: fit_mixed("y ~ I(a * 2) + (1 | patient_id)", d), FormulaError, "number"),
        (lambda d: fit_mixed("y ~ x + (1 | patient_id)", d, method="reml"), EstimationError, "REML"),
        (lambda d: fit_mixed("y ~ x + (1 | patient_id)", d, conf_level=95), EstimationError, "0.95"),
        (lambda d: fit_mixed("y ~ x + (1 | patient_id)", [1, 2]), EstimationError, "list"),
        (lambda d: fit_mixed("y ~ x + (1 | patient_id) + (1 | a)", d), FormulaError, "crossed"),
    ],
)
def test_mistakes_are_told(frame, call, error, says):
    with pytest.raises(error, match=says):
        call(frame)


# --- methods ---


def test_derived_outcomes_need_not_be_in_the_table(rng):
    n = 40
    sessions = pd.DataFrame(
        {
            "patient_id": np.repeat(np.arange(10), 4).astype(str),
            "pain_pre": rng.integers(3, 10, n).astype(float),
            "pain_post": rng.integers(0, 8, n).astype(float),
        }
    )
    fit = fit_mixed("pain_relief_post ~ pain_pre + (1 | patient_id)", sessions)
    by_hand = sessions.assign(relief=sessions["pain_pre"] - sessions["pain_post"])
    expected = fit_mixed("relief ~ pain_pre + (1 | patient_id)", by_hand)
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients)


# --- nested groupings ---


def test_nested_groupings_can_be_written_in_three_ways():
    frame = pd.read_csv(REFERENCE / "made_nested.csv")
    slash = fit_mixed("y ~ x + (1 | clinic/id)", frame)
    for formula in (
        "y ~ x + (1 | clinic) + (1 | clinic:id)",
        "y ~ x + (1 | clinic) + (1 | id)",
        "y ~ x + (1 | id) + (1 | clinic)",
    ):
        other = fit_mixed(formula, frame)
        pd.testing.assert_frame_equal(other.coefficients, slash.coefficients, rtol=1e-9)
        np.testing.assert_allclose(
            other.variance_components["variance"], slash.variance_components["variance"]
        )
        assert other.variance_components["group"].iloc[1] == "clinic"


def test_patients_named_alike_in_two_clinics_are_two_patients():
    frame = pd.read_csv(REFERENCE / "made_nested.csv")
    local = frame.assign(id=frame.groupby("clinic")["id"].transform(lambda ids: pd.factorize(ids)[0]))
    pd.testing.assert_frame_equal(
        fit_mixed("y ~ x + (1 | clinic/id)", local).coefficients,
        fit_mixed("y ~ x + (1 | clinic/id)", frame).coefficients,
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("column", "noun"), [("clinic_id", "clinics"), ("patient_id", "patients"), ("ward", "groups")]
)
def test_groups_are_called_what_they_are(frame, column, noun):
    """A model of clinics must not speak of patients."""
    renamed = frame.rename(columns={"patient_id": column})
    fit = fit_mixed(f"y ~ x + (1 | {column})", renamed)
    assert f"60 sessions of 12 {noun}" in str(fit)
    assert f"60 sessions of 12 {noun}" in repr(fit)
    assert f"between {noun}" in str(fit)
    alone = fit_mixed(f"y ~ x + (1 | {column})", renamed.assign(**{column: "only"}))
    assert any(f"how {noun} differ" in note for note in alone.notes)
    if noun != "patients":
        assert "patient" not in f"{fit}{alone}{fit._repr_html_()}"


# --- scale ---


def test_a_million_patients():
    rng = np.random.default_rng(3)
    m = 1_000_000
    patient = np.repeat(np.arange(m), 2)
    frame = pd.DataFrame({"g": patient, "x": rng.integers(0, 9, 2 * m)})
    frame["y"] = 0.5 * frame["x"] + rng.normal(size=m)[patient] + rng.normal(size=2 * m)
    fit = fit_mixed("y ~ x + (1 | g)", frame)
    assert fit.n_patients == m
    assert fit.coefficients["estimate"].iloc[1] == pytest.approx(
        0.5, abs=5 * fit.coefficients["std_error"].iloc[1]
    )
    assert fit.variance_components["variance"].tolist() == pytest.approx([1, 1], abs=0.01)


def test_same_digits_each_run(frame):
    first, second = (fit_mixed("y ~ x * a + (1 | patient_id)", frame).coefficients for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
