"""Names in words: readings, lists, whom a figure rests on, and why there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.record.conditions import CONDITIONS
from outcomes.words import called, listed, named, reason, rests_on, sentence, unbroken, why, why_missing


def test_lists_and_sentences_read_as_language():
    assert [
        listed([]),
        listed([], none=""),
        listed(["a"]),
        listed(["a", "b"]),
        listed(iter("abc"), "or"),
    ] == [*["none", "", "a", "a and b", "a, b or c"]]
    assert [sentence(" it was so "), sentence("Was it?"), sentence("")] == ["It was so.", "Was it?", ""]


def test_conditions_are_named_within_a_sentence_and_names_of_people_keep_their_capital():
    said = {name: named(name) for name in CONDITIONS}
    assert said["achilles_tendinopathy"] == "Achilles tendinopathy"
    assert said["other"] == "other complaints"
    assert {name for name, words in said.items() if words[0].isupper()} == {"achilles_tendinopathy"}
    assert named("knee_pain") == "knee pain"


def test_a_percent_sign_stays_with_its_number():
    assert (
        unbroken("of 5 % and <1 %, 10 per cent")
        == "of 5\N{NO-BREAK SPACE}% and <1\N{NO-BREAK SPACE}%, 10 per cent"
    )


def test_readings_are_called_as_the_records_say():
    assert called(None) == {"pre": "before", "post": "right after", "48h": "at 2 days"}
    assert called({"48h": "a month later"})["48h"] == "a month later"
    assert called({})["48h"] == "at 2 days"


def test_who_a_figure_rests_on():
    row = pd.Series({"patients": 12.0, "sessions": 1.0, "capture_rate": 0.998})
    assert rests_on(row) == "12 patients, 1 session; follow-up in >99% of sessions"
    assert rests_on(row.drop("capture_rate")) == "12 patients, 1 session"
    assert (
        rests_on({**row, "capture_rate": np.nan, "sessions": np.nan})
        == "12 patients, sessions not shown (privacy)"
    )


RANGE = "fewer than 11 of 45 (under 1 in 4)"


@pytest.mark.parametrize(
    ("note", "sentence_says", "chart_says"),
    [
        ("not recorded", "not recorded", "not recorded"),
        ("withheld: fewer than 11", "not shown (privacy)", "withheld: fewer than 11"),
        (RANGE, RANGE, RANGE),
        *[
            (gap, "not shown (privacy)", "no estimate, no reason given")
            for gap in (None, pd.NA, "", " ", "nan")
        ],
    ],
)
def test_why_there_is_no_figure(note, sentence_says, chart_says):
    assert (why(note), why_missing(note)) == (sentence_says, chart_says)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("like patients: not recorded", "not recorded"),
        ("like patients: too few patients to say", "too few to estimate"),
        ("not recorded; withheld: fewer than 11 patients", "not recorded"),
        ("4 patients were too few to say", "too few to estimate"),
        (RANGE, "not shown (privacy)"),
    ],
)
def test_what_a_chart_leaves_out_has_one_of_three_reasons(note, said):
    assert reason(note) == said
