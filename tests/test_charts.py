"""The three charts of the spine, asked what they drew; the shared house: style, words, alt text."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation, Text

from outcomes import charts
from outcomes.chart_style import BETTER, OTHER_MARKS, PAGE, PHONE, TIME_MARKS, WORSE
from outcomes.conditions import CONDITIONS, condition, condition_label
from outcomes.errors import EstimationError

WITHHELD = "withheld: fewer than 11 patients"


def forest_frame(names=CONDITIONS, withheld=("golfers_elbow",)) -> pd.DataFrame:
    """Estimates whose values are easy to recognise: 0.1, 0.2 … right after, one more at two days."""
    rows = []
    for number, name in enumerate(names):
        for time, shift in (("post", 0.0), ("48h", 1.0)):
            value = 0.1 * (number + 1) + shift if name not in withheld else np.nan
            rows.append(
                {
                    "condition": name, "time": time, "measure": f"pain_relief_{time}",
                    "patients": 20 + number if name not in withheld else np.nan,
                    "sessions": 50 + number if name not in withheld else np.nan,
                    "capture_rate": 0.7 if name not in withheld else np.nan,
                    "estimate": value, "conf_low": value - 0.4, "conf_high": value + 0.4,
                    "note": WITHHELD if name in withheld else "",
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def course_frame() -> pd.DataFrame:
    rows = [
        {"condition": name, "time": time, "patients": 30.0, "sessions": 90.0, "mean": mean, "p10": mean - 3,
         "p25": mean - 1, "median": mean, "p75": mean + 1, "p90": mean + 3, "note": ""}
        for name in ("jaw_pain", "neck_pain")
        for time, mean in (("pre", 5.0), ("post", 4.0), ("48h", 3.5))
    ]  # fmt: skip
    rows.append({"condition": "headache", "time": "pre", "note": WITHHELD})
    return pd.DataFrame(rows)


def binned_frame() -> pd.DataFrame:
    relief = np.array([-2.0, 0.0, 2.0])
    return pd.DataFrame(
        {"relief_post": relief, "estimate": [-0.5, 0.5, 1.5], "conf_low": [-1, 0, 1], "conf_high": [0, 1, 2],
         "line": 0.5 + relief / 2, "patients": [20, 40, 30], "sessions": [30, 100, 60]}
    )  # fmt: skip


CHARTS = {
    "condition_forest": (charts.condition_forest, forest_frame),
    "pain_course": (charts.pain_course, course_frame),
    "immediate_to_two_day": (charts.immediate_to_two_day, binned_frame),
}


def texts(ax) -> str:
    return "\n".join(text.get_text() for text in ax.figure.findobj(Text))


def luminance(colour) -> float:
    """WCAG relative luminance."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a, b) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", CHARTS)
def test_chart_changes_neither_its_frame_nor_matplotlib(name):
    chart, make = CHARTS[name]
    frame = make()
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    mpl.rcParams["font.size"] = settings["font.size"]
    chart(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize("name", CHARTS)
def test_house_style_wins_over_a_dark_global_style(name):
    chart, make = CHARTS[name]
    with plt.style.context("dark_background"):
        ax = chart(make())
    assert luminance(ax.figure.get_facecolor()[:3]) == pytest.approx(1.0)


@pytest.mark.parametrize("width", [PAGE, PHONE])
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_overlaps_another_or_leaves_the_page(name, width):
    chart, make = CHARTS[name]
    ax = chart(make(), width=width, times={"post": "right after treatment", "48h": "at the 1-year follow-up"})
    assert_nothing_overlaps(ax)


def labels_out_of_view(figure) -> set[Text]:
    """Tick labels matplotlib keeps but does not draw."""
    axes = [ax for ax in figure.findobj(mpl.axes.Axes)]
    unseen = set()
    for axis in [axis for ax in axes for axis in (ax.xaxis, ax.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        unseen |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    return unseen


def assert_nothing_overlaps(ax) -> None:
    """Every visible text lies on the page, and no two of them touch by more than a point."""
    figure = ax.figure
    figure.draw_without_rendering()
    page, boxes, unseen = figure.bbox, [], labels_out_of_view(figure)
    for text in figure.findobj(Text):
        if text in unseen or not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent() if not isinstance(text, Annotation) else Text.get_window_extent(text)
        if box.width > 1:
            boxes.append((text.get_text(), box))
    slack = figure.dpi / 72
    for said, box in boxes:
        assert box.x0 > -slack, said
        assert box.x1 < page.x1 + slack, said
        assert box.y0 > -slack, said
        assert box.y1 < page.y1 + slack, said
    for number, (said, a) in enumerate(boxes):
        for other, b in boxes[number + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= slack or high <= 2.2 * slack, (said, other)


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
    chart, make = CHARTS[name]
    with pytest.raises(EstimationError, match="needs the column"):
        chart(make()[["patients"]])


@pytest.mark.parametrize("name", CHARTS)
def test_labels_of_the_readings_come_from_the_mapping(name):
    chart, make = CHARTS[name]
    frame = make()
    frame.attrs["outcomes"] = {"times": {"pre": "before", "post": "after treatment", "48h": "at one year"}}
    ax = chart(frame)
    assert "at one year" in charts.alt_text(ax)
    title = ax.figure.get_suptitle() or ax.get_title()
    assert "at one year" in title.replace("\n", " ")
    assert "2 days" not in texts(ax) + charts.alt_text(ax)


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
    said = [text for text in ax.texts if text.get_text() == WITHHELD]
    assert len(said) == 1
    assert contrast(said[0].get_color(), "white") > 4.5
    label = ax.get_yticklabels()[CONDITIONS.index("golfers_elbow")]
    assert label.get_color() == said[0].get_color()
    assert f"Golfer's elbow: right after {WITHHELD}" in charts.alt_text(ax)


def test_forest_shows_what_regression_to_the_mean_alone_would_give():
    frame = forest_frame(("neck_pain",), withheld=()).assign(expected_change=[0.25, 0.75])
    ax = charts.condition_forest(frame)
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == 6] == [0.25, 0.75]
    assert "regression to the mean alone 0.2 right after and 0.8 at 2 days" in charts.alt_text(ax)


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
