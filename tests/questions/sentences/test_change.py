"""What changed, in words: on made-up rows, each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences import change
from outcomes.words import causal_claims

NOTHING = {"estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan, "note": "too few patients to say"}


def _row(**changes) -> pd.DataFrame:
    row = {
        "condition": "neck_pain", "time": "48h", "measure": "pain_relief", "patients": 40, "sessions": 90,
        "capture_rate": 0.6, "observed": 0.8, "estimate": 0.8, "conf_low": 0.3, "conf_high": 1.3, "better": 0.4,
        "same": 0.4, "worse": 0.2, "expected_change": 0.1, "null_benchmark_flare": 0.7, "note": "",
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "these records can't tell"),
        (
            {"conf_low": 0.9, "conf_high": 1.1, "estimate": 1.0},
            "That is more than expected; these records cannot show why",
        ),
        (
            {"conf_low": 2.4, "conf_high": 2.6, "estimate": 2.5},
            "That is more than expected; these records cannot show why.",
        ),
        (
            {"estimate": -0.5, "conf_low": -0.6, "conf_high": -0.4},
            "Pain rose by more than expected. It is a small change",
        ),
        ({"estimate": 0.0, "conf_low": -0.02, "conf_high": 0.02}, "That is less than expected"),
        ({"estimate": 0.4, "conf_low": 0.2, "conf_high": 0.6}, "That is no more than expected."),
        ({}, "pain was 0.8 points lower on average (95% CI of the relief 0.3 to 1.3)"),
        ({}, "expected without any effect: 0.1 (visits booked ahead) to 0.7 (bad days)"),
        ({"estimate": -0.2}, "pain was 0.2 points higher on average"),
        ({"estimate": 0.0}, "pain was unchanged on average"),
    ],
)
def test_the_change_is_held_against_what_is_expected_without_any_effect(changes, said):
    text = change.expected_sentences(_row(condition="all", **changes))[0]
    assert said in text
    assert causal_claims(text) == []


def test_a_large_change_is_not_called_small():
    text = change.expected_sentences(_row(condition="all", conf_low=2.4, conf_high=2.6, estimate=2.5))[0]
    assert "small" not in text


def test_all_three_shares_are_said_or_none():
    whole = change.better_worse_sentences(_row())[0]
    assert whole.startswith(
        "At 2 days: 40% of sessions better by 2 points or more, 20% worse, 40% neither (40 patients"
    )
    part = change.better_worse_sentences(_row(worse=np.nan, note="withheld: x"))[0]
    assert "40%" not in part
    none = change.better_worse_sentences(_row(better=np.nan, same=np.nan, worse=np.nan, note="not recorded"))
    assert none == ["At 2 days, shares better and worse: not recorded."]


def _several(*rows: dict) -> pd.DataFrame:
    return pd.concat([_row(**row) for row in rows], ignore_index=True)


def test_conditions_are_named_where_the_change_is_beyond_the_range():
    rows = _several(
        {"condition": "neck_pain", "estimate": 1.5, "conf_low": 1.3, "conf_high": 1.7},
        {"condition": "headache", "conf_low": -0.2, "conf_high": 1.8},
        {"condition": "jaw_pain", "estimate": -0.5, "conf_low": -0.7, "conf_high": -0.3},
        {"condition": "other", **NOTHING},
    )  # fmt: skip
    said = change.summary_sentences(rows)
    assert said == [
        "At 2 days: the relief was more than expected in neck pain and the relief was less than "
        "expected in jaw pain, "
        "of 3 conditions.",
        "At 2 days, too few patients to say: other complaints.",
    ]


def test_an_interval_beyond_no_change_but_inside_the_range_names_nobody():
    names = ["headache", "jaw_pain", "mid_back_pain", "low_back_pain"]
    rows = _several(
        *[{"condition": name, "estimate": 0.4, "conf_low": 0.2, "conf_high": 0.6} for name in names]
    )
    said = change.summary_sentences(rows)
    assert len(said) == 1
    assert said[0].startswith("At 2 days: in none of 4 conditions")


def test_more_than_four_conditions_are_counted():
    names = ["headache", "jaw_pain", "mid_back_pain", "low_back_pain", "tennis_elbow"]
    rows = _several(
        *[{"condition": name, "estimate": 1.5, "conf_low": 1.4, "conf_high": 1.6} for name in names]
    )
    assert change.summary_sentences(rows) == [
        "At 2 days: the relief was more than expected in 5 conditions (see the table), of 5 conditions."
    ]


def test_the_table_in_words_has_a_verdict_or_a_reason_in_every_row():
    rows = _several({}, {"condition": "other", "estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan,
                         "note": "too few patients to say"})  # fmt: skip
    words = change.in_words(rows)
    assert words["verdict"].tolist() == ["can't tell", "too few patients to say"]
    assert words["relief"].tolist() == ["0.8 (0.3 to 1.3)", "—"]
    assert words["expected"].tolist() == ["0.1 to 0.7", "0.1 to 0.7"]


def test_changes_of_range_are_held_against_measurement_error_and_named_in_no_direction():
    row = _row(measure="rom_gain", estimate=5.0, conf_low=4.0, conf_high=6.0).assign(
        rom_movement="cervical_rotation"
    )
    said = change.change_sentences(row)
    assert said[:2] == [
        "At 2 days: average gains of 5.0 degrees in 1 movement (40 patients). Clear of no change: 1 "
        "of 1 (see the chart).",
        "Each is smaller than one patient's measurement error, so it can't be seen in a single patient.",
    ]
    assert said[2].startswith("A second measurement is often a little larger anyway")
    beyond = change.change_sentences(row.assign(estimate=9.0, conf_low=8.0, conf_high=10.0))
    assert beyond[1] == "In 1 of these 1 the average change is larger than one patient's measurement error."
    lost = change.change_sentences(row.assign(estimate=-9.0, conf_low=-10.0, conf_high=-8.0))
    assert lost[1] == "In 1 of these 1 the average change is larger than one patient's measurement error."
    flat = change.change_sentences(row.assign(estimate=0.5, conf_low=-1.0, conf_high=2.0))
    assert flat[0].endswith("Clear of no change: none of 1 (see the chart).")
    assert len(flat) == 2


def test_gained_later_names_both_ends_of_what_is_expected():
    row = _row(condition="all").assign(null_benchmark=0.0)
    (said,) = change.gained_sentences(row, {"post": "right after", "48h": "at 2 days"})
    assert "pain at 2 days was 0.8 points lower (95% CI 0.3 to 1.3; 40 patients with both readings)" in said
    assert "0.0 (visits booked ahead) to 0.7 (bad days)" in said
