"""Curves drawn as they are given: responders, precision, what the unreached could change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import (
    plan_frame,
    responder_frame,
    texts,
    tipping_frame,
)
from outcomes import charts
from outcomes.charts.style import EXPECTED


def test_responder_curve_draws_every_threshold_and_the_benchmark():
    ax = charts.responder_curve(responder_frame())
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Neck pain", "Jaw pain"]
    lines = [line for line in panels[0].lines if len(line.get_xdata()) == 7]
    assert np.allclose(lines[0].get_ydata(), np.linspace(0.9, 0.06, 7))
    expected = [line for line in lines if line.get_color() == EXPECTED]
    assert [tuple(line.get_ydata()) for line in expected] == [(0.31,) * 7] * 2  # one for each reading
    assert "expected without any effect" in texts(ax)
    assert "Not shown (privacy): golfer's elbow." in texts(ax).replace("\n", " ")


def test_responder_alt_text_reads_two_points_beside_its_benchmark():
    told = charts.alt_text(charts.responder_curve(responder_frame()))
    assert "Right after at least 2 points: 34% of sessions. Expected without any effect: 31%." in told
    assert "At 2 days at least 2 points: 42% of sessions." in told


def test_responder_curve_needs_no_condition():
    frame = responder_frame().query("condition == 'neck_pain'").drop(columns="condition")
    ax = charts.responder_curve(frame, unit="percent")
    assert "percent" in ax.get_xlabel()
    assert len(ax.figure.axes) == 1


def test_precision_marks_now_and_the_target():
    ax = charts.precision(plan_frame(), target=0.8)
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Neck pain", "Jaw pain"]
    now = [line for line in panels[1].lines if len(line.get_xdata()) == 1]
    assert (now[0].get_xdata()[0], now[0].get_ydata()[0]) == (16.0, 1.0)
    assert any(list(line.get_ydata()) == [0.8, 0.8] for line in panels[1].lines)
    told = charts.alt_text(ax)
    assert "Now: ±0.60 (neck pain) to ±1.00 (jaw pain) points. 1 of 2 conditions are within ±0.80." in told
    assert "Too few to estimate: golfer's elbow." in texts(ax).replace("\n", " ")


@pytest.mark.parametrize("dtype", ["category", "str"])
def test_condition_columns_of_any_kind_are_read(dtype):
    frame = responder_frame().astype({"condition": dtype})
    assert len(charts.responder_curve(frame).figure.axes) == 2


def test_nullable_numbers_are_read():
    frame = plan_frame().astype({"patients": pd.Int64Dtype(), "width": pd.Float64Dtype()})
    assert "±1.00 (jaw pain)" in charts.alt_text(charts.precision(frame))


def test_the_line_and_its_null_are_where_the_numbers_are():
    ax = charts.tipping_point(tipping_frame())
    lines = {tuple(np.round(line.get_ydata(), 6)) for line in ax.lines}
    assert (0.6, 0.3, 0.0) in lines
    assert (0.0, 0.0) in {tuple(line.get_ydata()) for line in ax.lines}
    assert ax.get_ylim()[0] < -0.2
    assert "worse" in ax.get_xlabel()
    assert "no change" in {text.get_text() for text in ax.texts}


def test_tipping_alt_text_tells_both_ends():
    text = charts.alt_text(charts.tipping_point(tipping_frame()))
    assert "0.6 (0.4 to 0.8) if unreached patients did 0.0 points worse." in text
    assert "0.0 (−0.2 to 0.2) if unreached patients did 2.0 points worse." in text


def test_tipping_is_held_against_what_is_expected_without_any_effect():
    ax = charts.tipping_point(tipping_frame(), expected=(0.1, 1.9))
    band = ax.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.1, 1.9))
    assert ax.get_ylim()[1] > 1.9
    assert "Expected without any effect: 0.1 to 1.9." in charts.alt_text(ax)
    assert not charts.tipping_point(tipping_frame(), expected=(np.nan, 1.9)).patches


@pytest.mark.parametrize("width", [7.0, 3.6])
def test_a_panel_per_condition_with_numbers(width):
    steps = tipping_frame()
    blank = steps.assign(
        condition="jaw_pain", estimate=np.nan, conf_low=np.nan, conf_high=np.nan, note="not recorded"
    )
    both = pd.concat(
        [steps.assign(condition="neck_pain"), steps.assign(condition="headache", estimate=-1.0), blank]
    )
    before = both.copy(deep=True)
    ax = charts.tipping_point(both, width=width)
    assert [panel.get_title() for panel in ax.figure.axes] == ["Headache", "Neck pain"]
    assert "Not recorded: jaw pain." in texts(ax).replace("\n", " ")
    assert "In 1 of 2 conditions the line never reaches no change." in charts.alt_text(ax)
    pd.testing.assert_frame_equal(both, before)


def test_a_curve_in_percent_is_read_at_thirty_percent():
    thresholds = np.arange(0.0, 70.0, 10.0)
    frame = pd.DataFrame({"threshold": thresholds, "proportion": (70.0 - thresholds) / 100.0, "time": "48h"})
    told = charts.alt_text(charts.responder_curve(frame, unit="percent"))
    assert "At 2 days at least 30 percent: 40% of sessions." in told


def test_an_interval_as_narrow_as_wanted_is_narrow_enough():
    told = charts.alt_text(charts.precision(plan_frame(), target=0.6))
    assert "1 of 2 conditions are within ±0.60." in told
