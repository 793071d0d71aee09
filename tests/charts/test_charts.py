"""The three charts of the spine, asked what they drew; the shared house: style, words, alt text."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from chart_frames import (
    CHARTS,
    WITH_TIMES,
    WITHHELD,
    assert_nothing_overlaps,
    binned_frame,
    contrast,
    course_frame,
    forest_frame,
    luminance,
    texts,
)
from outcomes import charts
from outcomes.charts.style import BETTER, OTHER_MARKS, PAGE, PHONE, TIME_MARKS, WORSE
from outcomes.errors import EstimationError
from outcomes.record.conditions import CONDITIONS, condition, condition_label


@pytest.mark.parametrize("name", CHARTS)
def test_chart_changes_neither_its_frame_nor_matplotlib(name):
    chart, make = CHARTS[name]
    frame = make()
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    mpl.rcParams["font.size"] = settings["font.size"]
    chart(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize("name", ["condition_forest", "pain_course", "flow"])
def test_house_style_wins_over_a_dark_global_style(name):
    chart, make = CHARTS[name]
    with plt.style.context("dark_background"):
        ax = chart(make())
    assert luminance(ax.figure.get_facecolor()[:3]) == pytest.approx(1.0)


@pytest.mark.parametrize("width", [PAGE, PHONE])
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_overlaps_another_or_leaves_the_page(name, width):
    chart, make = CHARTS[name]
    times = {"post": "right after treatment", "48h": "at the 1-year follow-up"}
    ax = chart(make(), width=width, **({"times": times} if name in WITH_TIMES else {}))
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_chart_draws_in_the_axes_it_is_given(name):
    chart, make = CHARTS[name]
    _, (left, right) = plt.subplots(1, 2, figsize=(14, 8))
    assert chart(make(), ax=right) is right
    assert not left.lines
    assert charts.alt_text(right)


@pytest.mark.parametrize("name", CHARTS)
def test_an_empty_frame_is_a_chart_that_says_so(name):
    chart, make = CHARTS[name]
    ax = chart(make().iloc[:0])
    assert "No rows to draw" in texts(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_absent_columns_are_named(name):
    chart, _ = CHARTS[name]
    with pytest.raises(EstimationError, match="needs the column"):
        chart(pd.DataFrame({"something": [1.0]}))


@pytest.mark.parametrize("name", WITH_TIMES)
def test_labels_of_the_readings_come_from_the_mapping(name):
    chart, make = CHARTS[name]
    frame = make()
    frame.attrs["outcomes"] = {"times": {"pre": "before", "post": "after treatment", "48h": "at one year"}}
    ax = chart(frame)
    assert "at one year" in charts.alt_text(ax)
    assert "at one year" in texts(ax).replace("\n", " ")
    assert "2 days" not in texts(ax) + charts.alt_text(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_a_title_an_alt_text_and_a_note(name):
    chart, make = CHARTS[name]
    ax = chart(make(), title="How is it?", source_note="Follow-up 36 to 72 h.")
    assert "How is it?" in (ax.figure.get_suptitle(), ax.get_title())
    assert "Follow-up 36 to 72 h." in texts(ax).replace("\n", " ")
    told = charts.alt_text(ax)
    assert told.startswith("How is it?")
    assert charts.alt_text(ax.figure) == told
    assert "nan" not in told.lower().replace("no answer", "")


@pytest.mark.parametrize("name", CHARTS)
def test_shuffled_rows_draw_the_same_chart(name):
    chart, make = CHARTS[name]
    if name in ("flow", "expectation_card", "specification_curve", "dose_response", "missingness"):
        return  # there the order of rows, or of first appearance, is what is drawn
    frame = make()
    told = charts.alt_text(chart(frame))
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    assert charts.alt_text(chart(shuffled)) == told


def test_forest_keeps_the_fixed_order_and_every_condition():
    ax = charts.condition_forest(forest_frame().sample(frac=1, random_state=1))
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown == [condition_label(name) for name in CONDITIONS]
    assert ax.yaxis_inverted()


def test_forest_shows_unknown_conditions_after_known_ones_as_first_seen():
    ax = charts.condition_forest(forest_frame(("usual_care", "jaw_pain", "PRT", "headache"), withheld=()))
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Headache",
        "Jaw pain",
        "usual care",
        "PRT",
    ]


def test_forest_marks_stand_at_their_estimates_and_intervals():
    frame = forest_frame()
    ax = charts.condition_forest(frame)
    for time, marker in (("post", "o"), ("48h", "s")):
        points = [line for line in ax.lines if line.get_marker() == marker]
        expected = frame[(frame["time"] == time) & frame["estimate"].notna()]["estimate"]
        assert [line.get_xdata()[0] for line in points] == pytest.approx(list(expected))
    ends = sorted(
        tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2 and line.get_zorder() == 3
    )
    known = frame.dropna(subset=["estimate"])
    assert np.allclose(ends, sorted(zip(known["conf_low"], known["conf_high"], strict=True)))


def test_forest_null_line_stands_at_the_null_value_and_names_both_sides():
    ax = charts.condition_forest(forest_frame())
    upright = [
        line for line in ax.lines if list(line.get_xdata()) == [0.0, 0.0] and list(line.get_ydata()) == [0, 1]
    ]
    assert len(upright) == 1
    assert {"no change", "← worse", "better →"} <= set(texts(ax).split("\n"))
    low, high = ax.get_xlim()
    assert low < 0 < high


def test_forest_shows_worsening_as_plainly_as_relief():
    frame = forest_frame(("neck_pain",), withheld=())
    frame[["estimate", "conf_low", "conf_high"]] -= 8.0
    low, high = charts.condition_forest(frame).get_xlim()
    assert low < frame["conf_low"].min()
    assert high >= condition("neck_pain").smallest_change


def test_forest_marks_the_smallest_change_of_each_condition_hollow_where_borrowed():
    ax = charts.condition_forest(forest_frame(("neck_pain", "mid_back_pain"), withheld=()))
    bars = [line for line in ax.lines if line.get_markersize() == 15.0]
    assert [line.get_xdata()[0] for line in bars] == [
        condition(name).smallest_change for name in ("neck_pain", "mid_back_pain")
    ]
    assert [line.get_markerfacecolor() == "white" for line in bars] == [False, True]


def test_forest_says_why_a_row_is_empty_in_grey():
    ax = charts.condition_forest(forest_frame())
    said = [text for text in ax.texts if text.get_text() and WITHHELD.startswith(text.get_text())]
    assert len(said) == 1
    assert contrast(said[0].get_color(), "white") > 4.5
    label = ax.get_yticklabels()[CONDITIONS.index("golfers_elbow")]
    assert label.get_color() == said[0].get_color()
    assert f"Golfer's elbow: right after {WITHHELD}" in charts.alt_text(ax)


def test_forest_shows_what_regression_to_the_mean_alone_would_give():
    frame = forest_frame(("neck_pain",), withheld=()).assign(expected_change=[0.25, 0.75])
    ax = charts.condition_forest(frame)
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == 6] == [0.25, 0.75]
    assert "regression to the mean alone 0.3 right after and 0.8 at 2 days" in charts.alt_text(ax)


def test_forest_refuses_two_measures_on_one_axis():
    frame = forest_frame(("neck_pain",), withheld=())
    frame["measure"] = ["pain_relief_post", "function_gain_48h"]
    with pytest.raises(EstimationError, match="one measure"):
        charts.condition_forest(frame)


def test_forest_of_motion_is_held_against_measurement_error_in_its_unit():
    frame = forest_frame(("jaw_pain",), withheld=()).assign(measure="rom_gain", movement="mouth_opening")
    ax = charts.condition_forest(frame)
    assert ax.get_xlabel() == "Range-of-motion gain (mm)"
    assert [line.get_xdata()[0] for line in ax.lines if line.get_markersize() == 15.0] == [9.0]


def test_forest_alt_text_holds_numbers_and_patients():
    told = charts.alt_text(charts.condition_forest(forest_frame()))
    assert "Neck pain: right after 0.2 (−0.2 to 0.6), at 2 days 1.2 (0.8 to 1.6), 21 patients" in told
    assert "95 % intervals" in told


def test_forest_accepts_counts_protected_as_text_and_nullable_numbers():
    frame = forest_frame(("neck_pain", "jaw_pain"), withheld=("jaw_pain",))
    frame["patients"] = ["20", "20", "<11", "<11"]
    frame["sessions"] = frame["sessions"].astype("Float64").astype("Int64")
    frame["condition"] = frame["condition"].astype("category")
    ax = charts.condition_forest(frame)
    assert "20" in texts(ax)


def test_labels_with_dollars_and_braces_are_shown_as_they_are():
    frame = forest_frame(("cost_$x_{$",), withheld=("cost_$x_{$",))
    frame["note"] = "withheld: $ and \\frac{"
    ax = charts.condition_forest(frame)
    ax.figure.canvas.draw()
    assert "cost $x {$" in [label.get_text() for label in ax.get_yticklabels()]


def test_title_can_be_given_and_source_note_is_added():
    ax = charts.condition_forest(forest_frame(), title="Mine", source_note="Follow-up 36 to 72 h.")
    assert ax.get_title() == "Mine"
    said = texts(ax).replace("\n", " ")
    assert "Follow-up 36 to 72 h." in said
    assert "20 to 32 patients per condition" in said
    assert "670 sessions" in said  # 50 + … + 62, without the withheld 58


@pytest.mark.parametrize("marks", [tuple(TIME_MARKS.values()), OTHER_MARKS])
def test_marks_differ_without_colour_and_are_seen_on_white(marks):
    for mark in marks:
        assert contrast(mark.colour, "white") > 3
    assert len({mark.marker for mark in marks}) == len(marks)
    assert contrast(TIME_MARKS["post"].colour, TIME_MARKS["48h"].colour) > 2.5
    assert contrast(BETTER, WORSE) > 2
    assert TIME_MARKS["post"].filled != TIME_MARKS["48h"].filled


def test_course_has_a_panel_per_condition_in_order_on_the_whole_scale():
    ax = charts.pain_course(course_frame())
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Headache", "Neck pain", "Jaw pain"]
    assert all(panel.get_ylim() == (0, 10) for panel in panels)
    means = [line for line in panels[1].lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in means] == [[5.0, 4.0, 3.5]]
    assert [label.get_text().replace("\n", " ") for label in panels[1].get_xticklabels()] == [
        "before", "right after", "at 2 days",
    ]  # fmt: skip
    assert WITHHELD in " ".join(text.get_text().replace("\n", " ") for text in panels[0].texts)


def test_course_alt_text_holds_the_means():
    told = charts.alt_text(charts.pain_course(course_frame()).figure)
    assert "Neck pain: before 5.0, right after 4.0, at 2 days 3.5, 30 patients." in told
    assert "lower is better" in told


def test_course_draws_quartiles_and_tenths():
    panel = charts.pain_course(course_frame()).figure.axes[1]
    spans = {tuple(line.get_ydata()) for line in panel.lines if len(line.get_xdata()) == 2}
    assert {(2.0, 8.0), (4.0, 6.0)} <= spans


def test_course_says_which_reading_is_missing():
    frame = course_frame()
    frame = frame[(frame["condition"] == "neck_pain") & (frame["time"] != "48h")]
    frame = pd.concat(
        [frame, pd.DataFrame([{"condition": "neck_pain", "time": "48h", "note": "not recorded"}])]
    )
    assert "not recorded" in texts(charts.pain_course(frame)).replace("\n", " ")


def test_relation_shows_bins_their_line_and_equality():
    ax = charts.immediate_to_two_day(binned_frame())
    dots = ax.collections[-1].get_offsets()
    assert np.allclose(dots, [[-2, -0.5], [0, 0.5], [2, 1.5]])
    assert ax.get_xlim() == ax.get_ylim()
    fitted = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert list(fitted[0].get_ydata()) == [-0.5, 0.5, 1.5]
    assert any(getattr(line, "_slope", None) == 1 for line in ax.lines)
    assert "all of it kept" in texts(ax)


def test_relation_dots_grow_with_sessions():
    sizes = charts.immediate_to_two_day(binned_frame()).collections[-1].get_sizes()
    assert list(np.argsort(sizes)) == [0, 2, 1]


def test_relation_note_adds_sessions_over_bins():
    said = texts(charts.immediate_to_two_day(binned_frame())).replace("\n", " ")
    assert "190 sessions shown" in said
    assert "20 to 40 patients per dot" in said


def test_relation_alt_text_reads_the_ends():
    told = charts.alt_text(charts.immediate_to_two_day(binned_frame()))
    assert (
        "relief right after of −2.0 was followed by −0.5 and of 2.0 was followed by 1.5 at 2 days"
        in told.lower()
    )
    assert "190 sessions" in told


def test_alt_text_refuses_a_foreign_figure():
    figure, ax = plt.subplots()
    for chart in (figure, ax):
        with pytest.raises(EstimationError, match="alt text"):
            charts.alt_text(chart)
