"""Dates as people write them, and nothing guessed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.deidentify.dates import day_comes_first, read_dates


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "20240305",
        "2024/03/05 10:30",
        "2024-03-05T10:30:00Z",
        "3/5/2024",
        "03-05-2024",
        "3/5/24",
        "5 Mar 2024",
        "05-MAR-24",
        "March 5, 2024",
        "Mar 5th, 2024",
        "45356",
        "45356.5",
        "2024-03-05 00:00:00",
        "3/5/2024 2:15 PM",
    ],
)
def test_dates_as_people_write_them(text):
    read = read_dates(pd.Series([text, None]), day_first=False)
    assert read.times.dt.normalize().tolist()[0] == pd.Timestamp("2024-03-05")
    assert read.times.isna().tolist() == [False, True]
    assert read.unread == 0


def test_day_first_is_told_from_the_dates_themselves():
    assert day_comes_first([pd.Series(["1/2/2024"]), pd.Series(["25/2/2024"])]) is True
    assert day_comes_first([pd.Series(["2024-01-25"])]) is None
    assert day_comes_first([pd.Series(["25/2/2024", "2/25/2024"])]) is None


@given(st.dates(min_value=pd.Timestamp("1905-01-01").date(), max_value=pd.Timestamp("2068-12-31").date()))
def test_every_date_survives_every_way_of_writing_it(date):
    ways = [date.isoformat(), f"{date:%d %b %Y}", f"{date:%m/%d/%Y}", f"{date:%B} {date.day}, {date.year}"]
    read = read_dates(pd.Series(ways), day_first=False)
    assert set(read.times.dt.date) == {date}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("3/5/2024 12:30 AM", 0.5),
        ("3/5/2024 12:30 PM", 12.5),
        ("3/5/2024 11:59 pm", 23.98),
        ("3/5/2024 1:00 a.m.", 1.0),
        ("2024-03-05T14:15:30+02:00", 14.25),
        ("45356.75", 18.0),
        ("3/5/2024", 0.0),
    ],
)
def test_times_of_day_by_either_clock(text, hours):
    (time,) = read_dates(pd.Series([text]), day_first=False).times
    assert (time - pd.Timestamp("2024-03-05")).total_seconds() / 3600 == pytest.approx(hours, abs=0.01)


@pytest.mark.parametrize(("short", "year"), [("00", 2000), ("68", 2068), ("69", 1969), ("99", 1999)])
def test_a_year_of_two_digits_is_read_as_posix_has_it(short, year):
    assert read_dates(pd.Series([f"13.5.{short}"]), day_first=True).times[0].year == year


def test_a_date_of_equal_day_and_month_is_read_whatever_comes_first():
    read = read_dates(pd.Series(["5/5/2024", "4/5/2024"]), day_first=None)
    assert read.times.tolist()[0] == pd.Timestamp("2024-05-05")
    assert (read.unread, read.ambiguous) == (1, True)


def test_what_is_no_day_of_the_calendar_stays_unread():
    read = read_dates(pd.Series(["31/2/2024", "5 Mor 2024", "soon", "2024-13-01"]), day_first=True)
    assert (read.unread, read.ambiguous, read.timed) == (4, False, False)
