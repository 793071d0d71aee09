"""Mixed models: what a fit says at the edges, its smaller methods, and a few closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"
COEFFICIENTS = ["term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]


@pytest.fixture
def frame(rng):
    n, patients = 60, np.repeat(np.arange(12), 5)
    x = rng.normal(size=n)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in patients],
            "x": x,
            "a": rng.choice(list("uvw"), n),
            "y": 1 + x + rng.normal(size=12)[patients] + rng.normal(size=n),
        }
    )


def balanced(rng, patients=9, sessions=4):
    effect = np.repeat(rng.normal(size=patients), sessions)
    return pd.DataFrame(
        {
            "patient_id": np.repeat(np.arange(patients), sessions),
            "y": 3 + effect + rng.normal(size=patients * sessions) / 2,
        }
    )


# --- closed forms ---


def test_balanced_one_way_layout_is_the_analysis_of_variance(rng):
    frame = balanced(rng)
    fit = fit_mixed("y ~ 1 + (1 | patient_id)", frame)
    means = frame.groupby("patient_id")["y"].mean()
    within = frame.groupby("patient_id")["y"].var().mean()
    between = means.var() - within / 4
    row = fit.coefficients.iloc[0]
    assert row["estimate"] == pytest.approx(means.mean(), rel=1e-12)
    assert row["std_error"] == pytest.approx(means.std() / 3, rel=1e-9)
    assert row["df"] == pytest.approx(8, rel=1e-8)
    assert fit.variance_components["variance"].tolist() == pytest.approx([between, within], rel=1e-8)
    assert fit.intraclass_correlation == pytest.approx(between / (between + within), rel=1e-8)


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


def test_boundary_is_least_squares_and_said(rng):
    frame = pd.read_csv(REFERENCE / "made_boundary.csv")
    fit = fit_mixed("y ~ x + (1 | id)", frame)
    line = stats.linregress(frame["x"], frame["y"])
    assert fit.variance_components["variance"].iloc[0] == 0
    assert fit.coefficients["std_error"].iloc[1] == pytest.approx(line.stderr, rel=1e-10)
    assert any("zero" in note for note in fit.notes)


def test_likelihood_is_that_of_the_normal_distribution(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame, method="ML")
    variance, residual = fit.variance_components["variance"]
    same = frame["patient_id"].to_numpy()[:, None] == frame["patient_id"].to_numpy()
    mean = fit.predict(frame)
    density = stats.multivariate_normal(mean, variance * same + residual * np.eye(len(frame))).logpdf(
        frame["y"]
    )
    assert fit.log_likelihood == pytest.approx(density, rel=1e-10)


# --- what a fit rests on, and its frames ---


def test_frames_have_the_promised_columns(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    assert list(fit.coefficients.columns) == COEFFICIENTS
    assert list(fit.variance_components.columns) == ["group", "variance", "std_dev", "conf_low", "conf_high"]
    means = fit.marginal_means("a")
    assert list(means.columns) == [
        "a", "estimate", "std_error", "df", "conf_low", "conf_high", "patients", "sessions",
    ]  # fmt: skip
    assert list(fit.contrasts("a").columns) == ["contrast", *COEFFICIENTS[1:]]
    by_level = frame.groupby("a")["patient_id"]
    assert means["patients"].tolist() == by_level.nunique().tolist()
    assert means["sessions"].tolist() == by_level.size().tolist()
    assert (fit.n_sessions, fit.n_patients, fit.n_missing) == (60, 12, 0)


def test_input_is_never_changed(frame):
    before = frame.copy(deep=True)
    fit_mixed("log(x + 10) ~ a + (1 | patient_id)", frame).predict(frame, "patient")
    pd.testing.assert_frame_equal(frame, before)


def test_missing_values_of_every_kind_leave_their_rows_out(frame):
    holes = frame.assign(
        y=frame["y"].astype("Float64").mask(frame.index == 3),
        x=frame["x"].mask(frame.index == 4),
        a=frame["a"].astype(object).mask(frame.index == 5, None),
        patient_id=frame["patient_id"].mask(frame.index == 6),
    )
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", holes)
    expected = fit_mixed("y ~ x + a + (1 | patient_id)", frame.drop(index=[3, 4, 5, 6]))
    assert fit.n_missing == 4
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


@pytest.mark.parametrize(
    "dtype",
    ["str", "object", "category", "string[pyarrow]", "string[python]"],
)
def test_text_of_every_kind_is_a_factor(frame, dtype):
    fit = fit_mixed("y ~ a + (1 | patient_id)", frame.astype({"a": dtype, "patient_id": dtype}))
    expected = fit_mixed("y ~ a + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["int8", "Int64", "float32", "double[pyarrow]", "int64[pyarrow]", "uint16"])
def test_numbers_of_every_kind_are_numbers(frame, rng, dtype):
    frame = frame.assign(k=rng.integers(0, 9, len(frame)))
    fit = fit_mixed("y ~ k + (1 | patient_id)", frame.astype({"k": dtype}))
    expected = fit_mixed("y ~ k + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


def test_categories_give_the_order_and_empty_ones_drop_out(frame):
    order = pd.CategoricalDtype(["z", "w", "v", "u"], ordered=True)
    fit = fit_mixed("y ~ a + (1 | patient_id)", frame.astype({"a": order}))
    assert fit.coefficients["term"].tolist() == ["Intercept", "a[T.v]", "a[T.u]"]
    assert fit.marginal_means("a")["a"].tolist() == ["w", "v", "u"]
    assert any("z" in note for note in fit.notes)


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


def test_marginal_means_without_records_for_them_are_missing_with_a_note():
    frame = pd.read_csv(REFERENCE / "made_aliased.csv")
    means = fit_mixed("y ~ a * b + (1 | id)", frame).marginal_means("a").set_index("a")
    assert np.isnan(means.loc["w", "estimate"])
    assert "not determined" in means.loc["w", "note"]
    assert np.isfinite(means.loc[["u", "v"], ["estimate", "std_error", "df"]]).all(axis=None)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("column", ["x", "y"])
def test_infinite_values_are_named(frame, column, bad):
    frame.loc[7, column] = bad
    with pytest.raises(EstimationError, match=f"`{column}`"):
        fit_mixed("y ~ x + (1 | patient_id)", frame)


def test_logarithm_of_zero_is_infinite_and_of_less_is_missing(frame):
    frame = frame.assign(k=np.where(np.arange(60) < 3, -1.0, 2.0 + np.arange(60)))
    assert fit_mixed("y ~ log(k) + (1 | patient_id)", frame).n_missing == 3
    frame.loc[9, "k"] = 0.0
    with pytest.raises(EstimationError, match=r"log\(k\)"):
        fit_mixed("y ~ log(k) + (1 | patient_id)", frame)


def test_no_rows_and_no_complete_rows_are_refused(frame):
    with pytest.raises(EstimationError, match="no rows"):
        fit_mixed("y ~ x + (1 | patient_id)", frame.iloc[:0])
    with pytest.raises(EstimationError, match=r"x \(60\)"):
        fit_mixed("y ~ x + (1 | patient_id)", frame.assign(x=np.nan))


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


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: f.marginal_means("x"), "factors are: a"),
        (lambda f: f.marginal_means("nope"), "factors are: a"),
        (lambda f: f.marginal_means("a", at={"q": 1}), "can hold: x"),
        (lambda f: f.marginal_means("a", at={"x": "high"}), "one number"),
        (lambda f: f.contrasts("a", against="nope"), "grand_mean"),
        (lambda f: f.contrasts("a", adjust="bonferroni"), "holm"),
        (lambda f: f.predict(pd.DataFrame({"a": ["u"], "x": [1.0]}), level="clinic"), "population"),
        (lambda f: f.predict(pd.DataFrame({"a": ["q"], "x": [1.0]})), "levels are"),
        (lambda f: f.compare("other"), "another fit"),
    ],
)
def test_mistaken_questions_to_a_fit_are_told(frame, call, says):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    with pytest.raises(EstimationError, match=says):
        call(fit)


# --- methods ---


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


def test_compare_is_the_likelihood_ratio_test(frame):
    small = fit_mixed("y ~ x + (1 | patient_id)", frame, method="ML")
    large = fit_mixed("y ~ x + a + (1 | patient_id)", frame, method="ML")
    row = large.compare(small).iloc[0]
    assert row["df"] == 2
    assert row["statistic"] == pytest.approx(2 * (large.log_likelihood - small.log_likelihood))
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], 2))
    pd.testing.assert_frame_equal(small.compare(large), large.compare(small))


def test_compare_refuses_what_cannot_be_compared(frame):
    small = fit_mixed("y ~ x + (1 | patient_id)", frame)
    with pytest.raises(EstimationError, match='method="ML"'):
        small.compare(fit_mixed("y ~ x + a + (1 | patient_id)", frame))
    with pytest.raises(EstimationError, match="ML"):
        small.compare(fit_mixed("y ~ x + (1 | patient_id)", frame, method="ML"))
    with pytest.raises(EstimationError, match="different records"):
        small.compare(fit_mixed("y ~ x + (1 | patient_id)", frame.iloc[:50]))


def test_predictions_keep_the_index_and_missing_predictors_stay_missing(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    rows = frame.assign(x=frame["x"].mask(frame.index == 2)).iloc[::-1]
    found = fit.predict(rows)
    assert found.index.equals(rows.index)
    assert found.isna().sum() == 1
    assert np.isnan(found.loc[2])


def test_patients_without_a_response_are_predicted_from_their_others_or_as_the_population(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    whole = fit.predict(frame, "patient")
    new = pd.DataFrame({"patient_id": ["p0", "new"], "x": [0.0, 0.0], "a": ["u", "u"], "y": [np.nan, np.nan]})
    found = fit.predict(pd.concat([frame, new], ignore_index=True), "patient")
    np.testing.assert_allclose(found.iloc[:60], whole)
    assert found.iloc[61] == pytest.approx(fit.predict(new).iloc[1])
    shift = (whole - fit.predict(frame))[frame["patient_id"] == "p0"].iloc[0]
    assert found.iloc[60] == pytest.approx(fit.predict(new).iloc[0] + shift)


def test_summary_and_html_say_what_was_fitted(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    for text in (str(fit), fit._repr_html_()):
        for piece in ("60 sessions of 12 patients", "a[T.v]", "patient_id", "Residual"):
            assert piece in text
    assert repr(fit).startswith("<MixedFit")


def test_confidence_level_widens_intervals(frame):
    narrow = fit_mixed("y ~ x + (1 | patient_id)", frame, conf_level=0.8)
    wide = fit_mixed("y ~ x + (1 | patient_id)", frame, conf_level=0.99)
    for name in ("coefficients", "variance_components"):
        a, b = getattr(narrow, name), getattr(wide, name)
        assert ((b["conf_high"] - b["conf_low"]) > (a["conf_high"] - a["conf_low"])).all()
    row = wide.coefficients.iloc[1]
    half = stats.t.ppf(0.995, row["df"]) * row["std_error"]
    assert row["conf_high"] == pytest.approx(row["estimate"] + half)


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


def test_one_clinic_cannot_show_how_clinics_differ(frame):
    fit = fit_mixed("y ~ x + (1 | clinic/patient_id)", frame.assign(clinic="only"))
    plain = fit_mixed("y ~ x + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, plain.coefficients, rtol=1e-9)
    assert fit.variance_components.set_index("group").loc["clinic"].iloc[:4].isna().all()


def test_a_clinic_variance_is_tested_by_compare():
    frame = pd.read_csv(REFERENCE / "made_nested.csv")
    small, large = (fit_mixed(f"y ~ x + (1 | {g})", frame) for g in ("id", "clinic/id"))
    row = large.compare(small).iloc[0]
    assert row["df"] == 1
    assert row["statistic"] >= 0


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


def test_patients_in_batches_are_patients_at_once(frame, monkeypatch):
    whole = reduce_moments("y ~ x * a + (1 | patient_id)", frame)
    monkeypatch.setattr("outcomes.models.mixed.reduce_frame.BATCH_CELLS", 30)
    parts = reduce_moments("y ~ x * a + (1 | patient_id)", frame)
    np.testing.assert_allclose(parts.classes, whole.classes, rtol=1e-12, atol=1e-12)
    assert parts.level_patients == whole.level_patients


def test_same_digits_each_run(frame):
    first, second = (fit_mixed("y ~ x * a + (1 | patient_id)", frame).coefficients for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


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


@pytest.mark.parametrize("groups", ["patient", "clinic/patient"])
def test_one_variance_and_its_interval_are_those_of_all_of_them(groups):
    fit = fit_mixed(f"y ~ x + (1 | {groups})", two_means())
    parts = fit.variance_components
    pd.testing.assert_frame_equal(fit.variances, parts.drop(columns=["conf_low", "conf_high"]))
    for row in parts.to_dict("records"):
        assert fit.variance_interval(row["group"]) == pytest.approx((row["conf_low"], row["conf_high"]))
