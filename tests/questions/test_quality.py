"""What records can be trusted for: counts by hand, on records made for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import quality, readings
from outcomes.record.conditions import CONDITIONS


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    simulated = oc.simulate_sessions(120, seed=2)[0]
    return oc.read_sessions(simulated)


def test_flow_steps_lie_within_each_other_and_end_at_the_outcome(sessions):
    counts = quality.flow(sessions, times={"48h": "a month later"})
    assert counts["step"].tolist() == [
        "recorded",
        "eligible",
        "follow-up tried",
        "reached",
        "followed up a month later",
    ]
    assert (np.diff(counts["sessions"]) <= 0).all()
    assert counts["sessions"].iloc[0] == len(sessions)
    inside = sessions["followup_h"].between(36, 72) | sessions["followup_h"].isna()
    assert counts["sessions"].iloc[-1] == (sessions["pain_48h"].notna() & inside).sum()
    assert counts["sessions"].iloc[3] == (sessions["followup_status"] == "reached").sum()


def test_flow_without_statuses_goes_straight_to_the_outcome(sessions):
    counts = quality.flow(sessions.assign(followup_status=pd.Categorical([None] * len(sessions))))
    assert counts["step"].tolist() == ["recorded", "eligible", "followed up at 2 days"]


def test_capture_is_the_share_within_the_window(sessions):
    rates = quality.capture(sessions).set_index("condition")
    part = sessions[sessions["condition"] == "neck_pain"]
    reached = oc.with_outcomes(part, ["pain_relief_48h"])["pain_relief_48h"].notna().sum()
    assert rates.loc["neck_pain", "reached"] == reached
    assert rates.loc["neck_pain", "capture_rate"] == pytest.approx(reached / len(part))
    present = [name for name in CONDITIONS if name in set(sessions["condition"])]
    assert rates.index.tolist() == present


def test_missingness_holds_every_condition_and_reading(sessions):
    grid = quality.missingness(sessions.assign(rom_post=np.nan))
    assert len(grid) == sessions["condition"].nunique() * len(quality.READINGS)
    row = grid[(grid["condition"] == "headache") & (grid["column"] == "twitch_count")].iloc[0]
    part = sessions[sessions["condition"] == "headache"]
    assert row["missing"] == part["twitch_count"].isna().sum()
    assert set(grid[grid["column"] == "rom_post"]["note"]) == {"not recorded"}


def test_round_answers_are_found_where_they_are_and_not_where_not():
    rng = np.random.default_rng(1)
    n = 400
    base = {
        "patient_id": [f"P{i}" for i in range(n)],
        "soreness_ongoing": pd.array([False] * n, dtype="boolean"),
    }
    rounded = pd.DataFrame({**base, "soreness_h": rng.choice([12.0, 24.0, 48.0], n), "twitch_count": np.nan})
    exact = rounded.assign(soreness_h=rng.integers(6, 72, n).astype(float))
    assert readings.heaping_summary(rounded)["share"].iloc[0] == 1.0
    assert readings.heaping_summary(exact)["share"].iloc[0] == pytest.approx(1 / 12, abs=0.05)
    assert "about that much" in readings.heaping_sentences(readings.heaping_summary(rounded))[0]
    assert "no clear sign" in readings.heaping_sentences(readings.heaping_summary(exact))[0]
    assert readings.heaping_summary(rounded)["note"].iloc[1] == "not recorded"
    bars = readings.heaping(rounded).set_index("value")["sessions"]
    assert bars[24.0] == (rounded["soreness_h"] == 24).sum()


def test_soreness_still_going_on_has_no_round_hours():
    frame = pd.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "soreness_h": [48.0, 24.0, 30.0],
            "soreness_ongoing": pd.array([True, False, None], dtype="boolean"),
        }
    )
    assert readings.heaping(frame)["label"].tolist() == ["24", "between 24 and 36"]


def test_ends_of_the_scale_are_shares_of_the_readings(sessions):
    ends = readings.scale_ends(sessions, times={"post": "after"}).set_index("column")
    assert ends.loc["pain_pre", "share_below_3"] == pytest.approx((sessions["pain_pre"] < 3).mean())
    assert ends.loc["pain_post", "share_at_floor"] == pytest.approx(
        (sessions["pain_post"].dropna() == 0).mean()
    )
    assert ends.loc["pain_post", "label"] == "Pain after"


def test_implausible_values_are_counted_by_rule(sessions):
    early = sessions.assign(followup_h=np.where(sessions["followup_h"].notna(), 10.0, np.nan))
    found = readings.implausible(early).set_index("rule")
    assert (
        found.loc["follow-up window", "sessions"]
        == (early["followup_h"].notna() & early["pain_48h"].notna()).sum()
    )
    texts = early.assign(
        **{name: early[name].astype("str") for name in ("condition", "sex", "followup_status")}
    )
    pd.testing.assert_frame_equal(readings.implausible(texts), readings.implausible(early))
    fine = sessions.assign(followup_h=np.nan, rom_pre=np.nan, rom_post=np.nan, rom_48h=np.nan)
    assert "follow-up window" not in set(readings.implausible(fine)["rule"])


@pytest.mark.parametrize(
    ("change", "verdict", "why"),
    [
        ({}, "with care", "more than a fifth"),
        ({"pain_48h": np.nan}, "cannot be answered", "not recorded"),
        ({"pain_48h": 3.0, "followup_h": 48.0}, "can be answered", "four sessions of five"),
    ],
)
def test_verdicts_follow_criteria_fixed_beforehand(sessions, change, verdict, why):
    row = quality.verdicts(sessions.assign(**change)).set_index("notebook").loc["03_two_day"]
    assert row["verdict"] == verdict
    assert why in row["why"]


def test_a_notebook_needs_care_where_another_reading_it_uses_is_often_missing(sessions):
    judged = quality.verdicts(sessions).set_index("notebook")
    assert judged.loc["05_twitches", "verdict"] == "with care"
    assert "one or more of twitches, pain at 2 days and soreness" in judged.loc["05_twitches", "why"]
    assert judged.loc["09_claims", "verdict"] == "with care"
    without = sessions.assign(soreness_h=np.nan, twitch_count=np.nan)
    assert "soreness" not in quality.verdicts(without).set_index("notebook").loc["09_claims", "why"]


def test_who_asked_is_said_not_to_be_in_the_record(sessions):
    said = quality.followup_sentences(quality.followup_process(sessions), quality.followup_timing(sessions))
    assert "Who asked (the therapist, the desk or a form)" in said[0]


def test_few_patients_cannot_answer(sessions):
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:7])]
    assert set(quality.verdicts(few)["verdict"]) == {"cannot be answered"}


def test_sentences_stand_on_what_the_gate_left():
    withheld = pd.DataFrame(
        {"step": ["recorded", "followed up"], "patients": [40, np.nan], "sessions": [162, np.nan], "note": ""}
    )
    said = quality.flow_sentences(withheld)
    assert said == [
        "The file holds 162 sessions of 40 patients. How many were followed up cannot be shown: it would single out "
        "too few patients."
    ]


def test_the_criteria_are_those_the_verdicts_use():
    said = quality.criteria_sentences()[0]
    assert f"at least {quality.TOO_FEW_PATIENTS} are needed" in said
    assert "more than 20 % of the sessions" in said
