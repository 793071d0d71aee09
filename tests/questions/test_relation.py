"""The relation of the two readings against R (tests/reference/relation), closed forms, and simulated truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import prediction, relation
from outcomes.words import TOO_FEW

HERE = Path(__file__).parents[1] / "reference" / "relation"


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((HERE / "relation.json").read_text())


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "two_readings.csv").astype(float)
    named = frame.rename(columns={"pre": "pain_pre", "post": "pain_post", "later": "pain_48h"})
    return named.assign(
        patient_id=frame["patient"].astype(int).astype("str"), condition="neck_pain", session_number=1
    )


@pytest.fixture(scope="module")
def null() -> pd.DataFrame:
    return oc.simulate_sessions(4000, seed=3, scenario="null")[0]


@pytest.mark.parametrize(("quantity", "key"), [("plain", "plain"), ("at equal baseline", "equal")])
def test_correlation_within_patients_is_that_of_an_analysis_of_covariance(sessions, reference, quantity, key):
    row = relation.correlation(sessions).set_index("quantity").loc[quantity]
    expected = reference[key]
    assert row[["correlation", "df", "conf_low", "conf_high"]].tolist() == pytest.approx(expected, rel=1e-9)
    assert (row["patients"], row["sessions"]) == (12, 48)


def test_slopes_within_and_between_are_lme4s(sessions, reference):
    slopes = relation.within_between_slopes(sessions).set_index("part")
    for part, key in (
        ("within patients", "within"),
        ("between patients", "between"),
        ("all sessions", "all"),
    ):
        estimate, error, df, _, p = reference[key]
        assert slopes.loc[part, ["estimate", "std_error"]].tolist() == pytest.approx(
            [estimate, error], rel=1e-5
        )
        assert slopes.loc[part, "df"] == pytest.approx(df, rel=1e-3)
        assert slopes.loc[part, "p_value"] == pytest.approx(p, rel=1e-3)


def test_with_no_effect_the_slopes_are_near_their_benchmarks(null):
    slopes = relation.within_between_slopes(null).set_index("part")
    within, everything = slopes.loc["within patients"], slopes.loc["all sessions"]
    assert everything["estimate"] == pytest.approx(everything["null_benchmark"], abs=0.05)
    assert within["estimate"] == pytest.approx(within["null_benchmark"], abs=0.05)
    close = relation.correlation(null).set_index("quantity")
    assert close.loc["plain", "correlation"] == pytest.approx(close.loc["plain", "null_benchmark"], abs=0.05)


def test_relief_that_lasts_is_related_more_closely_than_no_effect_would(null):
    rng = np.random.default_rng(5)
    helped = rng.integers(0, 4, len(null)).astype(float)
    lasting = null.assign(
        **{name: (null[name].astype(float) - helped).clip(0, 10) for name in ("pain_post", "pain_48h")}
    )
    slope = relation.within_between_slopes(lasting).set_index("part").loc["within patients"]
    assert slope["conf_low"] > slope["null_benchmark"]
    assert "goes with more later relief than that" in " ".join(
        relation.within_between_sentences(relation.within_between_slopes(lasting))
    )


def test_nothing_recorded_and_too_few_are_answers(sessions):
    absent = sessions.assign(pain_post=np.nan)
    few = sessions[sessions["patient"] < 4]
    for table, note in ((absent, "not recorded"), (few, "too few patients to say")):
        for estimate in (
            relation.within_between_slopes,
            relation.condition_slopes,
            relation.correlation,
            prediction.predicted,
        ):
            found = estimate(table)
            assert set(found["note"]) == {note}, estimate.__name__
            assert found.filter(["estimate", "correlation"]).isna().all(axis=None)
        said = [
            *relation.within_between_sentences(relation.within_between_slopes(table)),
            *relation.slope_sentences(relation.condition_slopes(table)),
            *relation.correlation_sentences(relation.correlation(table)),
            *prediction.predicted_sentences(prediction.predicted(table)),
        ]
        assert len(said) == 4
        assert all(note in sentence.lower() for sentence in said)


def test_the_input_is_not_changed(sessions):
    before = sessions.copy(deep=True)
    relation.within_between_slopes(sessions)
    prediction.predicted(sessions, folds=3)
    pd.testing.assert_frame_equal(sessions, before)


def test_the_relation_of_the_readings_is_the_models_slope(clinic) -> None:
    found = relation.immediate_to_two_day(clinic)
    fit = oc.fit_mixed("pain_relief_48h ~ pain_relief_post + pain_pre + (1 | patient_id)", clinic)
    slope = fit.coefficients.set_index("term").loc["pain_relief_post", "estimate"]
    assert found["slope"].tolist() == pytest.approx([slope] * len(found))
    steps = np.diff(found["line"]) / np.diff(found["relief_post"])
    assert steps == pytest.approx(slope)
    told = found[found["estimate"].notna()]
    assert (told["estimate"] - told["line"]).abs().max() < 4 * told[
        "std_error"
    ].max()  # dots at the line's baseline
    both = oc.with_outcomes(clinic, ["pain_relief_post", "pain_relief_48h"])
    both = both.dropna(subset=["pain_relief_post", "pain_relief_48h"])
    bins = both["pain_relief_post"].clip(-3, 6).astype(int).astype(str)
    kept = both.assign(bin=bins)[bins.isin(told["relief_post"].astype(int).astype(str))]
    means = oc.fit_mixed("pain_relief_48h ~ bin + pain_pre + (1 | patient_id)", kept).marginal_means("bin")
    expected = means.assign(at=means["bin"].astype(float)).sort_values("at")["estimate"]
    assert told["estimate"].tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    nothing = relation.immediate_to_two_day(clinic.assign(pain_48h=np.nan))
    assert nothing["note"].tolist() == [TOO_FEW]


@pytest.fixture(scope="module")
def clinic() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(300, seed=4)[0])


@pytest.mark.parametrize("alike", ["pain_pre", "pain_relief_post"])
def test_what_never_varies_has_no_slope_and_ends_no_page(alike, clinic) -> None:
    """The same pain before every session, or the same relief right after."""
    same = {"pain_pre": 6.0} if alike == "pain_pre" else {"pain_pre": 6.0, "pain_post": 4.0}
    binned = relation.immediate_to_two_day(clinic.assign(**same))
    if alike == "pain_pre":
        assert binned["slope"].notna().all()
    else:
        assert binned["note"].tolist() == ["no estimate: too little variation of relief right after"]
