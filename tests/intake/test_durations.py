"""Times as people write them, each with the hours worked out by hand."""

from __future__ import annotations

import pytest

from outcomes.intake.durations import duration_of


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("36 hrs", 36, 36),
        ("2 days", 48, 48),
        ("1-2 d", 24, 48),
        ("3 to 4 Days", 72, 96),
        ("a week", 168, 168),
        ("90 minutes", 1.5, 1.5),
        ("half a day", 12, 12),
        ("a day and a half", 36, 36),
        ("2 ½ days", 60, 60),
        ("1,5 d", 36, 36),
        ("2 d 4 h", 52, 52),
        ("1 day and 6 hours", 30, 30),
        ("1 hour, 30 minutes", 1.5, 1.5),
        ("2-day", 48, 48),
        ("two days.", 48, 48),
        ("10", 10, 10),
    ],
)
def test_hours(text: str, low: float, high: float) -> None:
    found = duration_of(text)
    assert found is not None
    assert (found.low_h, found.high_h) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "text", ["", "sore", "2 mm", "7/10", "4 h 2 d", "2 d 3 d", "3/5/2024", "2 days 3", "1,200 h"]
)
def test_what_is_no_duration(text: str) -> None:
    assert duration_of(text) is None


def test_a_number_without_a_unit_means_what_the_column_means() -> None:
    assert duration_of("2", "days").low_h == 48
    assert duration_of("2", "hours").low_h == 2
    assert duration_of("2", "") is None
    assert duration_of("2 h", "days").low_h == 2, "a unit that is written counts"


def test_bounds_and_about_and_what_stands_next_to_it() -> None:
    assert duration_of("> 2 days").bound == "more"
    assert duration_of("up to 3 days").bound == "less"
    assert duration_of("about 2 days").about
    assert duration_of("2 days, worse at night").words == "worse at night"
    assert duration_of("2 d 4 h").unit == "days and hours"
    assert (duration_of("2 days").step_h, duration_of("2 h").step_h) == (24, 1)
