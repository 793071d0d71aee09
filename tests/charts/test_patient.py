"""One patient's course: sessions in order, what was not recorded said, mixtures refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import patient_frame, texts
from outcomes import charts
from outcomes.errors import EstimationError


def test_readings_stand_in_the_order_of_sessions():
    pain = charts.patient_course(patient_frame(), measurement_error=2.0).figure.axes[0]
    before = next(line for line in pain.lines if line.get_marker() == "^")
    assert list(before.get_ydata()) == [7.0, 5.0, 4.0]
    band = pain.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == (5.0, 9.0)


def test_measurement_error_of_the_movement_is_looked_up():
    motion = charts.patient_course(patient_frame()).figure.axes[1]
    band = motion.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx(
        (50 - 8.34, 50 + 8.34), abs=0.01
    )  # 7 degrees at 90% is 8.34 at 95%
    assert motion.get_title() == "Range of motion: Neck rotation (degree)"


def test_errors_of_several_movements_are_not_mixed():
    frame = patient_frame().assign(rom_movement=["cervical_rotation", "mouth_opening", "cervical_rotation"])
    assert not charts.patient_course(frame).figure.axes[1].patches


def test_soreness_still_going_is_an_open_arrow_and_unasked_is_said():
    sore = charts.patient_course(patient_frame()).figure.axes[3]
    marks = {line.get_xdata()[0]: line for line in sore.lines if len(line.get_xdata()) == 1}
    assert marks[1].get_marker() == "_"
    assert marks[3].get_marker() == 6
    assert marks[3].get_markerfacecolor() == "white"
    assert "not asked" in [text.get_text() for text in sore.texts]


def test_what_was_never_recorded_is_said():
    frame = patient_frame()[["patient_id", "condition", "session_number", "pain_pre"]]
    said = texts(charts.patient_course(frame))
    assert said.count("not recorded") == 3


def test_a_whole_missing_column_is_not_recorded_either():
    frame = patient_frame().assign(twitch_count=np.nan, soreness_h=pd.array([None] * 3, dtype="Float64"))
    assert texts(charts.patient_course(frame)).count("not recorded") == 2


@pytest.mark.parametrize("column", ["patient_id", "condition"])
def test_mixtures_are_refused(column):
    frame = patient_frame()
    frame[column] = ["a", "b", "b"]
    with pytest.raises(EstimationError, match=f"2 values of {column}"):
        charts.patient_course(frame)


def test_alt_text_tells_first_and_last():
    told = charts.alt_text(charts.patient_course(patient_frame()))
    assert "Pain before: first 7, last 4" in told
    assert "Hours sore: first 24, last 50" in told


def test_two_days_of_soreness_are_a_dotted_line():
    sore = charts.patient_course(patient_frame()).figure.axes[3]
    assert [list(line.get_ydata()) for line in sore.lines if line.get_linestyle() == ":"] == [[48, 48]]
