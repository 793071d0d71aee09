"""The two-part soreness model against R's survreg and statsmodels' GEE, and against known truth.

Reference values: ``tests/reference/survival/model.csv``; why its errors of interval-censored sets are not
survreg's own is said in the script there.
"""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.survival.test_curves import FOLDER, interval_sessions, licorice
from outcomes.errors import EstimationError, FormulaError
from outcomes.models.survival.two_part import soreness_model

COLUMNS = ["term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "note"]


def sessions_of(case: str, request: pytest.FixtureRequest) -> pd.DataFrame:
    if case == "licorice":
        return licorice(request.getfixturevalue("shared_real"))
    frame = interval_sessions()
    if case == "without_intervals":
        return frame[frame["soreness_free_h"].isna() | (frame["soreness_h"] == 0)]
    return frame


@pytest.mark.parametrize("case", ["intervals", "without_intervals", "licorice"])
def test_durations_are_those_of_survreg(case, request):
    model = soreness_model("twitch_count + condition", sessions_of(case, request))
    theirs = pd.read_csv(FOLDER / "model.csv").query("case == @case and part == 'duration'")
    coefficients = theirs[theirs["term"] != "Log(scale)"]
    for name in ("estimate", "std_error", "statistic", "p_value"):
        np.testing.assert_allclose(model.duration[name], coefficients[name], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(model.scale, theirs["scale"].iloc[0], rtol=1e-7)
    np.testing.assert_allclose(model.log_likelihood, theirs["log_likelihood"].iloc[0], rtol=1e-9)
    assert model.n_sore == theirs["sessions"].iloc[0]


@pytest.mark.parametrize("case", ["intervals", "licorice"])
def test_any_soreness_is_that_of_a_clustered_logistic_regression(case, request):
    model = soreness_model("twitch_count + condition", sessions_of(case, request))
    theirs = pd.read_csv(FOLDER / "model.csv").query("case == @case and part == 'any_soreness'")
    np.testing.assert_allclose(model.any_soreness["estimate"], theirs["estimate"], rtol=1e-7)
    np.testing.assert_allclose(model.any_soreness["std_error"], theirs["std_error"], rtol=1e-7)


def test_any_soreness_is_statsmodels_gee_with_independence():
    import statsmodels.api as sm

    frame = interval_sessions()
    sore = ((frame["soreness_h"] > 0) | frame["soreness_free_h"].notna() | frame["soreness_ongoing"]).astype(
        float
    )
    x = np.column_stack([np.ones(len(frame)), frame["twitch_count"], frame["condition"] == "b"]).astype(float)
    gee = sm.GEE(
        sore.to_numpy(), x, groups=frame["patient_id"].to_numpy(), family=sm.families.Binomial()
    ).fit(ctol=1e-12)
    ours = soreness_model("twitch_count + condition", frame).any_soreness
    np.testing.assert_allclose(ours["estimate"], gee.params, rtol=1e-7)
    np.testing.assert_allclose(ours["std_error"], gee.bse, rtol=1e-7)


def made(n: int, seed: int, *, patients: int = 400) -> pd.DataFrame:
    """Sessions with a twitch effect of 0.06 and an insertion effect of 0.02 on log hours, rounded into intervals."""
    rng = np.random.default_rng(seed)
    insertions = 1 + rng.poisson(8, n)
    twitches = rng.binomial(insertions, 0.4)
    person = rng.integers(0, patients, n)
    own = rng.normal(0, 0.3, patients)
    log_hours = 2.3 + 0.06 * twitches + 0.02 * insertions + own[person] + rng.normal(0, 0.5, n)
    hours = np.exp(log_hours)
    edges = np.array([0, 6, 12, 24, 36, 48, np.inf])
    at = np.searchsorted(edges, hours) - 1
    never = rng.random(n) < 0.1
    return pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in person],
            "twitch_count": twitches,
            "insertion_count": insertions,
            "soreness_h": np.where(never, 0.0, edges[at]),
            "soreness_ongoing": (at == 5) & ~never,
            "soreness_free_h": np.where(never | (at == 5), np.nan, edges[at + 1]),
        }
    )


