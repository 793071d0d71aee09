"""Soreness curves and summaries against R's survival, and what they do at the edges.

Reference values: ``tests/reference/survival`` (the script, what it printed, the versions). Estimates, errors
and limits agree to 1e-6 relative; interval-censored curves to 1e-5, R's loop having been tightened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import EstimationError
from outcomes.models.survival import curves as survival
from outcomes.models.survival.curves import soreness_curve, soreness_summary
from outcomes.models.survival.events import EventTable, reduce_events
from outcomes.models.survival.turnbull import masses, support_of, turnbull

FOLDER = Path(__file__).parents[2] / "reference" / "survival"
CURVES = pd.read_csv(FOLDER / "curves.csv")
SESSIONS = pd.read_csv(FOLDER / "sessions.csv")
CASES = list(dict.fromkeys(SESSIONS["case"]))
NUMBERS = ["time_h", "at_risk", "resolved", "censored", "still_sore", "std_error", "conf_low", "conf_high"]


def sessions_of(case: str) -> pd.DataFrame:
    return SESSIONS[SESSIONS["case"] == case].reset_index(drop=True)


def reference(name: str, case: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / f"{name}.csv")
    frame = frame[frame["case"] == case]
    return frame.sort_values("condition", kind="stable", ignore_index=True)


def licorice(folder: Path) -> pd.DataFrame:
    """The sore-throat trial as intervals: last visit with pain, first without."""
    raw = pd.read_csv(folder / "licorice_sorethroat" / "licorice_sorethroat.csv")
    visits = ["pacu30min_throatPain", "pacu90min_throatPain", "postOp4hour_throatPain", "pod1am_throatPain"]
    raw = raw.dropna(subset=[*visits, "treat"]).reset_index(drop=True)
    asked = np.array([0.0, 0.5, 1.5, 4.0, 20.0, np.nan])
    last = (raw[visits].gt(0).to_numpy() * np.arange(1, 5)).max(axis=1)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in range(len(raw))],
            "condition": "treat" + raw["treat"].astype(str),
            "twitch_count": raw["intraOp_surgerySize"],
            "soreness_h": asked[last],
            "soreness_ongoing": last == 4,
            "soreness_free_h": np.where(last == 0, np.nan, asked[last + 1]),
        }
    )


@pytest.mark.parametrize("case", CASES)
def test_curve_is_that_of_r(case):
    ours, theirs = soreness_curve(sessions_of(case)), reference("curves", case)
    assert ours["condition"].tolist() == theirs["condition"].tolist()
    np.testing.assert_allclose(ours[NUMBERS], theirs[NUMBERS], rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_median_is_that_of_r(case):
    names = ["median_h", "median_conf_low", "median_conf_high"]
    np.testing.assert_allclose(
        soreness_summary(sessions_of(case))[names], reference("medians", case)[names], rtol=1e-8
    )


@pytest.mark.parametrize("case", sorted(set(pd.read_csv(FOLDER / "means.csv")["case"])))
def test_restricted_mean_is_that_of_r_with_its_clustered_error(case):
    theirs = reference("means", case)
    ours = soreness_summary(sessions_of(case)).set_index("condition").loc[theirs["condition"]]
    np.testing.assert_allclose(ours["restricted_mean_48h"], theirs["restricted_mean_48h"], rtol=1e-8)
    high = np.minimum(theirs["restricted_mean_48h"] + 1.959963984540054 * theirs["std_error"], 48)
    np.testing.assert_allclose(ours["restricted_mean_48h_conf_high"], high, rtol=1e-8, atol=1e-12)


def interval_sessions() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "intervals.csv")


@pytest.mark.parametrize("case", ["intervals", "licorice"])
def test_interval_censored_curve_is_that_of_r(case, request):
    made = interval_sessions() if case == "intervals" else licorice(request.getfixturevalue("shared_real"))
    table = reduce_events(made, "condition")
    theirs = reference("turnbull", case)
    for name, curve in zip(table.groups["condition"], survival._curves(table), strict=True):
        rows = theirs[theirs["condition"] == name]
        ours = [curve.at(hour).estimate for hour in rows["time_h"]]
        np.testing.assert_allclose(ours, rows["still_sore"], rtol=1e-5, atol=1e-6)


def test_interval_censored_masses_meet_the_conditions_of_a_maximum():
    table = reduce_events(interval_sessions(), None)
    lower, upper = table.cells["lower_h"].to_numpy(), table.cells["upper_h"].to_numpy()
    count = table.cells["sessions"].to_numpy(dtype=float)
    support = support_of(lower, upper)
    mass, _ = masses(support, count)
    covers = (lower[:, None] <= support.start_h) & (support.end_h <= upper[:, None])
    exact = lower == upper
    covers[exact] = (support.start_h == lower[exact, None]) & (support.end_h == lower[exact, None])
    covers[~exact] &= ~(
        (support.start_h == support.end_h) & (support.start_h == lower[~exact, None])
    )  # (a, b] leaves a out
    slope = (count / (covers @ mass)) @ covers / count.sum()
    assert slope.max() < 1 + 1e-10
    np.testing.assert_allclose(slope[mass > 0], 1.0, atol=1e-10)
    assert mass.sum() == pytest.approx(1.0, abs=1e-14)


def test_turnbull_on_right_censored_hours_is_kaplan_meier_with_its_clustered_error(monkeypatch):
    table = reduce_events(sessions_of("hourly"), "condition")
    usual = survival._curves(table)
    monkeypatch.setattr(
        survival,
        "kaplan_meier",
        lambda hour, event, count, pairs: turnbull(hour, np.where(event, hour, np.inf), count, pairs),
    )
    for a, b in zip(usual, survival._curves(table), strict=True):
        for name in ("time_h", "from_h", "at_risk", "resolved", "censored", "still_sore", "std_error"):
            np.testing.assert_allclose(getattr(b, name), getattr(a, name), rtol=1e-9, atol=1e-11)
        for hour in (24.0, 48.0):
            assert b.at(hour).std_error == pytest.approx(a.at(hour).std_error, rel=1e-9)
        assert b.restricted_mean(48).estimate == pytest.approx(a.restricted_mean(48).estimate, rel=1e-9)
        assert b.restricted_mean(48).std_error == pytest.approx(a.restricted_mean(48).std_error, rel=1e-9)
        assert b.median().estimate == pytest.approx(survival._half_time(a, a.still_sore), rel=1e-9)


HOURS = (
    "24, 54+ 45+ 54+, 40+, 0 0 39 48, 48 44+ 44+ 24, 24+ 40, 0 24 47+ 24, 24 24, 48 47+, 0 24, 36 39, 24 "
    "24 43+, 12 24 48, 24 48, 81+, 12, 28, 21+ 48, 24 48 42+, 48+, 24, 37 31+, 42 0, 48 42 43+, 24 50+ "
    "19, 50+ 0, 30+ 24 24 42+, 48 33 0 24, 24 53+ 28 24, 47+ 48, 24 43 38+, 24+ 48 48+, 41, 48+ 24 23+, "
    "39 24 24, 44+ 32, 43+, 32, 50+ "
)
"""Hours of soreness of 89 sessions, a patient between commas, + where still sore when last asked."""


def test_a_limit_is_where_the_curve_first_crosses_one_half():
    """The upper limit of the median is 48: later hours have the same limit up to rounding; R gives 28 and 48 too."""
    rows = [(f"p{i}", hour) for i, own in enumerate(HOURS.split(", ")) for hour in own.split()]
    frame = pd.DataFrame(rows, columns=["patient_id", "hour"])
    frame["soreness_ongoing"] = frame["hour"].str.endswith("+")
    frame["soreness_h"] = frame["hour"].str.rstrip("+").astype(float)
    row = soreness_summary(frame, by=None).iloc[0]
    assert len(frame) == 89
    assert row[["median_h", "median_conf_low", "median_conf_high"]].tolist() == [39.0, 28.0, 48.0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60), st.booleans()), min_size=2, max_size=60))
@settings(max_examples=40, deadline=None)
def test_every_interval_of_a_summary_holds_its_estimate(rows):
    frame = pd.DataFrame(rows, columns=["patient_id", "soreness_h", "soreness_ongoing"]).astype(
        {"soreness_h": float}
    )
    row = soreness_summary(frame, by=None).iloc[0]
    for name, stem in (("median_h", "median"), *((n, n) for n in row.index if f"{n}_conf_low" in row.index)):
        low, high = row[f"{stem}_conf_low"], row[f"{stem}_conf_high"]
        assert not low > row[name] + 1e-9
        assert not high < row[name] - 1e-9
        assert not low > high


def test_summary_at_the_edges():
    zero = pd.DataFrame({"patient_id": list("abcd"), "soreness_h": [0.0] * 4})
    row = soreness_summary(zero, None).iloc[0]
    assert (row["median_h"], row["restricted_mean_48h"], row["resolved_24h"]) == (0, 0, 1)
    assert row["resolved_24h_conf_low"] == pytest.approx(0.025 ** (1 / 4))
    for last_asked in (24.0, 30.0):  # who is still sore at 24 hours, asked then or later, is known to be
        hours = pd.DataFrame({"patient_id": list("abcd"), "soreness_h": last_asked, "soreness_ongoing": True})
        row = soreness_summary(hours, None).iloc[0]
        assert row["resolved_24h"] == 0
        assert row["resolved_24h_conf_high"] == pytest.approx(1 - 0.025 ** (1 / 4))
    assert np.isnan(row["resolved_48h"])
    assert np.isnan(row["restricted_mean_48h"])
    assert "followed to 48 h" in row["note"]
    assert "no median" in row["note"]


def test_one_patient_has_a_curve_and_no_interval():
    frame = pd.DataFrame({"patient_id": ["a"] * 3, "soreness_h": [6.0, 12.0, 24.0]})
    curve = soreness_curve(frame, None)
    assert curve["still_sore"].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert curve[["std_error", "conf_low", "conf_high"]].isna().all(axis=None)
    row = soreness_summary(frame, None).iloc[0]
    assert row["median_h"] == 12
    assert row[["median_conf_low", "resolved_24h_conf_low", "restricted_mean_48h_conf_low"]].isna().all()
    assert "one patient" in row["note"]


def test_not_asked_is_missing_never_zero():
    frame = pd.DataFrame(
        {"patient_id": list("abcd"), "condition": list("xxyy"), "soreness_h": [6.0, 12.0, np.nan, np.nan]}
    )
    summary = soreness_summary(frame).set_index("condition")
    assert summary.loc["y", "sessions"] == 0
    assert np.isnan(summary.loc["y", "median_h"])
    assert "asked" in summary.loc["y", "note"]
    assert soreness_curve(frame)["still_sore"].isna().tolist() == [False, False, True]


def test_never_sore_before_six_hours_and_sore_before_six_hours_differ():
    frame = pd.DataFrame(
        {
            "patient_id": list("abcd"),
            "soreness_h": [0.0, 0.0, 0.0, 12.0],
            "soreness_free_h": [np.nan, 6, 6, 24],
        }
    )
    curve = soreness_curve(frame, None)
    assert curve["time_h"].tolist() == [0, 6, 24]
    assert curve["from_h"].tolist() == [0, 0, 12]
    np.testing.assert_allclose(curve["still_sore"], [0.75, 0.25, 0], atol=1e-12)
    alone = soreness_curve(frame.assign(soreness_h=[0.0, np.nan, np.nan, 12.0]), None)
    pd.testing.assert_frame_equal(alone, curve)


def test_intervals_only_known_at_both_ends_say_so():
    frame = pd.DataFrame({"patient_id": list("abcdef"), "soreness_h": 12.0, "soreness_free_h": 36.0})
    row = soreness_summary(frame, None).iloc[0]
    assert (row["median_h"], row["restricted_mean_48h"], row["resolved_24h"]) == (24, 24, 0.5)
    for word in ("from 12 to 36 h", "between 12.0 and 36.0 h"):
        assert word in row["note"]


def test_groups_may_be_several_columns_or_none():
    frame = sessions_of("ties").assign(sex=lambda d: np.where(d.index % 2, "f", "m"))
    both = soreness_curve(frame, ["condition", "sex"])
    one = soreness_curve(frame[(frame["condition"] == "b") & (frame["sex"] == "m")], None)
    cut = both[(both["condition"] == "b") & (both["sex"] == "m")].drop(columns=["condition", "sex"])
    pd.testing.assert_frame_equal(cut.reset_index(drop=True), one)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0.0, 3.0, 7.5, 24.0, 48.0, 60.0]), min_size=2, max_size=30))
def test_without_censoring_the_curve_is_a_share_and_its_error_the_clustered_one(hours):
    frame = pd.DataFrame({"patient_id": np.arange(len(hours)) % 5, "soreness_h": hours})
    curve = soreness_curve(frame, None)
    for row in curve.itertuples():
        late = (frame["soreness_h"] > row.time_h).astype(float)
        rest = (late - late.mean()).groupby(frame["patient_id"]).sum()
        assert row.still_sore == pytest.approx(late.mean(), abs=1e-12)
        assert row.std_error == pytest.approx(np.sqrt((rest**2).sum()) / len(frame), abs=1e-8)


def recovering(seed: int, patients: int) -> pd.DataFrame:
    """Log-normal soreness that runs in patients, asked about at three random hours; S(24) is known."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(patients), 4)
    hours = np.exp(3.0 + 0.4 * rng.normal(size=patients)[person] + 0.5 * rng.normal(size=len(person)))
    asked = np.sort(rng.choice([6.0, 12, 24, 36, 48, 72], (len(person), 3)), axis=1)
    edges = np.column_stack([np.zeros(len(person)), asked, np.full(len(person), np.inf)])
    at = (edges < hours[:, None]).sum(axis=1) - 1
    row = np.arange(len(person))
    free = edges[row, at + 1]
    return pd.DataFrame(
        {
            "patient_id": person,
            "soreness_h": edges[row, at],
            "soreness_ongoing": np.isinf(free),
            "soreness_free_h": np.where(np.isinf(free), np.nan, free),
        }
    )


