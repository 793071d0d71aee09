"""Shares of sessions beyond a threshold, in words: how many were better and worse, next to those expected.

Comes in: protected frames of :mod:`outcomes.questions.thresholds`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import LESS, MORE, NO_MORE, UNSURE, verdicts
from outcomes.record.outcomes import ResponderRule
from outcomes.words import NOT_RECORDED, called, number, percent, rests_on, why

__all__ = ["curve_sentences", "share_sentences", "with_benchmark"]

_VERDICTS = {
    MORE: "More improved than expected; these records cannot show why.",
    LESS: "Fewer improved than expected.",
    NO_MORE: "That is no more than expected.",
    UNSURE: "Whether that is more than expected, these records can't tell.",
}


def share_sentences(shares: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how many were better and how many worse, all together, next to what is expected without any effect."""
    said = []
    for time in dict.fromkeys(shares["time"]):
        rows = shares[shares["time"] == time].set_index("outcome")
        when = called(times)[str(time)].capitalize()
        better, worse = rows.loc["better"], rows.loc["worse"]
        if pd.isna(better["proportion"]) or pd.isna(worse["proportion"]):
            said.append(f"{when}: {why(better['note'])}.")
            continue
        rule = ResponderRule()
        said.append(
            f"{when}, {_share(better)} of sessions that began with pain of {rule.least_baseline:g} or "
            "more had "
            f"at least {rule.percent:g}% and {rule.points:g} points less pain. {_share(worse)} had as "
            "much more pain "
            f"({rests_on(better)}). {_benchmark_and_verdict(rows.loc[['better']])}".strip()
        )
    return said


def _share(row: pd.Series) -> str:
    if pd.isna(row["conf_low"]):
        return percent(row["proportion"])
    return f"{percent(row['proportion'])} (95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])})"


def _benchmark_and_verdict(row: pd.DataFrame) -> str:
    """What share is expected to improve without any effect, and the verdict."""
    ends = ("null_benchmark", "null_benchmark_flare")
    low, high = sorted(float(row[name].iloc[0]) for name in ends)
    if pd.isna(low) or pd.isna(high):
        return ""
    said = f"Expected without any effect: {percent(low)} (visits booked ahead)"
    said = f"{said} to {percent(high)} (bad days)" if percent(low) != percent(high) else said
    verdict = verdicts(row, "responders", expected=ends, estimate="proportion", scale="share").iloc[0]
    return f"{said}. {_VERDICTS.get(verdict, '')}"


def curve_sentences(curve: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how the share falls as more relief is asked for."""
    said = []
    for time in dict.fromkeys(curve["time"]):
        rows = curve[(curve["time"] == time) & curve["proportion"].notna()].set_index("threshold")
        asked = [value for value in (1.0, 2.0, 4.0) if value in rows.index]
        shares = [
            f"{number(value, 0)} {'point' if value == 1 else 'points'}: {with_benchmark(rows.loc[value])}"
            for value in asked
        ]
        if shares:
            said.append(
                f"Share of sessions with at least this much relief {called(times)[str(time)]}: "
                f"{'; '.join(shares)}."
            )
    if said:
        return said
    return [f"The curve of relief: {why(curve['note'].iloc[0] if len(curve) else NOT_RECORDED)}."]


def with_benchmark(row: Mapping[Any, Any] | pd.Series) -> str:
    """A share with, in brackets, what is expected without any effect.

    Examples
    --------
    >>> with_benchmark({"proportion": 0.38, "null_benchmark": 0.42})
    '38% (42% expected)'
    """
    expected = row["null_benchmark"]
    return percent(row["proportion"]) + ("" if pd.isna(expected) else f" ({percent(expected)} expected)")
