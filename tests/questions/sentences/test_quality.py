"""How far the records can be trusted, in words: each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences import quality as words


def flow(last: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": ["in the file", "followed up"], "sessions": [100.0, last], "patients": [40.0, 30.0],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("last", "says"), [(80, "Few are missing."), (79, "The others may have done better")]
)
def test_few_are_missing_up_to_the_share_the_plan_allows(last: float, says: str) -> None:
    first, second = words.flow_sentences(flow(last))
    assert (
        first
        == f"The file holds 100 sessions of 40 patients. {last} sessions of 30 patients were followed up."
    )
    assert f"for {last}% of sessions. {says}" in second
    hidden = words.flow_sentences(flow(last).assign(patients=np.nan, sessions=np.nan))
    assert hidden == [
        "The number of sessions and patients: not shown (privacy). How many were followed up: not shown (privacy)."
    ]


def test_capture_names_the_conditions_known_by_less_than_half() -> None:
    rates = pd.DataFrame(
        {
            "condition": ["neck_pain", "headache", "jaw_pain"],
            "capture_rate": [0.5, 0.49, 0.2],
            "note": ["", "", "few"],
        }
    )
    first, second = words.capture_sentences(rates)
    assert first == "Pain at 2 days is known for 49% to 50% of sessions, by condition."
    assert second == "Fewer than half of the sessions are known for Headache."
    assert words.capture_sentences(rates.head(1)) == ["Pain at 2 days is known for 50% of sessions."]
    assert words.capture_sentences(rates.tail(1)) == ["Pain at 2 days: not recorded, or not shown (privacy)."]


def test_follow_ups_say_who_was_asked_and_when() -> None:
    process = pd.DataFrame({"followup_status": ["reached"], "share_asked_soreness": [0.9]})
    timing = pd.DataFrame([{"median": 48.0, "p90": 60.0, "share_in_window": 0.93, "note": ""}])
    said = words.followup_sentences(process, timing)
    assert "90% of sessions have an answer about soreness" in said[0]
    assert "within 48 hours of the session, and 9 in 10 within 60. 93% fell inside" in said[2]
    none = words.followup_sentences(process.iloc[:0], timing.assign(median=np.nan, note="not recorded"))
    assert none[0].endswith("was not recorded.")
    assert none[1].startswith("Hours from session to follow-up: not recorded.")


def test_rounding_is_twice_as_often_as_expected() -> None:
    row = {"column": "soreness_h", "quantity": "whole half-days", "share": 0.5, "expected": 0.24, "note": ""}
    assert words.heaping_sentences(pd.DataFrame([row]))[0].endswith("Read each as “about that much”.")
    assert words.heaping_sentences(pd.DataFrame([{**row, "expected": 0.25}]))[0].endswith(
        "no clear sign of rounding."
    )
    assert words.heaping_sentences(pd.DataFrame([{**row, "share": np.nan}]))[0].endswith(
        "not shown (privacy)."
    )


def test_scale_ends_criteria_and_verdicts() -> None:
    ends = pd.DataFrame([{"column": "pain_pre", "share_below_3": 0.12}])
    assert words.scale_sentences(ends)[0].startswith("12% of sessions began with pain below 3 of 10.")
    assert "not shown" in words.scale_sentences(ends.assign(share_below_3=np.nan))[0]
    assert "over 20% of sessions lack one" in words.criteria_sentences()[0]
    verdicts = pd.DataFrame({"verdict": [words.ANSWERABLE, words.ANSWERABLE, words.HARD_TO_TRUST]})
    assert words.verdict_sentences(verdicts) == [
        "Can be answered: 2 questions of 3 (see the table).",
        "Cannot be answered: 1 question of 3 (see the table).",
    ]
