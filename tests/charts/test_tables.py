"""Tables asked for their cells, their heads and their footnotes."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd
import pytest

from chart_frames import forest_frame, shares_frame
from outcomes.charts.tables import as_table, condition_table
from outcomes.errors import EstimationError


def html_of(table) -> str:
    return table.as_raw_html()


def cells(table) -> list[list[str]]:
    """Text of the body, row by row, row heads first."""
    body = html_of(table).split("<tbody")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, flags=re.S)
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        ]
        for row in rows
    ]


def test_condition_table_has_a_row_per_condition_and_columns_per_reading():
    shown = cells(condition_table(forest_frame(("neck_pain", "jaw_pain"), withheld=())))
    assert shown == [
        ["Neck pain", "0.1 (−0.3 to 0.5)", "20", "50", "70%", "1.1 (0.7 to 1.5)", "20", "50", "70%"],
        ["Jaw pain", "0.2 (−0.2 to 0.6)", "21", "51", "70%", "1.2 (0.8 to 1.6)", "21", "51", "70%"],
    ]


def test_condition_table_shows_a_dash_and_says_why():
    page = html_of(condition_table(forest_frame()))
    assert "not shown (privacy)" in page
    row = next(row for row in cells(condition_table(forest_frame())) if row[0] == "Golfer's elbow")
    assert row[1].startswith("—")
    assert row[2:5] == ["—", "—", "—"]


def test_condition_table_heads_are_scoped_and_named():
    page = html_of(
        condition_table(forest_frame(), times={"48h": "at one year"}, source_note="Follow-up 36 to 72 h.")
    )
    assert page.count('scope="row"') == 13
    assert 'scope="col"' in page
    assert 'scope="colgroup"' in page
    assert "at one year" in page
    assert "at 2 days" not in page
    assert "aria-labelledby" in page
    assert "Pain relief per condition (points" in page
    assert "Follow-up 36 to 72 h." in page
    assert "20 to 32 patients per condition" in page


def test_condition_table_shows_better_and_worse_side_by_side():
    shown = cells(condition_table(shares_frame()))
    assert shown[0][2:4] == ["40%", "15%"]


def test_condition_table_refuses_what_it_cannot_lay_out():
    with pytest.raises(EstimationError, match="needs the column"):
        condition_table(pd.DataFrame({"condition": []}))


def test_empty_and_single_reading_tables_are_tables():
    assert cells(condition_table(forest_frame().iloc[:0])) == []
    single = forest_frame(("neck_pain",), withheld=()).query("time == '48h'").drop(columns="time")
    assert cells(condition_table(single))[0][:2] == ["Neck pain", "1.1 (0.7 to 1.5)"]


def test_everything_shown_is_escaped():
    frame = pd.DataFrame({"condition": ["<script>x</script>"], "estimate": [np.nan], "note": ["<b>why</b>"]})
    page = html_of(
        as_table(frame, title="<i>T</i>", source_note="<u>s</u>", labels={"estimate": "<em>E</em>"})
    )
    for tag in ("<script>x", "<b>why", "<i>T", "<u>s", "<em>E"):
        assert tag not in page
    frame = forest_frame(("<script>x</script>",), withheld=())
    assert "<script>x" not in html_of(condition_table(frame, title="<i>T</i>", source_note="<u>s</u>"))


def test_any_frame_gets_labels_units_and_rounding():
    frame = pd.DataFrame(
        {
            "term": ["condition[neck_pain]"], "estimate": [-0.1234], "p_value": [0.00002], "patients": [1200],
            "capture_rate": [0.655], "boundary": [True], "time": ["48h"], "measure": ["pain_relief_48h"],
        }
    )  # fmt: skip
    table = as_table(frame, labels={"estimate": "relief (points)"}, decimals={"estimate": 2})
    assert cells(table) == [
        ["condition[neck_pain]", "−0.12", "<0.001", "1,200", "66%", "yes", "at 2 days", "Pain relief"]
    ]
    assert "Relief (points)" in html_of(table)


def test_missing_values_of_every_kind_are_dashes():
    frame = pd.DataFrame(
        {"term": ["a", "b"], "x": pd.array([None, 1], dtype="Int64"), "y": [np.nan, 2.0], "z": [None, "w"]}
    )
    assert cells(as_table(frame)) == [["a", "—", "—", "—"], ["b", "1", "2.0", "w"]]


def test_shares_and_their_limits_are_percentages_and_codes_are_words():
    frame = pd.DataFrame(
        {
            "variable": ["age_band", "technique"], "value": ["40-49", "deep_pistoning"], "proportion": [0.137, np.nan],
            "conf_low": [0.12, np.nan], "conf_high": [0.156, np.nan], "missing_rate": [0.35, 0.0],
            "note": ["", "proportion: fewer than 11 of 45 (under 1 in 4)"],
        }
    )  # fmt: skip
    table = as_table(frame, decimals=2)
    assert cells(table) == [
        ["age band", "40-49", "14%", "12%", "16%", "35%"],
        ["technique", "deep pistoning", "—1", "—", "—", "0%"],
    ]
    html = table.as_raw_html()
    assert "fewer than 11 of 45 (under 1 in 4)" in html
    slopes = as_table(pd.DataFrame({"part": ["within"], "estimate": [0.1], "conf_low": [0.03]}), decimals=2)
    assert cells(slopes) == [["within", "0.10", "0.03"]]


def test_notes_become_footnotes_of_their_row():
    frame = pd.DataFrame(
        {"condition": ["jaw_pain", "headache"], "estimate": [np.nan, 1.0], "note": ["few", "boundary"]}
    )
    page = html_of(as_table(frame))
    assert "few" in page
    assert "boundary" in page
    assert "note</th>" not in page


def test_the_same_table_is_the_same_text_and_the_frame_is_unchanged():
    frame = forest_frame()
    before = frame.copy(deep=True)
    assert html_of(condition_table(frame)) == html_of(condition_table(frame))
    assert html_of(as_table(frame)) == html_of(as_table(frame))
    pd.testing.assert_frame_equal(frame, before)


def test_row_order_does_not_matter():
    frame = forest_frame()
    assert cells(condition_table(frame.sample(frac=1, random_state=1))) == cells(condition_table(frame))


def test_a_percent_sign_stays_with_its_number():
    page = html_of(as_table(pd.DataFrame({"condition": ["neck_pain"], "proportion": [0.14]})))
    assert "14%" in html.unescape(page)


def test_small_p_values_are_said_to_be_below_a_thousandth_only():
    frame = pd.DataFrame({"term": ["a", "b"], "p_value": [0.0009, 0.004]})
    assert cells(as_table(frame)) == [["a", "<0.001"], ["b", "0.004"]]


def test_an_empty_text_is_shown_as_it_is_and_a_category_as_its_words():
    frame = pd.DataFrame(
        {"term": ["a", "b"], "value": pd.Categorical(["deep_pistoning", None]), "why": ["", "few"]}
    )
    assert cells(as_table(frame)) == [["a", "deep pistoning", ""], ["b", "—", "few"]]


def test_what_is_expected_is_in_the_unit_of_the_figure_it_stands_beside():
    expected = {"null_benchmark": [0.3], "null_benchmark_flare": [0.49]}
    points = pd.DataFrame({"condition": ["neck_pain"], "estimate": [1.2], **expected})
    shares = pd.DataFrame({"condition": ["neck_pain"], "proportion": [0.4], **expected})
    assert cells(as_table(points)) == [["Neck pain", "1.2", "0.3", "0.5"]]
    assert cells(as_table(shares)) == [["Neck pain", "40%", "30%", "49%"]]
