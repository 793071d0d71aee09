"""Dates to days, hours and bands, against the standard library's own arithmetic."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.intake.calendar import from_dates


def texts(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype="str")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.dates(date(1990, 1, 1), date(2030, 1, 1))),
        min_size=1,
        max_size=9,
    )
)
def test_days_are_counted_from_each_patients_first(visits: list[tuple[str, date]]) -> None:
    found = from_dates(texts([who for who, _ in visits]), texts([day.isoformat() for _, day in visits]))
    first = {who: min(day for other, day in visits if other == who) for who, _ in visits}
    assert found["day"].tolist() == [str((day - first[who]).days) for who, day in visits]
    assert set(found) == {"day", "order"}


@pytest.mark.parametrize("hours", [0.5, 36, 47.9, 8_760])
def test_hours_to_the_follow_up_where_both_have_a_time(hours: float) -> None:
    start = datetime(2024, 2, 28, 22, 10)
    later = start + timedelta(hours=hours)
    found = from_dates(
        texts(["p"]), texts([f"{start:%Y-%m-%d %H:%M}"]), followup=texts([f"{later:%Y-%m-%d %H:%M}"])
    )
    assert float(found["followup_h"].iloc[0]) == pytest.approx(hours, abs=0.06)


@pytest.mark.parametrize("hours", [-1, 0, 8_761])
def test_a_follow_up_before_the_session_or_a_year_on_is_none(hours: float) -> None:
    start = datetime(2024, 5, 1, 9, 0)
    later = start + timedelta(hours=hours)
    found = from_dates(
        texts(["p"]), texts([f"{start:%Y-%m-%d %H:%M}"]), followup=texts([f"{later:%Y-%m-%d %H:%M}"])
    )
    assert found["followup_h"].isna().all()


def test_days_without_a_time_give_no_hours() -> None:
    assert "followup_h" not in from_dates(texts(["p"]), texts(["2024-05-01"]), followup=texts(["2024-05-03"]))


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("1984-05-01", "40-49"),  # forty on that very day
        ("1984-05-02", "30-39"),
        ("1984-06-01", "30-39"),
        ("1934-05-01", "90+"),
        ("1934-05-02", "80-89"),
        ("2030-01-01", None),
        (None, None),
    ],
)
def test_an_age_is_that_of_the_first_session(born: str | None, band: str | None) -> None:
    found = from_dates(texts(["p", "p"]), texts(["2024-05-01", "2026-11-30"]), birth=texts([born, born]))
    assert [None if pd.isna(cell) else cell for cell in found["age_band"]] == [band, band]


def test_a_date_that_could_be_two_is_not_read_until_the_order_is_known() -> None:
    either = texts(["3/5/2024", "4/5/2024"])
    assert from_dates(texts(["p", "p"]), either) == {}
    assert from_dates(texts(["p", "p"]), either, day_first=True)["day"].tolist() == ["0", "1"]
    assert from_dates(texts(["p", "p"]), either, day_first=False)["day"].tolist() == ["0", "31"]
    clear = texts(["3/5/2024", "25/5/2024"])
    assert from_dates(texts(["p", "p"]), clear)["day"].tolist() == ["0", "22"], "the 25th tells it of both"
