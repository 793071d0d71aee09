"""Soreness curves on their way out: fixed hours, no step of few sessions, nothing had from two rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.disclosure.gate import protect, protect_all
from outcomes.disclosure.limits import limits_for
from outcomes.models.survival.curves import soreness_curve

OWNER = limits_for("owner")


def sessions_of(hours, ongoing=None, **columns):
    patients = [f"p{i // 2}" for i in range(len(hours))]
    frame = pd.DataFrame({"patient_id": patients, "soreness_h": np.asarray(hours, dtype=float)})
    flags = [False] * len(hours) if ongoing is None else ongoing
    return frame.assign(soreness_ongoing=pd.array(flags, dtype="boolean"), **columns)


def test_no_hour_of_its_own_is_shown():
    curve = soreness_curve(sessions_of([6] * 20 + [24] * 20 + [37] + [48] * 20), by=None)
    shown = protect(curve).table
    assert tuple(shown["time_h"]) == OWNER.coarsen_hours
    assert shown.set_index("time_h").loc[24.0, "still_sore"] == pytest.approx(21 / 61)
    assert shown.set_index("time_h").loc[48.0, "resolved"] == 21


def test_a_curve_is_the_curve_at_its_hours():
    hours = [0] * 15 + [6] * 30 + [24] * 30 + [48] * 25
    curve = soreness_curve(sessions_of(hours), by=None).set_index("time_h")
    shown = protect(curve.reset_index()).table.set_index("time_h")
    for hour in (0.0, 6.0, 24.0, 48.0):
        for column in ("still_sore", "std_error", "at_risk", "resolved"):
            assert shown.loc[hour, column] == pytest.approx(curve.loc[hour, column])


def test_the_clinician_gets_the_curve_as_it_is():
    curve = soreness_curve(sessions_of([6, 7, 24, 37]), by=None)
    pd.testing.assert_frame_equal(protect(curve, audience="clinician").table, curve)


def is_small(value):
    return 1e-6 < value < 10.5


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 3, 5, 6, 12, 20, 24, 30, 48, 70, 100]), st.booleans()),
        min_size=30,
        max_size=150,
    ),
    st.integers(0, 3),
)
def test_no_two_rows_of_a_curve_give_a_small_count_away(reports, censoring):
    hours = [hour for hour, _ in reports]
    ongoing = [flag and censoring == 0 and hour > 0 for hour, flag in reports]
    page = protect(soreness_curve(sessions_of(hours, ongoing), by=None))
    shown = page.table.dropna(subset="at_risk")
    if shown.empty:
        return
    sessions = len(hours)
    left = sessions
    for row in shown.to_dict("records"):
        assert row["at_risk"] == pytest.approx(left)
        assert not is_small(row["resolved"])
        assert not is_small(row["censored"])
        left -= row["resolved"] + row["censored"]
        assert not is_small(left)
    true = np.asarray(hours, dtype=float)
    gone = [(true <= row["time_h"]).sum() for row in shown.to_dict("records")]
    assert (shown["resolved"] + shown["censored"]).cumsum().tolist() == pytest.approx(gone)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from([0, 6, 12, 24, 48]), min_size=80, max_size=160), st.integers(12, 40))
def test_a_condition_is_not_had_from_everybodys_curve(hours, first):
    """Two conditions and everybody: what one curve hides, the difference of the other two must not show."""
    condition = ["headache"] * first + ["neck_pain"] * (len(hours) - first)
    sessions = sessions_of(hours, condition=condition).assign(
        patient_id=[f"{c}{i // 2}" for i, c in enumerate(condition)]
    )
    shown = protect_all({"by": soreness_curve(sessions), "everybody": soreness_curve(sessions, by=None)})
    everybody = running(shown["everybody"].table)
    curves = {name: running(part) for name, part in shown["by"].table.groupby("condition")}
    for name, other in (("headache", "neck_pain"), ("neck_pain", "headache")):
        had = {h: everybody[h] - curves[other][h] for h in everybody if h in curves[other]}
        known = dict(sorted({0.0 - 1: 0.0, **had, **curves[name]}.items()))
        hidden_steps = np.diff(list(known.values()))
        assert not any(is_small(abs(step)) for step in hidden_steps)


def running(table):
    seen = table.dropna(subset="at_risk").sort_values("time_h")
    return dict(zip(seen["time_h"], seen["resolved"].cumsum(), strict=True))


def test_protecting_a_curve_twice_equals_once():
    rng = np.random.default_rng(3)
    hours = rng.choice([0, 5, 6, 12, 20, 24, 30, 48, 70], size=300)
    sessions = sessions_of(
        hours, rng.random(300) < 0.2, condition=np.repeat(["headache", "neck_pain", "other"], 100)
    )
    once = protect(soreness_curve(sessions)).table
    again = protect(pd.DataFrame(once.to_dict("list"))).table
    pd.testing.assert_frame_equal(again, once, check_dtype=False)


def test_the_end_of_a_flow_stays_and_what_is_near_it_goes():
    """Ten patients between being reached and having a reading: the last figure is what all others stand on."""
    steps = ["recorded", "tried", "reached", "followed up"]
    flow = pd.DataFrame(
        {"step": steps, "patients": [600, 596, 561, 551], "sessions": [2455, 2400, 1795, 1644]}
    )
    shown = protect(flow).table.set_index("step")
    assert shown.loc["recorded", "patients"] == 600
    assert shown.loc["followed up", "patients"] == 551
    assert shown.loc[["tried", "reached"], "patients"].isna().all()


def test_the_end_of_a_flow_goes_where_too_few_were_left_out_before_it():
    flow = pd.DataFrame(
        {"step": ["recorded", "followed up"], "patients": [600, 595], "sessions": [2455, 2400]}
    )
    shown = protect(flow).table.set_index("step")
    assert shown.loc["recorded", "patients"] == 600
    assert np.isnan(shown.loc["followed up", "patients"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_no_two_steps_of_a_flow_that_stay_differ_by_a_few(left_out):
    patients = 300 - np.cumsum(left_out)
    flow = pd.DataFrame(
        {"step": [f"s{i}" for i in range(len(patients))], "patients": patients, "sessions": 3 * patients}
    )
    kept = protect(flow).table["patients"].dropna().to_numpy(dtype=float)
    gaps = np.abs(np.subtract.outer(kept, kept))
    assert not ((gaps > 0) & (gaps < OWNER.least_patients)).any()
