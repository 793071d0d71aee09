"""Numbers in, words out: points, percentages, counts and "about 3 in 10", all rounded by one rule.

What a sentence says and what a chart or table prints (the functions ending in ``_text``) differ only in how they say
that there is no number, and at the ends of a scale of ten.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

__all__ = [
    "NOT_SHOWN",
    "about_in_ten",
    "count_text",
    "counted",
    "half_up",
    "in_ten",
    "interval",
    "interval_text",
    "number",
    "percent",
    "percent_text",
    "tenths",
]

NOT_SHOWN = "not shown (privacy)"
"""What stands in the place of a figure that is withheld, on every page and chart."""

_DIGITS = 12
"""Significant digits that are taken as meant: what a sum of tenths is off by lies beyond them."""


def half_up(value: float, digits: int = 0) -> float:
    """Round as people do: halves away from zero, of the number as it is written, not as it is held in binary.

    Examples
    --------
    >>> half_up(0.15, 1), half_up(0.35, 1), half_up(2.5), half_up(-0.25, 1), half_up(3.3 - 1.3 - 0.5)
    (0.2, 0.4, 3.0, -0.3, 2.0)
    """
    meant = Decimal(f"{float(value):.{_DIGITS}g}")
    return float(meant.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def number(value: float, digits: int = 1) -> str:
    """A number for reading: a true minus sign, no minus zero, "—" where missing.

    Examples
    --------
    >>> number(-0.04), number(-1.26), number(1234.5, 0), number(float("nan"))
    ('0.0', '−1.3', '1,235', '—')
    """
    if _unknown(value):
        return "—"
    return f"{half_up(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def interval(low: float, high: float, digits: int = 1) -> str:
    """An interval for reading.

    Examples
    --------
    >>> interval(-0.2, 1.1)
    '−0.2 to 1.1'
    """
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: float, *, unknown: str = "a share too small to show") -> str:
    """A share of 1 as a whole percentage that never claims 0 or 100 by rounding.

    Examples
    --------
    >>> percent(0.304), percent(0.002), percent(0.999), percent(0.0), percent(float("nan"))
    ('30%', '<1%', '>99%', '0%', 'a share too small to show')
    """
    if _unknown(share):
        return unknown
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{number(100 * share, 0)}%"


def percent_text(share: float) -> str:
    """A percentage for a chart or a table: "—" where missing."""
    return percent(share, unknown="—")


def interval_text(estimate: float, low: float, high: float, *, decimals: int = 1, share: bool = False) -> str:
    """An estimate and its interval for a chart or a table.

    Examples
    --------
    >>> interval_text(0.5, -0.2, 1.25)
    '0.5 (−0.2 to 1.3)'
    >>> interval_text(0.31, 0.2, 0.44, share=True)
    '31% (20 to 44)'
    """
    said = percent_text(estimate) if share else number(estimate, decimals)
    if _unknown(estimate) or _unknown(low) or _unknown(high):
        return said
    ends = [percent_text(end).removesuffix("%") if share else number(end, decimals) for end in (low, high)]
    return f"{said} ({ends[0]} to {ends[1]})"


def counted(n: float, noun: str, *, unknown: str = f"{{}}s {NOT_SHOWN}") -> str:
    """A count with its noun in the right number.

    Examples
    --------
    >>> counted(1, "patient"), counted(1200, "session"), counted(float("nan"), "patient")
    ('1 patient', '1,200 sessions', 'patients not shown (privacy)')
    """
    if _unknown(n):
        return unknown.format(noun)
    return f"{number(n, 0)} {noun}{'' if n == 1 else 's'}"


def count_text(n: float, noun: str = "") -> str:
    """A count for a chart or a table, with its noun if one is given; what is withheld is said to be.

    Examples
    --------
    >>> count_text(1, "patient"), count_text(1200), count_text(float("nan"), "patient"), count_text(float("nan"))
    ('1 patient', '1,200', 'patients withheld', '—')
    """
    return counted(n, noun, unknown="{}s withheld") if noun else number(n, 0)


def tenths(share: float) -> int:
    """Of ten people, how many a share comes nearest to.

    Examples
    --------
    >>> tenths(0.25), tenths(0.15), tenths(0.049), tenths(1.0)
    (3, 2, 0, 10)
    """
    return int(half_up(10 * share))


def in_ten(share: float, low: float | None = None, high: float | None = None) -> str:
    """A share as people count; near the ends as fewer or more than.

    Examples
    --------
    >>> in_ten(0.31, 0.22, 0.41), in_ten(0.02), in_ten(0.97)
    ('about 3 in 10 (likely 2 to 4)', 'fewer than 1 in 10', 'more than 9 in 10')
    """
    if _unknown(share):
        return "an unknown share"
    said = _in_ten(share, few="fewer than 1 in 10", most="more than 9 in 10")
    if low is None or high is None or _unknown(low) or _unknown(high):
        return said
    least, greatest = tenths(low), tenths(high)
    return f"{said} (likely {least} to {greatest})" if least != greatest else said


def about_in_ten(share: float) -> str:
    """A share as people count, for a chart: nobody and everybody are said of what was recorded only.

    Examples
    --------
    >>> about_in_ten(0.62), about_in_ten(0.02), about_in_ten(0.97), about_in_ten(0.0), about_in_ten(1.0)
    ('about 6 in 10', 'fewer than 1 in 20', 'nearly everyone', 'nobody recorded', 'everyone recorded')
    """
    if _unknown(share):
        return "cannot say"
    ends = {0.0: "nobody recorded", 1.0: "everyone recorded"}
    return ends.get(share) or _in_ten(share, few="fewer than 1 in 20", most="nearly everyone")


def _in_ten(share: float, *, few: str, most: str) -> str:
    """The nearest tenth in words; what is nearest to none or to all is said to be less or more than that."""
    people = tenths(share)
    return few if people < 1 else most if people > 9 else f"about {people} in 10"


def _unknown(value: float) -> bool:
    return bool(pd.isna(value)) or not np.isfinite(value)
