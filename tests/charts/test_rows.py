"""Rows of charts: their order, their labels, and what is said of whom they rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.charts.rows import (
    bins_note,
    counts_note,
    ends_text,
    most_of,
    ordered_conditions,
    row_label,
    tidy_rows,
    time_labels,
)
from outcomes.errors import EstimationError
from outcomes.words import percent_text


def test_conditions_and_movements_have_one_order():
    seen = ["shoulder_flexion", "other", "cervical_flexion", "headache", "arm B"]
    assert ordered_conditions(seen) == ["headache", "other", "cervical_flexion", "shoulder_flexion", "arm B"]
    assert row_label("mouth_opening") == "Mouth opening (mm)"


def test_given_labels_win_over_carried_ones():
    frame = pd.DataFrame({"time": ["post"]})
    frame.attrs["outcomes"] = {"times": {"post": "carried", "48h": "later"}}
    assert time_labels(frame, {"post": "given"}) == {"pre": "before", "post": "given", "48h": "later"}


def test_rows_are_ordered_by_reading_and_counts_as_text_are_withheld():
    frame = pd.DataFrame({"time": ["48h", "pre", "odd", "post"], "patients": ["<11", "12", "3", None]})
    rows = tidy_rows(frame, ["time"], chart="x")
    assert list(rows["time"]) == ["pre", "post", "48h", "odd"]
    assert np.isnan(rows["patients"].iloc[2])
    assert rows["patients"].iloc[0] == 12


def test_movements_may_stand_for_conditions():
    rows = tidy_rows(pd.DataFrame({"rom_movement": ["mouth_opening"]}), ["condition"], chart="x")
    assert rows["condition"].tolist() == rows["movement"].tolist() == ["mouth_opening"]


def test_other_kinds_of_table_are_refused():
    with pytest.raises(EstimationError, match="found a list"):
        tidy_rows([1, 2], [], chart="x")


def test_notes_count_without_counting_twice():
    rows = pd.DataFrame(
        {"condition": ["a", "a", "b", "b"], "patients": [10.0, 8, 20, 18], "sessions": [30.0, 20, 50, 40]}
    )
    assert counts_note(rows, rows) == "10 to 20 patients per group; 80 sessions."
    assert bins_note(rows) == "8 to 20 patients per dot; 140 sessions shown."
    rows.attrs["outcomes"] = {"patients": 25, "sessions": 90}
    assert counts_note(rows, rows) == "25 patients in all; 90 sessions in all."


def test_counts_that_may_be_withheld_are_not_said_to_be_none():
    rows = pd.DataFrame({"condition": ["a", "b"], "patients": [np.nan, 0.0], "sessions": [0.0, 0.0]})
    assert np.isnan(most_of(rows, "patients"))
    assert most_of(rows, "sessions") == 0
    assert counts_note(rows, rows) == "Patients withheld; no sessions."


def test_movements_are_not_called_conditions():
    rows = pd.DataFrame({"condition": ["mouth_opening", "knee_flexion"], "patients": [12.0, 30.0]})
    assert counts_note(rows, rows) == "12 to 30 patients per movement."


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([0.3], "30% (neck pain)"),
        ([0.3, 0.1], "10% (jaw pain) to 30% (neck pain)"),
        ([0.3, 0.301], "30%"),
        ([0.3, 0.1, np.nan], "10% (jaw pain) to 30% (neck pain)"),
    ],
)
def test_the_lowest_and_the_highest_are_said_with_whose_they_are_unless_they_are_alike(shares, said):
    rows = pd.DataFrame({"condition": ["neck_pain", "jaw_pain", "headache"][: len(shares)], "share": shares})
    assert ends_text(rows, "share", percent_text) == said
