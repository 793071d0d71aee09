"""The relation of the two readings against R (tests/reference/relation), closed forms, and simulated truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.chance.variation import Variation
from outcomes.questions import prediction as foretelling
from outcomes.questions import relation

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


def test_shrunken_slopes_are_the_best_linear_predictions(reference):
    slopes, errors = np.array([0.2, 0.5, 0.35, 0.9, 0.1]), np.array([0.1, 0.15, 0.2, 0.12, 0.3])
    shrunk = relation._shrunk(slopes, errors, 0.95)
    assert shrunk["estimate"] == pytest.approx(reference["shrunk"], rel=1e-8)
    assert shrunk["std_error"] == pytest.approx(reference["errors"], rel=1e-8)


def test_slopes_without_spread_are_all_the_common_one():
    slopes, errors = np.array([0.30, 0.31, 0.29, np.nan]), np.full(4, 0.2)
    shrunk = relation._shrunk(slopes, errors, 0.95)
    assert shrunk["estimate"][:3] == pytest.approx([0.3] * 3)
    assert np.isnan(shrunk["estimate"][3])


def test_each_patient_is_foretold_from_the_others(sessions, reference):
    fold = sessions["patient"].to_numpy(int) % 3
    miss = foretelling._missed(sessions.pipe(oc.with_outcomes), fold)["and relief right after"]
    assert miss == pytest.approx(reference["miss"], rel=1e-4, abs=1e-4)


def test_null_slopes_are_the_regression_of_the_readings_covariances():
    v = Variation.published()
    for within, usual in ((False, v.usual_pain_sd**2), (True, 0.0)):
        same = usual + v.flare_sd**2
        reading, later = same + v.reading_error_sd**2, usual + v.flare_correlation_48h * v.flare_sd**2
        before_now = np.array([[reading, same], [same, reading]])
        weights = np.linalg.solve(before_now, [later, later])
        assert relation.null_slope(within=within) == pytest.approx(weights[1])


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
    assert "closer than that" in " ".join(
        relation.within_between_sentences(relation.within_between_slopes(lasting))
    )


def test_foretelling_gains_nothing_from_a_reading_of_noise(null):
    rng = np.random.default_rng(6)
    noise = null.assign(pain_post=rng.integers(0, 11, len(null)).astype(float))
    rows = foretelling.foretold(noise).set_index(["model", "quantity"])
    assert abs(rows.loc[("gain", "share foretold"), "estimate"]) < 0.002
    real = foretelling.foretold(null).set_index(["model", "quantity"])
    assert real.loc[("gain", "share foretold"), "conf_low"] > 0.02


def test_the_split_follows_its_seed_and_not_the_order_of_rows(null):
    some = null[null["patient_id"].isin(null["patient_id"].unique()[:300])]
    first = foretelling.foretold(some, seed=2)
    shuffled = some.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(first, foretelling.foretold(shuffled, seed=2), rtol=1e-9)
    assert not np.isclose(first["estimate"], foretelling.foretold(some, seed=3)["estimate"]).all()


def test_one_fold_is_refused(sessions):
    with pytest.raises(EstimationError, match="at least 2"):
        foretelling.foretold(sessions, folds=1)


def test_nothing_recorded_and_too_few_are_answers(sessions):
    absent = sessions.assign(pain_post=np.nan)
    few = sessions[sessions["patient"] < 4]
    for table, note in ((absent, "not recorded"), (few, "too few patients to say")):
        for estimate in (
            relation.within_between_slopes,
            relation.condition_slopes,
            relation.correlation,
            foretelling.foretold,
        ):
            found = estimate(table)
            assert set(found["note"]) == {note}, estimate.__name__
            assert found.filter(["estimate", "correlation"]).isna().all(axis=None)
        said = [
            *relation.within_between_sentences(relation.within_between_slopes(table)),
            *relation.slope_sentences(relation.condition_slopes(table)),
            *relation.correlation_sentences(relation.correlation(table)),
            *foretelling.foretold_sentences(foretelling.foretold(table)),
        ]
        assert len(said) == 4
        assert all(note in sentence.lower() for sentence in said)


def test_the_input_is_not_changed(sessions):
    before = sessions.copy(deep=True)
    relation.within_between_slopes(sessions)
    foretelling.foretold(sessions, folds=3)
    pd.testing.assert_frame_equal(sessions, before)


def test_slopes_are_held_against_the_slope_of_no_effect():
    rows = pd.DataFrame(
        {
            "condition": ["headache", "neck_pain", "jaw_pain", "other"],
            "patients": [40, 50, 30, 3],
            "estimate": [0.30, 0.60, 0.10, np.nan],
            "conf_low": [0.20, 0.50, 0.00, np.nan],
            "conf_high": [0.40, 0.70, 0.20, np.nan],
            "null_benchmark": 0.31,
            "note": ["", "", "", "too few patients to say"],
        }
    )
    said = relation.slope_sentences(rows)
    assert said[0] == (
        "With no effect at all the slope would be 0.31, because both are readings of the same pain. The relation seen "
        "is closer than that in neck pain; looser than that in jaw pain; not to be told from that in headache."
    )
    assert said[-1] == "Too few patients to say: other complaints."
