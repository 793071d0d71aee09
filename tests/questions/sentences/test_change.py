"""What changed, in words: on made-up rows, each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences import change
from outcomes.words import causal_claims


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
        ({}, "Neck pain: pain later 0.8 points lower (95 % interval 0.3 to 1.3;"),
        (
            {"estimate": -0.8, "conf_low": -1.3, "conf_high": -0.3},
            "pain later 0.8 points higher (95 % interval 0.3 to 1.3;",
        ),
        ({"conf_low": -0.3}, "later no clear change (relief 0.8 points, 95 % interval −0.3 to 1.3;"),
        (
            {"estimate": np.nan, "note": "withheld: fewer than 11 patients"},
            "Neck pain: later too few patients to show.",
        ),
        (
            {"estimate": np.nan, "note": "too few patients to say"},
            "Neck pain: later too few patients to say.",
        ),
    ],
)
def test_each_condition_is_said_with_its_direction(changes, said):
    assert said in change.condition_sentences(_row(**changes), {"48h": "later"})[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Chance and bad days could account for all of it."),
        ({"conf_low": 0.9, "conf_high": 1.2, "estimate": 1.0}, "more than chance and bad days would give"),
        ({"observed": -0.5, "conf_low": -0.9, "conf_high": -0.2}, "more pain than chance alone"),
        ({"observed": 0.1, "conf_low": -0.2, "conf_high": 0.05}, "less relief than chance alone"),
        (
            {},
            "pain was on average 0.8 points lower; regression to the mean alone would make it 0.1 to 0.7 points",
        ),
        ({"observed": -0.2}, "pain was on average 0.2 points higher"),
        ({"observed": 0.0}, "pain was on average no lower and no higher"),
    ],
)
def test_what_was_seen_is_held_against_chance(changes, said):
    text = change.expected_sentences(_row(condition="all", **changes))[0]
    assert said in text
    assert causal_claims(text) == []


def test_shares_withheld_are_not_said():
    whole = change.better_worse_sentences(_row())[0]
    assert "40 % were better by at least 2 points" in whole
    assert "20 % were worse by at least 2 points" in whole
    part = change.better_worse_sentences(_row(worse=np.nan))[0]
    assert "worse" not in part
    assert "too few patients to show" in part
    none = change.better_worse_sentences(_row(better=np.nan, same=np.nan, worse=np.nan, note="not recorded"))[
        0
    ]
    assert none == "At 2 days, shares better and worse: not recorded."


def test_summaries_sort_conditions_by_what_is_clear():
    rows = pd.concat(
        [
            _row(),
            _row(condition="headache", conf_low=-0.2, conf_high=1.8),
            _row(condition="jaw_pain", estimate=-0.5, conf_low=-0.9, conf_high=-0.1),
            _row(
                condition="other",
                estimate=np.nan,
                conf_low=np.nan,
                conf_high=np.nan,
                note="too few patients to say",
            ),
        ]
    )
    said = change.summary_sentences(rows)
    assert said[0] == (
        "On average, at 2 days: clearly less pain in neck pain; clearly more pain in jaw pain; "
        "no clear change in headache."
    )
    assert said[1] == "At 2 days, too few patients to say: other complaints."
    assert "among 3 conditions (Holm's adjustment)" in said[2]


def test_an_interval_beyond_no_change_is_not_clear_beside_many():
    names = ["headache", "jaw_pain", "mid_back_pain", "low_back_pain", "tennis_elbow", "shoulder_pain"]
    flat = [_row(condition=name, estimate=0.1, conf_low=-0.4, conf_high=0.6) for name in names]
    rows = pd.concat([_row(estimate=0.6, conf_low=0.1, conf_high=1.1), *flat], ignore_index=True)
    said = change.summary_sentences(rows)
    assert not any("clearly" in sentence for sentence in said)
    said_of_neck = change.condition_sentences(rows)[0]
    assert said_of_neck.endswith("which is not clear beside so many comparisons.")
    alone = change.summary_sentences(_row(estimate=0.6, conf_low=0.1, conf_high=1.1))
    assert alone == ["On average, at 2 days: clearly less pain in neck pain."]


def test_a_gain_within_measurement_error_is_said_to_be():
    row = _row(measure="rom_gain", estimate=5.0, conf_low=4.0, conf_high=6.0).assign(
        rom_movement="cervical_rotation"
    )
    said = change.change_sentences(row)
    assert said[0] == (
        "At 2 days: neck rotation 5.0 degrees more (95 % interval 4.0 to 6.0). This rests on 40 patients, recorded in "
        "60 % of the sessions with a reading before."
    )
    assert "smaller than the measurement error of one patient's reading in neck rotation" in said[1]
    beyond = row.assign(estimate=9.0, conf_low=8.0, conf_high=10.0)
    assert change.change_sentences(beyond)[1] == "At 2 days, it is larger than that error in neck rotation."


def test_a_total_is_withheld_for_the_sake_of_its_parts_and_says_so() -> None:
    note = "withheld: fewer than 11 patients, or it would reveal so few"
    overall = _row(condition="all", better=np.nan, same=np.nan, worse=np.nan, note=note)
    (said,) = change.better_worse_sentences(overall)
    assert said.startswith("At 2 days, shares better and worse: not shown, because beside the other figures")
