"""Dates to what the record holds: days since the patient's first session, hours to the follow-up, age in bands.

Comes in: the columns of dates of a raw table, and the patient of each row. Goes out: columns of text without a date in
them. A date whose day and month cannot be told apart is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.deidentify.dates import DateTexts, day_comes_first, read_dates
from outcomes.record.columns import ten_year_band

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["from_dates"]

_MOST_HOURS = 8_760


def from_dates(
    patients: pd.Series,
    session: pd.Series | None,
    *,
    followup: pd.Series | None = None,
    birth: pd.Series | None = None,
    day_first: bool | None = None,
) -> dict[str, pd.Series]:
    """Columns of the record that dates tell, each as text.

    Parameters
    ----------
    patients, session : pandas.Series
        Patient and date of each session.
    followup, birth : pandas.Series, optional
    day_first : bool, optional
        Whether 3/5/2024 is the 3rd of May; by default worked out from the dates.

    Returns
    -------
    dict of str to pandas.Series
        ``day``, ``followup_h``, ``age_band``: those that can be found; and ``order``, by which sessions are counted.
    """
    there = [cells for cells in (session, followup, birth) if cells is not None]
    order = day_comes_first(there) if day_first is None else day_first
    read = read_dates(session, day_first=order) if session is not None else None
    out = {}
    if read is not None and read.times.notna().any():
        days = read.times.dt.normalize()
        out["day"] = _text((days - days.groupby(patients).transform("min")).dt.days)
        out["order"] = read.times
        if followup is not None:
            out |= _followup(read, read_dates(followup, day_first=order))
        if birth is not None:
            out |= _age(days.groupby(patients).transform("min"), read_dates(birth, day_first=order).times)
    return out


def _followup(session: DateTexts, later: DateTexts) -> dict[str, pd.Series]:
    """Hours to the follow-up, where both carry a time of day."""
    if not (session.timed and later.timed):
        return {}
    hours = ((later.times - session.times).dt.total_seconds() / 3600).round(1)
    return {"followup_h": _text(hours.where((hours > 0) & (hours <= _MOST_HOURS)))}


def _age(first: pd.Series, born: pd.Series) -> dict[str, pd.Series]:
    had_birthday = (first.dt.month * 100 + first.dt.day) >= (born.dt.month * 100 + born.dt.day)
    age = first.dt.year - born.dt.year - (~had_birthday).astype("float")
    bands = age.where(age >= 0).map(lambda years: ten_year_band(f"{years:.0f}"), na_action="ignore")
    return {"age_band": bands.astype("str")}


def _text(numbers: pd.Series) -> pd.Series:
    return numbers.map("{:.10g}".format, na_action="ignore").astype("str")
