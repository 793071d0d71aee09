"""The drawing of a forest: marks at their numbers, what to hold them against, ticks that say where they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from chart_frames import (
    associations_frame,
    bands_of,
    forest_frame,
    matters_of,
    rates_frame,
    slopes_frame,
    texts,
)
from outcomes import charts
from outcomes.charts.forest import LEAST_BAND, PATIENTS, Forest, draw_forest, interval_column
from outcomes.charts.forests import Scale, association_forest
from outcomes.charts.sheet import Sheet
from outcomes.charts.style import PAGE
from outcomes.record.conditions import condition


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


def test_forest_marks_the_smallest_change_of_each_condition_and_shows_it_whole():
    frame = forest_frame(("neck_pain", "mid_back_pain"), withheld=())
    frame[["estimate", "conf_low", "conf_high"]] = [-3.0, -3.2, -2.9]
    ax = charts.condition_forest(frame)
    smallest = [condition(name).smallest_change for name in ("neck_pain", "mid_back_pain")]
    assert matters_of(ax) == smallest
    assert ax.get_xlim()[1] > max(smallest)


def test_right_after_stands_above_two_days():
    ax = charts.condition_forest(forest_frame(("neck_pain",), withheld=()))
    height = {line.get_marker(): line.get_ydata()[0] for line in ax.lines if line.get_marker() in ("o", "s")}
    assert height["o"] < 0 < height["s"]  # the axis is inverted


def test_forest_shows_what_is_expected_without_any_effect_as_a_band():
    frame = forest_frame(("neck_pain",), withheld=()).assign(
        expected_change=[0.25, 0.75], null_benchmark_flare=[0.25, 4.5]
    )
    ax = charts.condition_forest(frame)
    narrow, wide = bands_of(ax)
    assert wide == pytest.approx((0.75, 4.5))
    assert np.mean(narrow) == pytest.approx(0.25)  # drawn wide enough to be seen
    points = 72 * ax.get_window_extent().width / ax.figure.dpi
    assert narrow[1] - narrow[0] == pytest.approx(LEAST_BAND * np.diff(ax.get_xlim())[0] / points)
    assert ax.get_xlim()[1] > 4.5
    told = charts.alt_text(ax)
    assert "Right after: 0.1 (neck pain) points; expected without any effect: 0.3." in told
    assert "At 2 days: 1.1 (neck pain) points; expected without any effect: 0.8 to 4.5." in told


def test_forest_alt_text_says_from_where_to_where_the_estimates_run():
    told = charts.alt_text(charts.condition_forest(forest_frame()))
    assert "Right after: 0.1 (headache) to 1.3 (other complaints) points." in told
    assert "At 2 days: 1.1 (headache) to 2.3 (other complaints) points." in told
    assert len(told) < 250


def test_labels_with_dollars_and_braces_are_shown_as_they_are():
    ax = charts.condition_forest(forest_frame(("cost_$x_{$", "pay_$y_{$"), withheld=("pay_$y_{$",)))
    ax.figure.canvas.draw()
    assert "cost $x {$" in [label.get_text() for label in ax.get_yticklabels()]
    assert "Not shown (privacy): pay $y {$." in texts(ax).replace("\n", " ")


def test_the_band_runs_between_both_benchmarks_where_both_are_known():
    frame = rates_frame().assign(null_benchmark_flare=0.31)
    frame.loc[frame["time"] == "48h", "null_benchmark_flare"] = 0.46
    wide = [ends for ends in bands_of(charts.rate_forest(frame)) if ends[1] - ends[0] > 0.1]
    assert wide == [pytest.approx((0.31, 0.46))] * 2


@pytest.mark.parametrize(("scale", "tick"), [(1, "0.5"), (6, "2"), (0.05, "0.02")])
def test_tick_labels_say_where_their_ticks_are(scale, tick):
    frame = slopes_frame()
    frame[["estimate", "conf_low", "conf_high"]] *= scale
    ax = charts.slopes(frame)
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    shown = {label.get_text(): at for at, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    assert all(float(text.replace("−", "-")) == pytest.approx(at, abs=1e-9) for text, at in shown.items())
    assert tick in [text for text, at in shown.items() if low <= at <= high]


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


def drawn(rows: pd.DataFrame | None = None, width: float = PAGE, **what) -> Axes:
    """A forest of two conditions by its own description, without a chart around it."""
    if rows is None:
        rows = pd.DataFrame(
            {"condition": ["jaw_pain", "neck_pain"], "estimate": [2.0, 4.0], "conf_low": [1.0, np.nan],
             "conf_high": [3.0, np.nan], "patients": [31, 45]}
        )  # fmt: skip
    forest = Forest(**{"rows": rows, "series": {"": ""}, "axis": "Points", **what})
    return draw_forest(Sheet("mine", rows, rows, {}, None, None, "", width), forest, "Which?", "A note.")


def test_an_estimate_without_an_interval_is_a_mark_and_no_line():
    ax = drawn()
    marks = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() not in ("None", "")]
    assert marks == [(2.0,), (4.0,)]
    assert [tuple(line.get_xdata()) for line in ax.lines if line.get_zorder() == 3] == [(1.0, 3.0)]


def test_the_axis_leaves_six_hundredths_on_either_side_and_limits_that_are_given_stand():
    assert drawn().get_xlim() == pytest.approx((1 - 0.06 * 3, 4 + 0.06 * 3))  # 1 to 4 is all there is
    assert drawn(limits=(-2.0, 9.0)).get_xlim() == (-2.0, 9.0)


def test_an_axis_of_shares_begins_at_nothing_and_ends_at_all():
    rows = pd.DataFrame(
        {"condition": ["jaw_pain"], "estimate": [0.9], "conf_low": [0.8], "conf_high": [0.99]}
    )
    assert drawn(rows=rows, share=True).get_xlim() == (0.0, 1.0)


def test_columns_of_numbers_stand_on_a_wide_page_and_the_count_under_the_name_on_a_phone():
    said = texts(drawn(columns=(PATIENTS, interval_column("relief")))).split("\n")
    assert {"patients", "31", "45", "relief", "(95% CI)", "2.0 (1.0 to 3.0)"} <= set(said)
    phone = texts(drawn(width=3.5, columns=(PATIENTS,))).split("\n")
    assert {"31 patients", "45 patients"} <= set(phone)
    assert not {"31", "45"} & set(phone)


def test_series_stand_eleven_points_apart_and_rows_twelve_more():
    rows = forest_frame(("jaw_pain", "neck_pain"), withheld=())
    ax = drawn(rows=rows, series={"post": "Right after", "48h": "At 2 days"})
    per_row = 72 * ax.get_window_extent().height / ax.figure.dpi / abs(np.diff(ax.get_ylim())[0])
    heights = sorted(line.get_ydata()[0] for line in ax.lines if line.get_marker() in ("o", "s"))
    assert np.diff(heights) * per_row == pytest.approx([11, 23, 11], rel=0.02)
