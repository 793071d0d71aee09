"""Specification curve: sorted estimates, the choices below them, the planned analysis set apart."""

from __future__ import annotations

import pytest

from chart_frames import specification_frame, texts
from outcomes import charts


def test_estimates_are_sorted_and_the_planned_one_set_apart():
    ax = charts.specification_curve(specification_frame())
    others = next(line for line in ax.lines if line.get_marker() == "o")
    assert list(others.get_ydata()) == [0, 1, 2, 3, 4, 5, 6]
    planned = next(line for line in ax.lines if line.get_marker() == "*")
    assert (planned.get_xdata()[0], planned.get_ydata()[0]) == (7, 7)
    assert any(list(line.get_ydata()) == [0.0, 0.0] for line in ax.lines)


def test_every_option_of_every_choice_is_marked_once_per_analysis():
    below = charts.specification_curve(specification_frame()).figure.axes[1]
    marks = sum(len(line.get_xdata()) for line in below.lines if line.get_marker() in ("|", "*"))
    assert marks == 8 * 3
    shown = [label.get_text() for label in below.get_yticklabels()]
    assert {
        "model",
        "ANCOVA",
        "change score",
        "window from",
        "24",
        "36",
        "48",
        "first only",
        "yes",
        "no",
    } == set(shown)


def test_shares_are_shown_as_percentage_points_against_their_own_nothing():
    frame = specification_frame()
    frame[["estimate", "conf_low", "conf_high"]] /= 100
    ax = charts.specification_curve(frame, share=True, at_null="as chance alone")
    others = next(line for line in ax.lines if line.get_marker() == "o")
    assert list(others.get_ydata()) == pytest.approx([0, 1, 2, 3, 4, 5, 6])
    assert "as chance alone" in texts(ax)
    assert "no change" not in texts(ax)


def test_choices_can_be_named():
    below = charts.specification_curve(specification_frame(), choices=["model"]).figure.axes[1]
    assert {label.get_text() for label in below.get_yticklabels()} == {"model", "ANCOVA", "change score"}


def test_what_failed_is_counted_and_told():
    ax = charts.specification_curve(specification_frame())
    assert "1 more could not be estimated" in texts(ax)
    told = charts.alt_text(ax)
    assert "8 analyses" in told
    assert "0.0 to 7.0, median 3.5" in told
    assert "7 intervals lie wholly above 0, 0 wholly below" in told
    assert "The planned analysis gives 7.0 (6.7 to 7.3)" in told


def test_a_long_label_stays_beside_its_panel():
    ax = charts.specification_curve(
        specification_frame(), label="responders beyond chance (percentage points)"
    )
    ax.figure.draw_without_rendering()
    label, panel = ax.yaxis.label.get_window_extent(), ax.get_window_extent()
    assert panel.y0 <= label.y0
    assert label.y1 <= panel.y1
