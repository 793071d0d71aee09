"""What records can be trusted for: counts by hand, on records made for it."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.questions import quality
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


def test_who_asked_is_said_not_to_be_in_the_record(sessions):
    said = quality.followup_sentences(quality.followup_process(sessions), quality.followup_timing(sessions))
    assert "We do not record who asked or how." in said[1]


def test_sentences_stand_on_what_the_gate_left():
    withheld = pd.DataFrame(
        {"step": ["recorded", "followed up"], "patients": [40, np.nan], "sessions": [162, np.nan], "note": ""}
    )
    said = quality.flow_sentences(withheld)
    assert said == [
        "The file holds 162 sessions of 40 patients. How many were followed up: not shown (privacy)."
    ]


@pytest.mark.parametrize(
    "count", [quality.flow, quality.capture, quality.missingness, quality.followup_process]
)
def test_a_table_of_any_engine_counts_as_a_frame_does(sessions, count):
    table = ibis.memtable(sessions)
    pd.testing.assert_frame_equal(count(table), count(sessions))


def test_what_nobody_recorded_is_said_of_a_frame_without_the_column(sessions):
    bare = sessions[["patient_id", "condition", "pain_pre"]]
    assert quality.flow(bare)["sessions"].tolist() == [len(bare), len(bare), 0]
    assert set(quality.capture(bare)["note"]) == {"not recorded"}
    assert quality.followup_timing(bare)["note"].tolist() == ["not recorded"]


def test_records_that_do_not_say_whose_they_are_are_refused(sessions):
    with pytest.raises(EstimationError, match="'patient_id' is not in the table"):
        quality.flow(sessions.drop(columns="patient_id"))
    with pytest.raises(EstimationError, match="'region' is not in the table"):
        quality.capture(sessions, "region")
    with pytest.raises(EstimationError, match="a pandas DataFrame or an Ibis table"):
        quality.flow(sessions.to_dict())


def test_when_the_follow_up_was_is_counted_by_hand():
    """Ten readings, of which eight lie from 36 to 72 hours, both included."""
    hours = [20.0, 36.0, 40.0, 44.0, 47.0, 48.0, 49.0, 50.0, 72.0, 90.0]
    frame = pd.DataFrame({"patient_id": [f"p{i}" for i in range(11)], "followup_h": [*hours, np.nan]})
    row = quality.followup_timing(frame).iloc[0]
    assert row[["p10", "median", "p90"]].tolist() == [20.0, 47.0, 72.0]
    assert row["share_in_window"] == pytest.approx(0.8)
    assert (row["patients"], row["sessions"]) == (10, 10)
