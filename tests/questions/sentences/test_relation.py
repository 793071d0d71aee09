"""How the two readings relate, in words: on made-up rows, each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences import relation


def _slopes(estimates) -> pd.DataFrame:
    estimates = np.asarray(estimates, float)
    names = ["headache", "neck_pain", "jaw_pain", "other"][: len(estimates)]
    return pd.DataFrame(
        {
            "condition": names, "patients": 40, "estimate": estimates, "conf_low": estimates - 0.1,
            "conf_high": estimates + 0.1, "null_benchmark": 0.31, "null_benchmark_flare": 0.31,
            "note": np.where(np.isnan(estimates), "too few patients to say", ""),
        }
    )  # fmt: skip


def test_slopes_are_held_against_what_two_readings_of_one_pain_give_anyway():
    said = relation.slope_sentences(_slopes([0.30, 0.60, 0.10, np.nan]))
    assert said[0] == (
        "In neck pain and jaw pain the relation is not what two readings of the same pain give anyway (0.31)."
    )
    assert said[-1] == "Too few patients to say: other complaints."


def test_no_condition_is_named_where_none_is_clear():
    said = relation.slope_sentences(_slopes([0.30, 0.42, 0.25]))
    assert (
        said[0]
        == "In every condition the relation is what two readings of the same pain can give anyway (0.31)."
    )
    assert said[1] == "Across conditions the slopes run from 0.25 to 0.42."


def test_a_slope_that_bad_days_alone_would_give_says_no_more():
    rows = _slopes([0.6, 0.6]).assign(part=["all sessions", "within patients"], sessions=90)
    said = relation.within_between_sentences(rows.assign(null_benchmark_flare=[0.55, 0.1]))
    assert said[0].endswith(
        "give about 0.31 to 0.55 even without any effect, so this shows no added relation."
    )
    assert said[1].endswith(
        "about 0.10 to 0.31 even without any effect; early relief goes with more later relief than that."
    )
    assert relation.slope_sentences(_slopes([0.6]).assign(null_benchmark_flare=0.55)) == [
        "In every condition the relation is what two readings of the same pain can give anyway (0.31 to 0.55)."
    ]


def test_a_slope_says_more_only_where_it_is_clear():
    rows = _slopes([0.33, 0.6]).assign(part=["all sessions", "within patients"], sessions=90)
    said = relation.within_between_sentences(rows)
    assert said[0].endswith(
        "Two readings of the same pain give about 0.31 even without any effect, so this shows no added relation."
    )
    assert said[1].endswith("early relief goes with more later relief than that.")