def test_true_effect_is_recovered_from_intervals_and_not_by_midpoints():
    frame = made(6000, 3)
    model = soreness_model("twitch_count + insertion_count", frame)
    row = model.duration.set_index("term").loc["twitch_count"]
    assert abs(row["estimate"] - 0.06) < 3 * row["std_error"]
    assert row["std_error"] < 0.01
    without = soreness_model("twitch_count", frame).duration.set_index("term").loc["twitch_count"]
    assert without["estimate"] > 0.06 + 3 * without["std_error"]


@pytest.mark.parametrize("studies", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_clustered_interval_covers_the_true_effect(studies):
    covered = [
        row["conf_low"] <= 0.06 <= row["conf_high"]
        for seed in range(studies)
        for row in [
            soreness_model("twitch_count + insertion_count", made(500, seed, patients=100)).duration.iloc[1]
        ]
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / studies))


def test_units_and_order_do_not_matter():
    frame = made(500, 1)
    base = soreness_model("twitch_count + insertion_count", frame).duration
    far = frame.assign(insertion_count=1e6 + frame["insertion_count"] / 1000).sample(frac=1, random_state=0)
    moved = soreness_model("twitch_count + insertion_count", far).duration
    np.testing.assert_allclose(moved["estimate"].iloc[1], base["estimate"].iloc[1], rtol=1e-7)
    np.testing.assert_allclose(moved["estimate"].iloc[2] / 1000, base["estimate"].iloc[2], rtol=1e-6)
    np.testing.assert_allclose(moved["std_error"].iloc[1], base["std_error"].iloc[1], rtol=1e-7)


def test_days_instead_of_hours_shift_the_intercept_alone():
    frame = made(500, 1)
    days = frame.assign(soreness_h=frame["soreness_h"] / 24, soreness_free_h=frame["soreness_free_h"] / 24)
    a, b = (soreness_model("twitch_count", t).duration["estimate"] for t in (frame, days))
    assert a[0] - b[0] == pytest.approx(np.log(24), rel=1e-9)
    assert a[1] == pytest.approx(b[1], rel=1e-8)


def test_pandas_and_duckdb_agree():
    frame = interval_sessions()
    a = soreness_model("twitch_count * condition", frame)
    b = soreness_model("twitch_count * condition", ibis.memtable(pa.Table.from_pandas(frame)))
    pd.testing.assert_frame_equal(a.duration, b.duration, rtol=1e-12)
    pd.testing.assert_frame_equal(a.any_soreness, b.any_soreness, rtol=1e-12)


def test_survival_falls_from_one_and_agrees_with_the_share_observed():
    frame = made(6000, 5)
    model = soreness_model("1", frame)
    curve = model.survival([0, 6, 24, 48], pd.DataFrame({"any": [1]}))
    assert curve["still_sore"].iloc[0] == 1
    assert (curve["conf_low"] <= curve["still_sore"]).all()
    assert (curve["still_sore"] <= curve["conf_high"]).all()
    sore = frame[(frame["soreness_h"] > 0) | frame["soreness_free_h"].notna()]
    for hour, share in zip((6, 24, 48), curve["still_sore"][1:], strict=True):
        assert share == pytest.approx((sore["soreness_h"] >= hour).mean(), abs=0.03)


def test_survival_limits_are_those_of_the_intercept_for_one_level():
    frame = made(300, 2)
    model = soreness_model("twitch_count", frame)
    again = model.survival(24.0, frame[["twitch_count"]].iloc[:3])
    assert again.columns.tolist() == [
        "twitch_count",
        "time_h",
        "still_sore",
        "std_error",
        "conf_low",
        "conf_high",
        "note",
    ]
    assert len(again) == 3


