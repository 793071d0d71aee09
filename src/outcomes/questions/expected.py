"""Estimates in, verdicts out: whether a figure lies beyond everything that is expected without any effect.

Comes in: rows of one family of comparisons, each with its interval and the two ends of what is expected without any
effect (visits booked ahead, bad days). Goes out: one verdict a row. This is the one place that decides what a page may
say: the plan allots the 5% error of a whole export to families, a family's rows share its part by Holm's adjustment,
and only what lies beyond the *whole* expected range at that level is called more, or less, than expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, stdtr, stdtrit

from outcomes.models import Floats
from outcomes.models.multiplicity import adjusted
from outcomes.record.plan import active_plan
from outcomes.words import number

__all__ = ["LESS", "MORE", "NO_MORE", "UNSURE", "direction", "expected_range", "verdicts"]

MORE, LESS, NO_MORE, UNSURE = (
    "more than expected",
    "less than expected",
    "no more than expected",
    "can't tell",
)
"""What may be said of a figure beside what is expected without any effect."""
SCALES: Mapping[str, Callable[[Floats], Floats]] = {
    "difference": lambda x: x,
    "share": lambda x: np.asarray(logit(np.clip(x, 1e-6, 1.0 - 1e-6))),
    "ratio": np.log,
}
"""On which scale an interval is even about its estimate."""


def verdicts(
    rows: pd.DataFrame,
    family: str,
    *,
    expected: tuple[str, str] | float = 0.0,
    estimate: str = "estimate",
    scale: str = "difference",
) -> pd.Series[str]:
    """The verdict of each row of a family; an empty text where there is no estimate or nothing to hold it against.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``estimate`` (or what ``estimate`` names), ``conf_low`` and ``conf_high`` at 95 percent;
        ``std_error`` and ``df`` are used where they are there.
    family : str
        A key of the plan's ``page_error``: the level it shares.
    expected : pair of str, or float
        Columns of the two ends of what is expected without any effect; or one number for all rows.
    scale : {"difference", "share", "ratio"}

    Returns
    -------
    pandas.Series
        ``more than expected``, ``less than expected``, ``no more than expected``, ``can't tell`` or an empty text.
    """
    turn = SCALES[scale]
    with np.errstate(invalid="ignore", divide="ignore"):  # a ratio that is rounded to none has no logarithm
        values = {name: turn(rows[name].to_numpy(float)) for name in (estimate, "conf_low", "conf_high")}
        low, high = (turn(end) for end in _ends(rows, expected))
    error, df = _errors(rows, values, scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.maximum(values[estimate] - high, low - values[estimate]) / error
    p_value = np.where(beyond > 0, 2.0 * stdtr(df, -np.abs(beyond)), 1.0)
    known = np.isfinite(values[estimate] + low + high + values["conf_low"] + values["conf_high"])
    clear = np.zeros(len(rows), dtype=bool)
    clear[known] = adjusted(p_value[known], "holm") <= active_plan().page_error[family]
    said = np.select(
        [~known, clear & (values[estimate] > high), clear, values["conf_high"] <= high],
        ["", MORE, LESS, NO_MORE],
        UNSURE,
    )
    return pd.Series(said, index=rows.index, dtype="str")


def direction(
    rows: pd.DataFrame,
    family: str,
    *,
    estimate: str = "estimate",
    null: float = 0.0,
    scale: str = "difference",
) -> pd.Series[float]:
    """Sign of what is clear in a family whose figures are expected to be ``null`` without any effect, else 0.

    Parameters
    ----------
    rows, family, estimate, scale
        As :func:`verdicts`.
    null : float
        What is expected of every row.
    """
    said = verdicts(rows, family, expected=null, estimate=estimate, scale=scale)
    return said.map({MORE: 1.0, LESS: -1.0}).fillna(0.0)


def expected_range(low: float, high: float, *, digits: int = 1, unit: str = "") -> str:
    """What is expected without any effect, in words: always both ends, and from what.

    Examples
    --------
    >>> expected_range(0.0, 1.1)
    'expected without any effect: 0.0 (visits booked ahead) to 1.1 (bad days)'
    >>> expected_range(0.31, 0.31, digits=2)
    'expected without any effect: 0.31'
    """
    ends = [f"{number(end, digits)}{unit}" for end in (low, high)]
    if ends[0] == ends[1]:
        return f"expected without any effect: {ends[0]}"
    return f"expected without any effect: {ends[0]} (visits booked ahead) to {ends[1]} (bad days)"


def _ends(rows: pd.DataFrame, expected: tuple[str, str] | float) -> list[Floats]:
    """Lower and upper end of what is expected, row by row."""
    if not isinstance(expected, tuple):
        return [np.full(len(rows), float(expected))] * 2
    both = rows[list(expected)].to_numpy(float)
    return [both.min(axis=1), both.max(axis=1)]


def _errors(rows: pd.DataFrame, values: Mapping[str, Floats], scale: str) -> tuple[Floats, Any]:
    """Standard errors and degrees of freedom; from the interval where the table holds none on this scale."""
    half = (values["conf_high"] - values["conf_low"]) / (2.0 * stdtrit(np.inf, 0.975))
    if scale != "difference" or "std_error" not in rows:
        return np.maximum(half, 1e-12), np.inf
    error = rows["std_error"].fillna(pd.Series(half, index=rows.index)).to_numpy(float)
    df = rows["df"].fillna(np.inf).to_numpy(float) if "df" in rows else np.inf
    return np.maximum(error, 1e-12), df
