"""Forests: rows in order, marks at their numbers, what to hold them against, reasons in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import (
    WITHHELD,
    associations_frame,
    contrast,
    forest_frame,
    rates_frame,
    slopes_frame,
    texts,
)
from outcomes import charts
from outcomes.charts import alt_text
from outcomes.charts.forest import CARET
from outcomes.charts.forests import Scale, association_forest
from outcomes.errors import EstimationError
from outcomes.record.conditions import CONDITIONS, condition, condition_label


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


def test_rates_are_percent_with_their_benchmark():
    ax = charts.rate_forest(rates_frame())
    assert ax.get_xlabel().endswith("(%)")
    low, high = ax.get_xlim()
    assert low == 0
    assert high > 0.4
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == CARET]
    assert marks == [0.31] * 4  # none beside the withheld rows
    assert "30 % (20 to 40)" in texts(ax)
    assert "expected with no effect at all 31 % right after and 31 % at 2 days" in charts.alt_text(ax)


def test_both_benchmarks_are_drawn_where_both_are_known():
    frame = rates_frame().assign(null_benchmark_flare=0.46)
    ax = charts.rate_forest(frame)
    marks = [
        (line.get_xdata()[0], line.get_markerfacecolor()) for line in ax.lines if line.get_marker() == CARET
    ]
    assert {place for place, _ in marks} == {0.31, 0.46}
    assert {face == "white" for place, face in marks if place == 0.46} == {True}
    assert "the same, if all came on a bad day" in texts(ax)


def test_a_benchmark_that_does_not_depend_on_the_day_is_drawn_once():
    frame = rates_frame().assign(null_benchmark_flare=0.31)
    frame.loc[frame["time"] == "48h", "null_benchmark_flare"] = 0.46
    ax = charts.rate_forest(frame)
    marks = [line for line in ax.lines if line.get_marker() == CARET]
    open_marks = [line.get_xdata()[0] for line in marks if line.get_markerfacecolor() == "white"]
    assert set(open_marks) == {0.46}
    assert len(marks) - len(open_marks) == 2 * len(open_marks)


def test_rates_say_how_many_sessions_they_were_recorded_in():
    said = texts(charts.rate_forest(rates_frame().assign(capture_rate=0.64)))
    assert "recorded" in said
    assert "64 %" in said


def test_a_slope_stands_beside_that_of_no_effect():
    ax = charts.slopes(slopes_frame().assign(null_benchmark=0.31))
    assert "with no effect at all" in texts(ax)
    assert next(line.get_xdata()[0] for line in ax.lines if isinstance(line.get_marker(), list)) == 0.31
    assert "with no effect at all 0.31" in charts.alt_text(ax)


@pytest.mark.parametrize(("scale", "tick"), [(1, "0.5"), (6, "2"), (0.05, "0.02")])
def test_tick_labels_say_where_their_ticks_are(scale, tick):
    frame = slopes_frame()
    frame[["estimate", "conf_low", "conf_high", "estimate_unshrunk"]] *= scale
    ax = charts.slopes(frame)
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    shown = {label.get_text(): at for at, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    assert all(float(text.replace("−", "-")) == pytest.approx(at, abs=1e-9) for text, at in shown.items())
    assert tick in [text for text, at in shown.items() if low <= at <= high]


def test_rates_may_be_called_proportions_or_carry_a_unit():
    frame = rates_frame().rename(columns={"estimate": "proportion"})
    assert "30 % (20 to 40)" in texts(charts.rate_forest(frame))
    counts = rates_frame().drop(columns="null_benchmark")
    counts[["estimate", "conf_low", "conf_high"]] *= 10
    ax = charts.rate_forest(counts, label="Twitches", unit="per session")
    assert ax.get_xlabel().replace("\n", " ") == "Twitches (per session)"
    assert "3.0 (2.0 to 4.0)" in texts(ax)


def test_slopes_show_the_unshrunk_estimate_and_zero_as_no_relation():
    frame = slopes_frame()
    ax = charts.slopes(frame)
    raw = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == CARET]
    assert sorted(raw) == pytest.approx(sorted(frame["estimate_unshrunk"].dropna()))
    assert "no relation" in texts(ax)
    assert any(list(line.get_xdata()) == [0.0, 0.0] for line in ax.lines)


def test_trials_are_drawn_pale_behind_the_condition_and_reading_they_are_of():
    frame = forest_frame(("neck_pain", "mid_back_pain"), withheld=())
    ax = charts.condition_forest(frame)
    wide = [line for line in ax.lines if line.get_linewidth() == 7]
    assert [tuple(line.get_xdata()) for line in wide] == [(0.76, 2.29), (0.99, 3.64)]
    assert "trials: more than a comparison group" in texts(ax)
    assert "trials: more than a comparison group 0.8 to 2.3 right after" in charts.alt_text(ax)
    later = charts.condition_forest(frame, times={"48h": "a month later"})
    assert len([line for line in later.lines if line.get_linewidth() == 7]) == 1


def test_rows_keep_their_order_and_their_words():
    frame = associations_frame()
    before = frame.copy()
    axes = association_forest(frame, labels={"pain_relief_48h": "pain relief at 2 days"})
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Pain relief at 2 days",
        "Soreness peak",
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_the_null_line_stands_at_no_relation_and_small_numbers_stay_apart():
    axes = association_forest(associations_frame())
    lines = [
        line for line in axes.get_lines() if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert any(line.get_xdata()[0] == 0.0 for line in lines)
    shown = [axes.xaxis.get_major_formatter()(value, 0) for value in (0.05, 0.1)]
    assert shown == ["0.05", "0.10"]
    ratio = association_forest(
        associations_frame().rename(columns={"estimate": "ratio"}),
        scale=Scale("Ratio", 1.0, ("shorter", "same", "longer")),
    )
    assert ratio.get_xlabel() == "Ratio"
    assert any(list(line.get_xdata()) == [1.0, 1.0] for line in ratio.get_lines())


def test_alt_text_tells_both_models_and_the_reason_for_what_is_missing():
    told = alt_text(association_forest(associations_frame()))
    assert "insertions not regarded 0.40 (0.20 to 0.60)" in told
    assert "at an equal number of insertions 0.10 (−0.10 to 0.30)" in told
    assert "at an equal number of insertions insertions not recorded" in told
    assert "80 patients" in told
