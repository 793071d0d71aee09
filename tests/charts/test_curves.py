"""Curves drawn as they are given: responders, precision, what the missing could change."""

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


def test_responder_curve_draws_every_threshold_and_the_benchmark():
    ax = charts.responder_curve(responder_frame())
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Neck pain", "Jaw pain", "Golfer's elbow"]
    lines = [line for line in panels[0].lines if len(line.get_xdata()) == 7]
    assert len(lines) == 4  # two readings, each with its benchmark
    assert np.allclose(lines[0].get_ydata(), np.linspace(0.9, 0.06, 7))
    assert {tuple(line.get_ydata()) for line in lines} >= {(0.31,) * 7}
    assert "expected with no effect at all" in texts(ax)


def test_responder_alt_text_reads_two_points_beside_its_benchmark():
    told = charts.alt_text(charts.responder_curve(responder_frame()))
    assert "right after 34 % at 2 points (31 % expected with no effect at all)" in told
    assert "40 patients, 120 sessions" in told


def test_responder_curve_needs_no_condition():
    frame = responder_frame().query("condition == 'neck_pain'").drop(columns="condition")
    ax = charts.responder_curve(frame, unit="percent")
    assert "percent" in ax.get_xlabel()
    assert len(ax.figure.axes) == 1


def test_precision_marks_now_and_the_target():
    ax = charts.precision(plan_frame(), target=0.5)
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Neck pain", "Jaw pain", "Golfer's elbow"]
    now = [line for line in panels[1].lines if len(line.get_xdata()) == 1]
    assert (now[0].get_xdata()[0], now[0].get_ydata()[0]) == (16.0, 1.0)
    assert any(list(line.get_ydata()) == [0.5, 0.5] for line in panels[1].lines)
    told = charts.alt_text(ax)
    assert "Jaw pain: ±1.00 points with 16 patients, ±0.25 points with 256 patients" in told
    assert "Golfer's elbow: too few patients to say" in told


@pytest.mark.parametrize("dtype", ["category", "str"])
def test_condition_columns_of_any_kind_are_read(dtype):
    frame = responder_frame().astype({"condition": dtype})
    assert len(charts.responder_curve(frame).figure.axes) == 3


def test_nullable_numbers_are_read():
    frame = plan_frame().astype({"patients": pd.Int64Dtype(), "width": pd.Float64Dtype()})
    assert "16 patients" in charts.alt_text(charts.precision(frame))


def test_the_line_and_its_null_are_where_the_numbers_are():
    ax = charts.tipping_point(tipping_frame())
    lines = {tuple(np.round(line.get_ydata(), 6)) for line in ax.lines}
    assert (0.6, 0.3, 0.0) in lines
    assert (0.0, 0.0) in {tuple(line.get_ydata()) for line in ax.lines}
    assert ax.get_ylim()[0] < -0.2
    assert "worse" in ax.get_xlabel()
    assert "no change" in {text.get_text() for text in ax.texts}


def test_alt_text_tells_both_ends_and_who_it_rests_on():
    text = charts.alt_text(charts.tipping_point(tipping_frame()))
    assert "0.6 (0.4 to 0.8) at 0.00 points worse" in text
    assert "0.0 (−0.2 to 0.2) at 2.00 points worse" in text
    assert "40 patients" in text


@pytest.mark.parametrize("width", [7.0, 3.6])
def test_a_panel_per_condition_keeps_those_without_numbers(width):
    steps = tipping_frame()
    blank = steps.assign(
        condition="jaw_pain", estimate=np.nan, conf_low=np.nan, conf_high=np.nan, note="not recorded"
    )
    both = pd.concat([steps.assign(condition="neck_pain"), blank])
    before = both.copy(deep=True)
    ax = charts.tipping_point(both, width=width)
    titles = [panel.get_title() for panel in ax.figure.axes]
    assert titles == ["Neck pain", "Jaw pain"]
    assert any("not recorded" in text.get_text() for text in ax.figure.axes[1].texts)
    pd.testing.assert_frame_equal(both, before)