@pytest.mark.parametrize("studies", [80, pytest.param(300, marks=pytest.mark.slow)])
def test_interval_censored_limits_cover_the_truth(studies):
    from scipy.stats import norm

    truth = norm.cdf((np.log(24) - 3.0) / np.hypot(0.4, 0.5))
    rows = [soreness_summary(recovering(seed, 60), None).iloc[0] for seed in range(studies)]
    covered = np.mean(
        [row["resolved_24h_conf_low"] <= truth <= row["resolved_24h_conf_high"] for row in rows]
    )
    assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / studies))
    assert np.mean([row["resolved_24h"] for row in rows]) == pytest.approx(truth, abs=0.26 / np.sqrt(studies))


def test_conf_level_is_checked_and_widens_the_band():
    frame = sessions_of("ties")
    wide, usual = soreness_curve(frame, conf_level=0.99), soreness_curve(frame)
    inside = usual["conf_low"].notna()
    assert (wide["conf_low"] < usual["conf_low"])[inside].all()
    with pytest.raises(EstimationError, match="conf_level"):
        soreness_curve(frame, conf_level=95)


def test_more_distinct_intervals_than_can_be_inverted_have_a_curve_and_no_errors():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"patient_id": np.arange(2000) // 2, "soreness_h": rng.exponential(20, 2000)})
    frame.loc[:99, "soreness_free_h"] = frame.loc[:99, "soreness_h"] + 5
    curve = soreness_curve(frame, None)
    assert curve["std_error"].isna().all()
    assert curve["note"].str.contains("errors are left out").all()
    at = curve[curve["time_h"] <= 20].iloc[-1]
    assert at["still_sore"] == pytest.approx(np.exp(-1), abs=0.04)


def test_an_event_table_gives_what_its_sessions_give():
    frame = sessions_of("hourly")
    table = reduce_events(frame)
    assert isinstance(table, EventTable)
    pd.testing.assert_frame_equal(soreness_curve(table), soreness_curve(frame))


def test_the_mean_up_to_48_hours_is_said_to_be_no_more_than_48():
    """Nearly all were sore beyond two days: symmetric limits would reach past them."""
    frame = pd.DataFrame({"patient_id": range(12), "soreness_h": [10.0, *[60.0] * 11]})
    row = soreness_summary(frame, by=None).iloc[0]
    assert row["restricted_mean_48h"] == pytest.approx((10 + 11 * 48) / 12)
    spread = 1.96 * np.std([10.0, *[48.0] * 11]) / np.sqrt(12)
    assert row["restricted_mean_48h"] + spread > 48
    assert row["restricted_mean_48h_conf_high"] == 48
