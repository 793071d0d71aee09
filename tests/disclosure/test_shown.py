"""Tables as they are shown: how far figures are rounded, which end goes where, what is noted and listed as withheld."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.disclosure.constraints import relate
from outcomes.disclosure.counts import read_sheet
from outcomes.disclosure.limits import limits_for
from outcomes.disclosure.shown import ShownTable
from outcomes.disclosure.windows import Windows

OWNER = limits_for("owner")


def shown_of(frame: pd.DataFrame, gone=()) -> ShownTable:
    """A table each of whose rows is of all patients and sessions of its group."""
    sheet = read_sheet("t", frame, OWNER)
    wholes = {row.where: {name: cell.value for name, cell in row.main.items()} for row in sheet.rows}
    return ShownTable(sheet, Windows(relate([sheet], OWNER, wholes)), frozenset(gone))


def shown(gone=(), **columns) -> ShownTable:
    return shown_of(pd.DataFrame(columns), gone)


def row(**columns) -> pd.Series:
    return shown(**{name: [value] for name, value in columns.items()}).table.iloc[0]


@pytest.mark.parametrize(
    ("p_value", "said"),
    [(0.0, 0.001), (1e-9, 0.001), (0.0149, 0.01), (0.015, 0.02), (0.047, 0.05), (0.96, 1.0)],
)
def test_p_values_have_one_digit_and_none_is_below_a_thousandth(p_value, said):
    assert row(patients=40, estimate=1.0, p_value=p_value)["p_value"] == said


@pytest.mark.parametrize(("patients", "said"), [(99, 1.0), (100, 1.2)])
def test_a_figure_without_an_interval_has_two_digits_from_a_hundred_patients_on(patients, said):
    assert row(patients=patients, estimate=1.234)["estimate"] == said


def test_what_exact_inference_needs_is_not_shown_and_the_level_is_as_it_was():
    found = row(patients=40, estimate=1.0, df=38.2, statistic=2.1, conf_level=0.95)
    assert pd.isna(found["df"])
    assert pd.isna(found["statistic"])
    assert found["conf_level"] == 0.95


def test_an_interval_with_a_name_of_its_own_is_rounded_with_its_figure():
    """A median between 5 and 9 hours in whole hours; the main figure between 0.8 and 1.6 in tenths."""
    found = row(
        patients=40,
        estimate=1.23,
        conf_low=0.83,
        conf_high=1.61,
        median_h=6.4,
        median_h_conf_low=5.2,
        median_h_conf_high=9.3,
    )
    assert found[["estimate", "conf_low", "conf_high"]].tolist() == [1.2, 0.8, 1.7]
    assert found[["median_h", "median_h_conf_low", "median_h_conf_high"]].tolist() == [6.0, 5.0, 10.0]


@pytest.mark.parametrize(
    ("name", "patients", "told"),
    [
        ("p10", 29, False),
        ("p10", 30, True),
        ("p90", 29, False),
        ("p90", 30, True),
        ("p25", 12, True),
        ("p5", 59, False),
    ],
)
def test_a_quantile_has_three_patients_beyond_it(name, patients, told):
    assert OWNER.least_in_tail == 3
    assert pd.notna(row(**{"patients": patients, name: 4.0})[name]) is told


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 180), st.floats(0.03, 0.4))
def test_the_interval_of_a_share_lies_around_it_and_within_0_and_1(met, half):
    share = met / 200
    found = row(
        patients=100,
        sessions=200,
        proportion=share,
        conf_low=max(share - half, 0.0),
        conf_high=min(share + half, 1.0),
    )
    low, said, high = found[["conf_low", "proportion", "conf_high"]]
    assert 0.0 <= low <= said <= high <= 1.0
    assert abs(said - share) < 0.06 + half / 4


def test_rows_and_ranges_that_are_not_told_are_listed_with_what_they_are_of():
    table = shown(
        condition=["headache", "neck_pain", "jaw_pain"],
        time=["post", "post", "48h"],
        patients=[40, 6, 40],
        sessions=[90, 9, 90],
        worse=[0.5, 0.5, 0.05],
    )
    assert table.withheld.to_dict("list") == {
        "table": ["t", "t"],
        "condition": ["neck_pain", "jaw_pain"],
        "time": ["post", "48h"],
        "reason": ["withheld: fewer than 11 patients", "fewer than 11 of 90 (under 1 in 5)"],
    }
    assert shown(patients=[40]).withheld.empty


def test_a_row_that_is_taken_along_is_withheld_like_a_small_one():
    table = shown(gone=[0], condition=["headache", "neck_pain"], patients=[40, 40], why=["4 of them", "no"])
    assert table.table["patients"].isna().tolist() == [True, False]
    assert table.table["note"].tolist() == ["withheld: fewer than 11 patients", ""]
    assert pd.isna(table.table["why"].iloc[0])


def test_notes_stay_before_what_is_added_and_make_way_for_what_is_withheld():
    found = shown(
        condition=["headache", "neck_pain"],
        patients=[40, 4],
        sessions=[90, 9],
        worse=[0.05, 0.05],
        note=["boundary", "boundary"],
    ).table
    assert found["note"].tolist() == [
        "boundary; fewer than 11 of 90 (under 1 in 5)",
        "withheld: fewer than 11 patients",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7 patients got worse", "fewer than 11 patients got worse"),
        ("2 patients and 10 sessions", "fewer than 11 patients and fewer than 11 sessions"),
        ("11 patients, 107 sessions", "11 patients, 107 sessions"),
        ("more than 7 patients, at least 5 patients, at most 3 sessions", None),
        ("0.7 patients, 5–7 patients, 1.7 sessions", None),
        ("7 hours in 40 patients", None),
    ],
)
def test_small_counts_in_words_are_ranges_and_other_numbers_stay(text, said):
    assert row(patients=40, why=text)["why"] == (said or text)


def test_whole_numbers_stay_whole_and_order_and_frame_are_as_they_were():
    frame = pd.DataFrame({"condition": ["b", "a"], "patients": [40, 41]}, index=[7, 3])
    frame.attrs["times"] = "x"
    found = shown_of(frame).table
    pd.testing.assert_frame_equal(found, frame)
    assert found.attrs == frame.attrs
