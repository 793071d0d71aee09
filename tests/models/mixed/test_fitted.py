"""What a fit answers: comparisons, predictions, summaries, and mistaken questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.mixed.fit import fit_mixed

COEFFICIENTS = ["term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]


def test_likelihood_is_that_of_the_normal_distribution(frame):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame, method="ML")
    variance, residual = fit.variance_components["variance"]
    same = frame["patient_id"].to_numpy()[:, None] == frame["patient_id"].to_numpy()
    mean = fit.predict(frame)
    density = stats.multivariate_normal(mean, variance * same + residual * np.eye(len(frame))).logpdf(
        frame["y"]
    )
    assert fit.log_likelihood == pytest.approx(density, rel=1e-10)


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
    ],
)
def test_mistaken_questions_to_a_fit_are_told(frame, call, says):
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", frame)
    with pytest.raises(EstimationError, match=says):
        call(fit)


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
