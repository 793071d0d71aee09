"""Planning: square-root laws, statsmodels' sample sizes, and what is said where nothing can be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import NormalIndPower

import outcomes as oc
from outcomes.questions import planning


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(250, seed=5)[0])


def test_the_width_now_is_half_the_interval_and_falls_with_the_root(sessions):
    plan = planning.precision_plan(sessions)
    now = plan[plan["scenario"] == "now"].set_index("condition")["width"]
    own = oc.condition_estimates(sessions, times=["48h"]).set_index("condition")
    half = (own["conf_high"] - own["conf_low"]) / 2
    known = half.notna()
    assert now[known].tolist() == pytest.approx(half[known].tolist(), rel=1e-12)
    four = plan[plan["scenario"] == "4 times as many"].set_index("condition")
    assert four["width"].tolist() == pytest.approx((now / 2).tolist(), nan_ok=True)
    assert four.loc["neck_pain", "patients"] == own.loc["neck_pain", "patients"]
    there = planning.planned(plan).set_index(["condition", "scenario"])
    assert there.loc[("neck_pain", "4 times as many"), "patients"] == 4 * own.loc["neck_pain", "patients"]


def test_patients_needed_give_the_width_wanted(sessions):
    needed = planning.patients_needed(planning.precision_plan(sessions), target=0.3)
    row = needed[needed["condition"] == "headache"].iloc[0]
    reached = row["width"] * np.sqrt(row["patients"] / row["estimate"])
    assert 0.3 * np.sqrt(1 - 1 / row["estimate"]) <= reached <= 0.3


def test_a_condition_precise_enough_needs_no_more(sessions):
    needed = planning.patients_needed(planning.precision_plan(sessions), target=5.0)
    known = needed[needed["estimate"].notna()]
    assert (known["estimate"] == known["patients"]).all()


def test_too_few_patients_take_the_spread_of_all_and_say_so(sessions):
    few = sessions["condition"].ne("jaw_pain") | sessions["patient_id"].isin(
        sessions.loc[sessions["condition"] == "jaw_pain", "patient_id"].unique()[:3]
    )
    plan = planning.precision_plan(sessions[few]).set_index(["condition", "scenario"])
    row = plan.loc[("jaw_pain", "now")]
    assert "spread of all conditions" in row["note"]
    assert row["width"] > plan.loc[("neck_pain", "now"), "width"]


def test_sample_sizes_are_those_of_the_normal_test(sessions):
    frame = oc.with_outcomes(sessions, ["pain_relief_48h"])
    fit = oc.fit_mixed("pain_relief_48h ~ condition + pain_pre + (1 | patient_id)", frame)
    parts = fit.variance_components.set_index("group")["variance"]
    followed = frame["pain_relief_48h"].notna().mean()
    designs = planning.comparison_designs(sessions, differences=[1.0]).set_index("scenario")["estimate"]
    each = NormalIndPower().solve_power(1.0 / np.sqrt(parts.sum()), alpha=0.05, power=0.8, ratio=1.0)
    assert designs["two groups of patients"] == pytest.approx(2 * each / followed, abs=1.0)
    paired = NormalIndPower(ddof=0).solve_power(
        1.0 / np.sqrt(2 * parts["Residual"]), alpha=0.05, power=0.8, ratio=0
    )
    known = frame.assign(known=frame["pain_relief_48h"].notna()).groupby("patient_id")["known"]
    both = np.mean([one and other for _, sessions in known for one, other in combinations(sessions, 2)])
    assert designs["waiting list"] == pytest.approx(paired / both, abs=1.0)
    assert both < followed - 0.1


def test_one_session_each_cannot_plan_a_waiting_list(sessions):
    once = sessions.drop_duplicates("patient_id")
    designs = planning.comparison_designs(once).set_index("scenario")
    assert designs.loc["waiting list", "estimate"].isna().all()
    assert "one session per patient" in designs.loc["waiting list", "note"].iloc[0]
    assert designs.loc["two groups of patients", "estimate"].notna().all()
    assert "one session per patient" in planning.comparison_sentences(designs.reset_index())[2]


def test_what_is_planned_is_worked_out_from_what_is_shown():
    plan = pd.DataFrame(
        {
            "condition": ["a", "a", "b", "b"], "scenario": ["now", "2 times as many"] * 2, "factor": [1.0, 2.0] * 2,
            "patients": [np.nan, np.nan, 25.0, 25.0], "sessions": [np.nan, np.nan, 70.0, 70.0],
            "width": [np.nan, np.nan, 0.6, 0.5], "note": ["withheld", "withheld", "", ""],
        }
    )  # fmt: skip
    there = planning.planned(plan)
    assert there["patients"].tolist() == pytest.approx([np.nan, np.nan, 25.0, 50.0], nan_ok=True)
    assert there["sessions"].tolist() == pytest.approx([np.nan, np.nan, 70.0, 140.0], nan_ok=True)
    assert there["width"].tolist() == pytest.approx([np.nan, np.nan, 0.6, 0.6 / np.sqrt(2)], nan_ok=True)
    unchanged = ["condition", "scenario", "factor", "note"]
    assert there[unchanged].equals(plan[unchanged])


def test_nothing_recorded_is_said(sessions):
    absent = sessions.assign(pain_48h=np.nan)
    needed = planning.patients_needed(planning.precision_plan(absent))
    assert needed["estimate"].isna().all()
    assert planning.precision_sentences(needed) == ["Precision of relief at 2 days: not recorded."]
    assert "not recorded" in planning.comparison_sentences(planning.comparison_designs(absent))[1]


def test_what_is_lacking_is_said_in_patients_and_sessions():
    needed = pd.DataFrame(
        {
            "condition": ["jaw_pain", "neck_pain"], "patients": [20, 100], "sessions": [60, 300], "width": [0.6, 0.3],
            "estimate": [30, 100], "note": ["", ""],
        }
    )  # fmt: skip
    said = planning.precision_sentences(needed, target=0.5)
    assert said[0] == "Average relief at 2 days is known to within 0.5 points for neck pain."
    assert said[1] == (
        "For the other 1 condition it takes 10 more patients each, followed up at 2 days (see the chart)."
    )


def test_a_comparison_says_what_it_was_calculated_for(sessions):
    said = planning.comparison_sentences(planning.comparison_designs(sessions))
    assert " for 1.0 and " in said[1]
    assert "80% power" in said[-1]
    assert "at the 5% level" in said[-1]
