"""Pain courses: a panel per condition on the whole scale, what is missing said."""

from __future__ import annotations

import numpy as np

from chart_frames import (
    course_frame,
    texts,
)
from outcomes import charts


def test_course_has_a_row_per_condition_in_order_on_the_whole_scale():
    ax = charts.pain_course(course_frame())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Neck pain", "Jaw pain"]
    assert ax.get_xlim() == (0, 10)
    for marker, mean in (("^", 5.0), ("o", 4.0), ("s", 3.5)):
        assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == marker] == [mean] * 2
    assert "Not shown (privacy): headache." in texts(ax).replace("\n", " ")


def test_course_alt_text_holds_the_means_of_all_readings():
    told = charts.alt_text(charts.pain_course(course_frame()).figure)
    assert told == (
        "Average pain before, right after and at 2 days. Before: 5.0 points. Right after: 4.0 points. "
        "At 2 days: 3.5 points."
    )


def test_course_says_which_reading_is_missing():
    frame = course_frame()
    frame.loc[(frame["condition"] == "neck_pain") & (frame["time"] == "48h"), ["mean", "note"]] = [
        np.nan,
        "not recorded",
    ]
    assert "Not recorded: neck pain at 2 days." in texts(charts.pain_course(frame)).replace("\n", " ")
