"""Shares of sessions beyond a threshold, in words: how many were better, how many worse, and with no effect at all.

Comes in: protected frames of :mod:`outcomes.questions.thresholds`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.record.outcomes import ResponderRule
from outcomes.words import NOT_RECORDED, called, listed, number, percent, rests_on, why

__all__ = ["curve_sentences", "share_sentences", "with_benchmark"]


def share_sentences(shares: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how many were better and how many worse, all conditions together, against no effect at all."""
    said = []
    for time in dict.fromkeys(shares["time"]):
        rows = shares[shares["time"] == time].set_index("outcome")
        when = called(times)[str(time)].capitalize()
        better, worse = rows.loc["better"], rows.loc["worse"]
        if pd.isna(better["proportion"]):
            said.append(f"{when}: {why(better['note'])}.")
            continue
        rule = ResponderRule()
        cut = f"relief of at least {rule.percent:g} % and {rule.points:g} points"
        said.append(
            f"{when}, {_share(better)} of the sessions that began with pain of {rule.least_baseline:g} or more were "
            f"followed by {cut}, and {_worse(worse)} ({rests_on(better)}). {_against_nothing(better)}"
        )
    return said


def _worse(row: pd.Series) -> str:
    if pd.isna(row["proportion"]):
        return "a share too small to show by as much worsening"
    return f"{_share(row)} by as much worsening"


def _share(row: pd.Series) -> str:
    if pd.isna(row["proportion"]) or pd.isna(row["conf_low"]):
        return percent(row["proportion"])
    low, high = percent(row["conf_low"]).removesuffix(" %"), percent(row["conf_high"])
    return f"{percent(row['proportion'])} ({low} to {high})"


def _against_nothing(row: pd.Series) -> str:
    low, high = row["null_benchmark"], row["null_benchmark_flare"]
    if pd.isna(low) or pd.isna(high):
        return ""
    same = percent(low) == percent(high)
    bad_days = "" if same else f", and {percent(high)} if all came on a bad day"
    said = f"With no effect at all, {percent(low)} would “respond”{bad_days}"
    if row["conf_high"] < low:
        return f"{said}; fewer did here."
    if row["conf_low"] > high:
        either = "that" if same else "either"
        return f"{said}; more did here than {either}, by an amount these records cannot assign to needling."
    if row["conf_low"] > low:
        return f"{said}; what was seen lies above the first and not clearly above the second."
    return f"{said}; what was seen cannot be told from that."


def curve_sentences(curve: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how the share falls as more relief is asked for."""
    said = []
    for time in dict.fromkeys(curve["time"]):
        rows = curve[(curve["time"] == time) & curve["proportion"].notna()].set_index("threshold")
        asked = [value for value in (1.0, 2.0, 4.0) if value in rows.index]
        if asked:
            points = listed(number(value, 0) for value in asked)
            shares = listed(with_benchmark(row) for row in rows.loc[asked].to_dict("records"))
            said.append(
                f"Relief {called(times)[str(time)]} of at least {points} points was seen in {shares} of the sessions."
            )
    if said:
        return [*said, "In brackets: the share with no effect at all."]
    return [f"The curve of relief: {why(curve['note'].iloc[0] if len(curve) else NOT_RECORDED)}."]


def with_benchmark(row: Mapping[Any, Any] | pd.Series) -> str:
    """A share with, in brackets, what no effect would give."""
    expected = row["null_benchmark"]
    return percent(row["proportion"]) + ("" if pd.isna(expected) else f" [{percent(expected)}]")
