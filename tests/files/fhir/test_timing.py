"""Which reading a pain score is, by the clock: each window at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from outcomes.files.fhir.resources import Moment, moment
from outcomes.files.fhir.timing import placed

START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def _at(hours: float) -> Moment:
    return Moment(START + timedelta(hours=hours), timed=True)


@pytest.mark.parametrize(
    ("hours", "ending"),
    [
        (-12.5, "none"),
        (-12, "pre"),
        (0, "pre"),
        (0.1, "unclear"),
        (0.5, "post"),
        (2, "post"),
        (2.5, "none"),
        (23.9, "none"),
        (24, "48h"),
        (96, "48h"),
        (97, "none"),
    ],
)
def test_of_a_session_whose_beginning_alone_is_known(hours: float, ending: str) -> None:
    assert placed(_at(hours), _at(0), None).ending == ending


@pytest.mark.parametrize(
    ("hours", "ending"),
    [(0, "pre"), (0.3, "unclear"), (0.75, "post"), (2.7, "post"), (2.8, "none"), (49, "48h")],
)
def test_of_a_session_of_three_quarters_of_an_hour(hours: float, ending: str) -> None:
    found = placed(_at(hours), _at(0), _at(0.75))
    assert found.ending == ending
    if ending == "48h":
        assert found.hours == pytest.approx(48.25)


@pytest.mark.parametrize(
    ("taken", "ending"),
    [
        ("2026-01-11", "unclear"),
        ("2026-01-12", "unclear"),
        ("2026-01-14", "48h"),
        ("2026-01-15", "unclear"),
        ("2026-01-20", "none"),
        ("2026-01", "unclear"),
        ("2026-01-14T09:00:00", "48h"),
        ("2026-01-12T09:30:00", "unclear"),
        ("tomorrow", "unclear"),
    ],
)
def test_without_hours_or_without_a_zone_only_two_days_later_is_clear(taken: str, ending: str) -> None:
    found = placed(moment(taken), _at(0), None)
    assert (found.ending, found.hours) == (ending, None)


def test_zones_are_told_apart() -> None:
    assert placed(moment("2026-01-12T04:30:00-05:00"), _at(0), None).ending == "post"
