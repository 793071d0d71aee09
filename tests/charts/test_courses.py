"""Pain courses: a panel per condition on the whole scale, what is missing said."""

from __future__ import annotations

import pandas as pd

from chart_frames import (
    WITHHELD,
    course_frame,
    texts,
)
from outcomes import charts


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
