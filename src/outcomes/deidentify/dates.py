"""Dates as people write them, read without guessing.

Comes in: cells of text. Goes out: times (numpy datetime64), and whether day and month can be told apart. Refuses to
guess: where no date of the file has a day after the 12th, "3/5/2024" is the 3rd of May or the 5th of March, and is not
read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DateTexts", "day_comes_first", "read_dates"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?\s*(?P<half>[AaPp])?\.?[Mm]?\.?)?"
_REST = r"\s*(?:Z|[+-]\d{2}:?\d{2})?\s*$"
_YEAR_FIRST = re.compile(r"^\s*(?P<y>\d{4})([-/.]?)(?P<m>\d{2})\2(?P<d>\d{2})" + _TIME + _REST)
_NUMBERS = re.compile(r"^\s*(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME + _REST)
_DAY_NAME = re.compile(
    r"^\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?[ ./,-]*(?P<m>[A-Za-z]{3,9})[ ./,-]+(?P<y>\d{4}|\d{2})"
    + _TIME
    + _REST
)
_NAME_DAY = re.compile(
    r"^\s*(?P<m>[A-Za-z]{3,9})[ .]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[ ,]+(?P<y>\d{4})" + _TIME + _REST
)
_SERIAL = re.compile(r"^\s*(?P<days>[1-6]\d{4})(?P<part>\.\d+)?\s*$")
_SECONDS = re.compile(r"^\s*(?P<s>\d{9,10})(?P<ms>\d{3})?\s*$")


@dataclass(frozen=True)
class DateTexts:
    """Dates read from text.

    Attributes
    ----------
    times : pandas.Series
        datetime64, missing where a cell is blank or could not be read; same index as the cells.
    timed : bool
        Whether any of them carries a time of day.
    unread : int
        Cells that hold something but no date that could be read.
    ambiguous : bool
        Whether cells were left unread because day and month could not be told apart.
    """

    times: pd.Series
    timed: bool
    unread: int
    ambiguous: bool


def day_comes_first(columns: Iterable[pd.Series]) -> bool | None:
    """Tell from a file's own dates whether the day comes before the month; None where nothing tells.

    Parameters
    ----------
    columns : iterable of pandas.Series
        Every column of dates in the file: one export writes them all alike.

    Examples
    --------
    >>> import pandas as pd
    >>> day_comes_first([pd.Series(["3/5/2024", "3/25/2024"])]), day_comes_first([pd.Series(["3/5/2024"])])
    (False, None)
    """
    first, second = 0, 0
    for cells in columns:
        for text in cells.dropna().unique():
            if found := _NUMBERS.match(str(text)):
                first, second = max(first, int(found["a"])), max(second, int(found["b"]))
    if (first > 12) == (second > 12):
        return None
    return first > 12


def read_dates(cells: pd.Series, *, day_first: bool | None) -> DateTexts:
    """Read dates: 2024-03-05, 20240305, 3/5/2024, 5.3.24, 5 Mar 2024, March 5, 2024, a workbook's days, seconds.

    Parameters
    ----------
    cells : pandas.Series
        Text, blank where missing.
    day_first : bool or None
        Whether 3/5/2024 is the 3rd of May; None leaves such cells unread.
    """
    import pandas as pd

    distinct = cells.dropna().unique()
    read = {text: _read(str(text), day_first) for text in distinct}
    stamps = {text: _stamp(parts) for text, parts in read.items()}
    times = pd.Series([stamps.get(text) for text in cells], index=cells.index, dtype="datetime64[us]")
    unread = int((cells.notna() & times.isna()).sum())
    ambiguous = day_first is None and any(
        read[text] is None and _NUMBERS.match(str(text)) is not None for text in distinct
    )
    return DateTexts(
        times, any(parts is not None and parts[3] is not None for parts in read.values()), unread, ambiguous
    )


_Parts = tuple[int, int, int, float | None]


def _read(text: str, day_first: bool | None) -> _Parts | None:
    """Year, month, day, hours after midnight; None where the text is no date."""
    if found := _YEAR_FIRST.match(text):
        return int(found["y"]), int(found["m"]), int(found["d"]), _hours(found)
    if found := _NUMBERS.match(text):
        a, b = int(found["a"]), int(found["b"])
        if day_first is None and a != b:
            return None
        day, month = (a, b) if day_first else (b, a)
        return _century(found["y"]), month, day, _hours(found)
    if found := _DAY_NAME.match(text) or _NAME_DAY.match(text):
        if (short := found["m"][:3].lower()) in _MONTHS:
            return _century(found["y"]), _MONTHS.index(short) + 1, int(found["d"]), _hours(found)
        return None
    if found := _SERIAL.match(text):
        return _from_serial(int(found["days"]), float(found["part"] or 0))
    if found := _SECONDS.match(text):
        return _from_seconds(int(found["s"]))
    return None


def _from_seconds(seconds: int) -> _Parts:
    """Seconds since the start of 1970, in universal time."""
    import datetime as dt

    time = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return time.year, time.month, time.day, round((time.hour * 60 + time.minute) / 60, 4) or None


def _from_serial(days: int, part: float) -> _Parts:
    """A spreadsheet's day number, counted from the end of 1899."""
    import datetime as dt

    day = dt.date(1899, 12, 30) + dt.timedelta(days=days)
    return day.year, day.month, day.day, round(part * 24, 4) if part else None


def _hours(found: re.Match[str]) -> float | None:
    if found["hour"] is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    hours = hour + int(found["minute"]) / 60
    return hours or None  # midnight is how a date without a time is written


def _century(year: str) -> int:
    short = int(year)
    return short if len(year) == 4 else short + (2000 if short < 69 else 1900)


def _stamp(parts: _Parts | None) -> object:
    import pandas as pd

    if parts is None:
        return pd.NaT
    year, month, day, hours = parts
    try:
        return pd.Timestamp(year, month, day) + pd.Timedelta(minutes=round((hours or 0) * 60))
    except (ValueError, OverflowError):
        return pd.NaT
