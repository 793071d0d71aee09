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

from outcomes import survival
from outcomes.errors import EstimationError
from outcomes.events import EventTable, reduce_events
from outcomes.survival import soreness_curve, soreness_summary
from outcomes.turnbull import masses, support_of, turnbull

FOLDER = Path(__file__).parent / "reference" / "survival"
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
