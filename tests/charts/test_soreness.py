"""Soreness curves drawn as they are given, with who is at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chart_frames import (
    soreness_frame,
    texts,
)
from outcomes import charts
from outcomes.charts.soreness import at_risk_by


def steps_of(panel):
    return [line for line in panel.lines if line.get_drawstyle() == "steps-post"]


def test_soreness_is_a_falling_step_from_its_values():
    ax = charts.soreness_curve(soreness_frame())
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["Headache", "Neck pain", "Jaw pain", "Tennis elbow"]
    step = steps_of(panels[0])[0]
    assert list(step.get_xdata()) == [0, 6, 12, 18, 24, 30, 36, 42, 48]
    assert np.allclose(step.get_ydata(), np.arange(9, 0, -1) / 10)
    assert "Not shown (privacy): golfer's elbow." in texts(ax).replace("\n", " ")


def test_soreness_starts_at_everyone_where_the_curve_starts_later():
    frame = soreness_frame(("neck_pain",)).query("time_h > 0 or time_h.isna()")
    step = steps_of(charts.soreness_curve(frame))[0]
    assert (step.get_xdata()[0], step.get_ydata()[0]) == (0.0, 1.0)


def test_soreness_marks_one_two_and_three_days():
    panel = charts.soreness_curve(soreness_frame()).figure.axes[0]
    upright = {line.get_xdata()[0] for line in panel.lines if len(set(line.get_xdata())) == 1}
    assert {24.0, 48.0, 72.0} <= upright


def test_at_risk_counts_those_still_watched_just_before():
    known = soreness_frame(("neck_pain",)).dropna(subset=["time_h"])
    assert [at_risk_by(known, hour) for hour in (0, 24, 25, 48, 72)] == [10, 6, 5, 2, 0]
    assert np.isnan(at_risk_by(known.iloc[:3], 72))
    ax = charts.soreness_curve(soreness_frame(("neck_pain", "jaw_pain")))
    assert {"at risk", "10", "6", "2", "0"} <= set(texts(ax).split("\n"))


def test_at_risk_of_a_curve_on_a_grid_is_said_only_where_it_is_known():
    grid = pd.DataFrame(
        {
            "time_h": [12.0, 24, 48],
            "from_h": [0.0, 12, 36],
            "at_risk": [100.0, 90, 40],
            "still_sore": [0.9, 0.6, 0.3],
        }
    )
    assert at_risk_by(grid, 0) == 100
    assert at_risk_by(grid, 12) == 90
    assert np.isnan(at_risk_by(grid, 24))
    assert np.isnan(at_risk_by(grid, 48))


def test_few_groups_share_a_panel_and_are_named_at_their_ends():
    ax = charts.soreness_curve(soreness_frame(("neck_pain", "jaw_pain")))
    assert len(ax.figure.axes) == 1
    assert len(steps_of(ax)) == 2
    assert len({line.get_linestyle() for line in steps_of(ax)}) == 2
    said = texts(ax)
    assert said.count("Neck pain") == 2  # at its end and in the table
    assert "Not shown (privacy): golfer's elbow." in said.replace("\n", " ")


def test_a_curve_known_at_few_hours_is_drawn_as_points():
    frame = soreness_frame(("neck_pain",)).query("time_h in (24, 48)")
    ax = charts.soreness_curve(frame)
    assert not steps_of(ax)
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert list(points[0].get_xdata()) == [24.0, 48.0]


def test_soreness_alt_text_reads_the_curve_at_one_and_two_days():
    told = charts.alt_text(charts.soreness_curve(soreness_frame(("neck_pain",))))
    assert "still sore 50% at 24 hours and 10% at 48 hours." in told


def test_many_curves_known_at_few_hours_become_rows_with_a_mark_for_each_day():
    frame = soreness_frame().query("time_h in (0, 24, 48) or time_h.isna()")
    ax = charts.soreness_curve(frame)
    assert len(ax.figure.axes) == 1
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["Headache", "Neck pain", "Jaw pain", "Tennis elbow"]
    for marker, share in (("D", 0.5), ("s", 0.1)):  # after 24 and after 48 hours
        assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == marker] == [share] * 4
    assert "After 24 hours: 50%. After 48 hours: 10%." in charts.alt_text(ax)
    assert "Not shown (privacy): golfer's elbow." in texts(ax).replace("\n", " ")


def test_names_that_leave_no_room_for_the_curves_get_a_panel_each(tmp_path):
    """On a phone, a clinic's three groups named eight conditions between them, and no chart was left."""
    long = "arthritis_joint_pain+piriformis_sciatica+tennis_elbow+plantar_fasciitis+shoulder_pain"
    frame = soreness_frame((long, "neck_pain", "jaw_pain"))
    wide, narrow = (charts.soreness_curve(frame, width=width).figure for width in (12.0, 3.6))
    assert len([ax for ax in wide.axes if ax.lines]) == 1
    assert len([ax for ax in narrow.axes if ax.lines]) == 3
    assert min(ax.get_position().width for ax in narrow.axes) > 0.2
    narrow.savefig(tmp_path / "narrow.png")
