"""How long something lasted, as people say it: ``2 days``, ``36 hrs``, ``1-2 d``, ``about a day``, ``2 d 4 h``.

Comes in: a text, and what a number without a unit means. Goes out: hours; nothing where the text is no duration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outcomes.intake.quantity import plain_text, quantity

__all__ = ["WEEKS", "Duration", "duration_of"]

_HOURS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), (1.0, "hours")),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), (1 / 60, "minutes")),
    **dict.fromkeys(("d", "day", "days"), (24.0, "days")),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), (168.0, "weeks")),
}
_TWO_PARTS = re.compile(r"^(\d+(?:[.,]\d+)?\s*[a-z]+)[\s,]*(?:and\s+)?(\d+(?:[.,]\d+)?\s*[a-z]+)$")
_ORDINAL = re.compile(r"^(\d+)-(day|hour|week)s?$")
_COUNTED = re.compile(r"^(day|hour|week) (\d+)$")
WEEKS = {
    **{unit: hours / 168.0 for unit, (hours, _) in _HOURS.items() if hours >= 24.0},
    **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months"), 365.25 / 12 / 7),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365.25 / 7),
}
"""Weeks of a unit that says how long a complaint has lasted."""


@dataclass(frozen=True)
class Duration:
    """A time in hours, or an interval.

    Attributes
    ----------
    low_h, high_h : float
    step_h : float
        The unit it is rounded to.
    unit : str
        As written, in full.
    about : bool
    bound : {"", "more", "less"}
    words : str
        What stands beside it.
    """

    low_h: float
    high_h: float
    step_h: float
    unit: str
    about: bool = False
    bound: str = ""
    words: str = ""


def duration_of(text: str, hours_are: str = "hours") -> Duration | None:
    """Read a duration; None where the text is none, or its unit is not known.

    Parameters
    ----------
    text : str
    hours_are : {"hours", "days", ""}
        What a number without a unit means; blank where that is not known.

    Examples
    --------
    >>> duration_of("1-2 d").low_h, duration_of("1-2 d").high_h, duration_of("2 d 4 h").low_h, duration_of("3", "")
    (24.0, 48.0, 52.0, None)
    """
    plain = _COUNTED.sub(r"\2 \1", _ORDINAL.sub(r"\1 \2", plain_text(text)))
    if both := _TWO_PARTS.match(plain):
        first, second = duration_of(both[1], ""), duration_of(both[2], "")
        if first is not None and second is not None and second.step_h < first.step_h:
            whole = first.low_h + second.low_h
            return Duration(whole, whole, second.step_h, f"{first.unit} and {second.unit}")
    found = quantity(plain)
    if found is None or found.out_of:
        return None
    factor, unit = _HOURS.get(found.unit or hours_are, (None, ""))
    if factor is None:
        return None
    return Duration(
        found.low * factor, found.high * factor, factor, unit, found.about, found.bound, found.words
    )
