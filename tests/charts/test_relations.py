"""Relations: bins where they are, the lines they are held against, what they rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import (
    binned_frame,
    dose_frame,
    texts,
)
from outcomes import charts
from outcomes.charts.style import EXPECTED


def test_relation_shows_bins_their_line_and_equality():
    ax = charts.immediate_to_two_day(binned_frame())
    dots = ax.collections[-1].get_offsets()
    assert np.allclose(dots, [[-2, -0.5], [0, 0.5], [2, 1.5]])
    assert ax.get_xlim() == ax.get_ylim()
    fitted = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert list(fitted[0].get_ydata()) == [-0.5, 0.5, 1.5]
    assert any(getattr(line, "_slope", None) == 1 for line in ax.lines)
    assert "all relief kept" in texts(ax)


def test_relation_dots_grow_with_sessions():
    sizes = charts.immediate_to_two_day(binned_frame()).collections[-1].get_sizes()
    assert list(np.argsort(sizes)) == [0, 2, 1]


def test_relation_note_adds_sessions_over_bins():
    said = texts(charts.immediate_to_two_day(binned_frame())).replace("\n", " ")
    assert "190 sessions shown" in said
    assert "20 to 40 patients per dot" in said


def test_relation_alt_text_reads_the_line_or_else_the_ends():
    told = charts.alt_text(charts.immediate_to_two_day(binned_frame()))
    assert (
        told == "Does relief right after predict relief at 2 days? The fitted line rises by 0.50 per point."
    )
    without = charts.alt_text(charts.immediate_to_two_day(binned_frame().drop(columns="line")))
    assert "Relief right after and at 2 days: −2.0 then −0.5 to 2.0 then 1.5 points." in without


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


def test_dose_alt_text_reads_both_ends():
    told = charts.alt_text(charts.dose_response(dose_frame()))
    assert "Soreness after needling (hours): 24.0 at 0 to 41.0 at 12." in told


def test_sessions_of_several_outcomes_are_not_added_up():
    said = texts(charts.dose_response(dose_frame())).replace("\n", " ")
    assert "30 to 60 patients per dot; 260 sessions shown" in said


def test_the_relation_stands_beside_the_slope_of_no_effect_through_its_middle():
    ax = charts.immediate_to_two_day(binned_frame(), null_slope=0.25)
    line = next(line for line in ax.lines if line.get_color() == EXPECTED)
    (left, right), (low, high) = line.get_xdata(), line.get_ydata()
    assert (left, right) == (-2, 2)
    assert (high - low) / (right - left) == pytest.approx(0.25)
    middle = (-2 * 30 + 2 * 60) / 190  # weighted by the sessions of the dots
    assert low + 0.25 * (middle - left) == pytest.approx(0.5 + middle / 2)
    assert "expected without any effect" in texts(ax)
    told = charts.alt_text(ax)
    assert "The fitted line rises by 0.50 per point. Expected without any effect: 0.25 per point." in told
