"""The other forests: rates beside their benchmark, slopes beside the unshrunk ones; and dose against outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import binned_frame, dose_frame, forest_frame, rates_frame, slopes_frame, texts
from outcomes import charts
from outcomes.charts.forest import CARET


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


def test_dose_response_has_a_panel_per_outcome_and_draws_the_given_line():
    line = pd.DataFrame({"outcome": "soreness_h", "dose": [12.0, 0.0], "estimate": [40.0, 25.0]})
    ax = charts.dose_response(dose_frame(), line=line)
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == [
        "Pain relief at 2 days (points)",
        "Soreness after needling (hours)",
    ]
    fitted = [found for found in panels[1].lines if len(found.get_xdata()) == 2]
    assert list(fitted[0].get_xdata()) == [0.0, 12.0]
    dots = panels[1].collections[-1].get_offsets()
    assert np.allclose(dots, [[0, 24], [5, 30], [12, 41]])
    assert any(list(found.get_ydata()) == [0.0, 0.0] for found in panels[0].lines)  # relief has a null value
    assert not any(list(found.get_ydata()) == [0.0, 0.0] for found in panels[1].lines)  # hours have none
    assert all(panel.get_xlabel() == "Twitches in the session" for panel in panels)


def test_dose_alt_text_reads_the_bins():
    told = charts.alt_text(charts.dose_response(dose_frame()))
    assert "Soreness after needling (hours): 24.0 at 0, 30.0 at 5, 41.0 at 12, 260 sessions" in told


def test_trials_are_drawn_pale_behind_the_condition_and_reading_they_are_of():
    frame = forest_frame(("neck_pain", "mid_back_pain"), withheld=())
    ax = charts.condition_forest(frame)
    wide = [line for line in ax.lines if line.get_linewidth() == 7]
    assert [tuple(line.get_xdata()) for line in wide] == [(0.76, 2.29), (0.99, 3.64)]
    assert "trials: more than a comparison group" in texts(ax)
    assert "trials: more than a comparison group 0.8 to 2.3 right after" in charts.alt_text(ax)
    later = charts.condition_forest(frame, times={"48h": "a month later"})
    assert len([line for line in later.lines if line.get_linewidth() == 7]) == 1


def test_the_relation_stands_beside_the_slope_of_no_effect():
    ax = charts.immediate_to_two_day(binned_frame(), null_slope=0.25)
    dotted = next(line for line in ax.lines if line.get_linestyle() == ":")
    (left, right), (low, high) = dotted.get_xdata(), dotted.get_ydata()
    assert (left, right) == (-2, 2)
    assert (high - low) / (right - left) == pytest.approx(0.25)
    assert "with no effect at all" in texts(ax)
    told = charts.alt_text(ax)
    assert "The fitted line rises by 0.50 per point." in told
    assert "With no effect at all, the line would rise by 0.25 per point." in told
