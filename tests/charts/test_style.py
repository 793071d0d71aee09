"""The house style: marks that differ without colour, lines that fit, nothing of a reader's own style."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from chart_frames import (
    CHARTS,
    contrast,
    luminance,
)
from outcomes.charts.style import (
    BETTER,
    EXPECTED_EDGE,
    OTHER_MARKS,
    TIME_MARKS,
    WORSE,
    balanced,
    text_width,
    wrapped,
)


@pytest.mark.parametrize("name", ["condition_forest", "pain_course", "flow"])
def test_house_style_wins_over_a_dark_global_style(name):
    chart, make = CHARTS[name]
    with plt.style.context("dark_background"):
        ax = chart(make())
    assert luminance(ax.figure.get_facecolor()[:3]) == pytest.approx(1.0)


@pytest.mark.parametrize("marks", [tuple(TIME_MARKS.values()), OTHER_MARKS])
def test_marks_differ_without_colour_and_are_seen_on_white(marks):
    for mark in marks:
        assert contrast(mark.colour, "white") > 3
    assert len({mark.marker for mark in marks}) == len(marks)
    assert contrast(TIME_MARKS["post"].colour, TIME_MARKS["48h"].colour) > 2.5
    assert contrast(BETTER, WORSE) > 2
    assert TIME_MARKS["post"].filled != TIME_MARKS["48h"].filled


def test_wrapped_lines_fit_and_lose_no_word():
    text = "withheld: fewer than 11 patients, or it would reveal so few"
    for width in (40.0, 90.0, 200.0):
        lines = wrapped(text, width, 7)
        assert " ".join(lines) == text
        assert all(text_width(line, 7) <= width or " " not in line for line in lines)
    assert len(balanced(text, 150, 7)) == len(wrapped(text, 150, 7))


def test_no_other_mark_can_be_taken_for_a_reading():
    others, readings = {mark.marker for mark in OTHER_MARKS}, {mark.marker for mark in TIME_MARKS.values()}
    assert not others & readings
    assert not {mark.colour for mark in OTHER_MARKS} & {mark.colour for mark in TIME_MARKS.values()}
    assert contrast(EXPECTED_EDGE, "white") > 3