def test_a_level_all_censored_is_a_row_without_an_estimate():
    frame = made(300, 4).assign(condition="a")
    frame.loc[:20, "condition"] = "b"
    frame.loc[:20, ["soreness_h", "soreness_ongoing", "soreness_free_h"]] = [30.0, True, np.nan]
    model = soreness_model("twitch_count + condition", frame)
    rows = model.duration.set_index("term")
    assert np.isnan(rows.loc["condition[T.b]", "estimate"])
    assert "not estimable" in rows.loc["condition[T.b]", "note"]
    assert rows.loc["twitch_count", "std_error"] > 0
    assert np.isnan(model.any_soreness.set_index("term").loc["condition[T.b]", "estimate"])


def test_aliased_terms_are_missing_and_named():
    frame = made(300, 4)
    rows = soreness_model("twitch_count + I(2 * twitch_count) + insertion_count", frame).duration
    assert rows["note"].str.contains("aliased").tolist() == [False, False, True, False]
    same = soreness_model("twitch_count + insertion_count", frame).duration
    np.testing.assert_allclose(rows["estimate"].iloc[[0, 1, 3]], same["estimate"], rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "part", "word"),
    [
        ({"soreness_h": 0.0, "soreness_free_h": np.nan, "soreness_ongoing": False}, "duration", "no session"),
        ({"soreness_h": 5.0, "soreness_free_h": np.nan, "soreness_ongoing": True}, "duration", "censored"),
        ({"soreness_h": 5.0, "soreness_free_h": np.nan, "soreness_ongoing": False}, "duration", "alike"),
        (
            {"soreness_h": 5.0, "soreness_free_h": np.nan, "soreness_ongoing": False},
            "any_soreness",
            "every session",
        ),
    ],
)
def test_what_cannot_be_estimated_is_missing_with_a_reason(change, part, word):
    model = soreness_model("twitch_count", made(60, 1).assign(**change))
    frame = getattr(model, part)
    assert frame.columns.tolist() == COLUMNS
    assert frame["estimate"].isna().all()
    assert any(word in note for note in model.notes)
    assert (
        model.survival(24, pd.DataFrame({"twitch_count": [1]}))["still_sore"].isna().all()
        or part == "any_soreness"
    )


def test_one_patient_has_estimates_and_no_errors():
    model = soreness_model("twitch_count", made(60, 1).assign(patient_id="p1"))
    assert model.duration["estimate"].notna().all()
    assert model.duration["std_error"].isna().all()
    assert model.duration["note"].str.contains("one patient").all()


def test_sessions_not_asked_are_left_out_and_counted():
    frame = made(200, 1)
    frame.loc[:9, ["soreness_h", "soreness_free_h"]] = np.nan
    frame.loc[:9, "soreness_ongoing"] = False
    model = soreness_model("twitch_count", frame)
    assert (model.n_missing, model.n_sessions) == (10, 190)


@pytest.mark.parametrize(
    "formula", ["y ~ x", "twitch_count +", "(1 | patient_id)", "twitches", "center(twitch_count)"]
)
def test_formulas_that_cannot_be_read_say_so(formula):
    with pytest.raises(FormulaError):
        soreness_model(formula, made(60, 1))


def test_impossible_hours_and_unknown_levels_are_refused():
    frame = made(60, 1).assign(condition="a")
    with pytest.raises(EstimationError, match="infinite"):
        soreness_model("twitch_count", frame.assign(twitch_count=np.inf))
    with pytest.raises(EstimationError, match="no session"):
        soreness_model("twitch_count", frame.assign(twitch_count=np.nan))
    model = soreness_model("twitch_count + C(condition)", frame)
    with pytest.raises(EstimationError, match="'z'"):
        model.survival(24, pd.DataFrame({"twitch_count": [1], "condition": ["z"]}))
    with pytest.raises(EstimationError, match="lacks"):
        model.survival(24, pd.DataFrame({"twitch_count": [1]}))


def test_patients_are_counted_whatever_numbers_they_go_by():
    frame = made(60, 1)
    people = pd.factorize(frame["patient_id"])[0]
    named, numbered = (
        soreness_model("twitch_count", frame.assign(patient_id=ids))
        for ids in (frame["patient_id"], people * 2)
    )
    assert named.n_patients == numbered.n_patients == len(set(people))
    assert named.n_sore_patients == numbered.n_sore_patients <= named.n_patients
