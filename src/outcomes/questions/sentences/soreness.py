"""How sore and how long, in words.

Comes in: protected frames of :mod:`outcomes.questions.soreness`. Goes out: sentences, and a table laid out for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.record.plan import active_plan
from outcomes.words import (
    NOT_RECORDED,
    TOO_FEW,
    in_ten,
    interval,
    interval_text,
    listed,
    named,
    number,
    percent,
    rests_on,
    why,
)

__all__ = ["condition_sentences", "group_sentences", "ratio_sentences", "share_sentences", "shares_in_words"]


def share_sentences(shares: pd.DataFrame) -> list[str]:
    """Say, of all sessions or of one group, how many were sore at all and for longer than one, two and three days.

    Parameters
    ----------
    shares : pandas.DataFrame
        Rows of one group of :func:`soreness_shares`, protected.
    """
    known = shares[shares["proportion"].notna()].set_index("threshold")
    if known.empty:
        return [f"Soreness: {_reason(shares)}."]
    parts = [
        f"{_LONGER[hour]}, {in_ten(row['proportion'], row['conf_low'], row['conf_high'])}"
        for hour, row in known.iterrows()
        if hour in _LONGER
    ]
    return [
        f"What followed the sessions that were asked about: {'; '.join(parts)} ({_asked_of(known.iloc[0])})."
    ]


def _reason(rows: pd.DataFrame) -> str:
    """Why no row has a figure, in words for a sentence."""
    return why(next((note for note in rows["note"] if note), NOT_RECORDED))


def _asked_of(row: pd.Series[Any]) -> str:
    who = rests_on(row.drop("capture_rate"))
    if pd.isna(row["capture_rate"]):
        return who
    return f"{who}, asked in {percent(row['capture_rate'])} of the sessions held"


_LONGER: Mapping[Any, str] = {
    0: "any soreness",
    24: "soreness for more than a day",
    48: "for more than two days",
    72: "for more than three days",
}


def group_sentences(groups: pd.DataFrame) -> list[str]:
    """Say how the share that stays sore differs between first and later sessions, and between the sexes."""
    said = []
    for variable in ("session", "sex"):
        rows = groups[groups["variable"] == variable]
        known = rows[rows["proportion"].notna()]
        if known.empty:
            said.append(f"By {variable}: {_reason(rows)}.")
            continue
        parts = [
            f"{str(row['value']).replace('_', ' ')} {in_ten(row['proportion'], row['conf_low'], row['conf_high'])}"
            for _, row in known.iterrows()
        ]
        hours, apart = number(float(known["threshold"].iloc[0]), 0), _apart(known)
        said.append(f"Sore for more than {hours} hours, by {variable}: {listed(parts)}{apart}.")
    return said


def _apart(known: pd.DataFrame) -> str:
    """Whether two groups can be told apart; their intervals must not meet, which is a strict reading."""
    if len(known) != 2:
        return ""
    low, high = known.sort_values("proportion").to_dict("records")
    clear = low["conf_high"] < high["conf_low"]
    return "" if clear else "; the two cannot be told apart"


def ratio_sentences(ratios: pd.DataFrame) -> list[str]:
    """Say what went with longer or shorter soreness, other things in the model being equal."""
    hours = ratios[ratios["outcome"] == "hours of soreness"]
    if hours["ratio"].notna().sum() == 0:
        return [f"What goes with longer soreness: {_reason(ratios)}."]
    said = []
    for _, row in hours[hours["ratio"].notna()].iterrows():
        clear = row["conf_low"] > 1 or row["conf_high"] < 1
        limits = interval(row["conf_low"], row["conf_high"], 2)
        size = f"{number(row['ratio'], 2)} times as long, 95 % interval {limits}"
        direction = "longer" if row["ratio"] > 1 else "shorter"
        what = f"{direction} soreness" if clear else "no clear difference in how long soreness lasted"
        said.append(f"{str(row['quantity']).capitalize()}: {what} ({size}; {rests_on(row)}).")
    return said


def shares_in_words(shares: pd.DataFrame) -> pd.DataFrame:
    """Lay the shares out for reading: a row per condition, a column per number of hours, each with its interval."""
    rows = shares.assign(text=[_cell(row) for _, row in shares.iterrows()])
    head = rows.drop_duplicates("condition").set_index("condition")[["patients", "sessions", "capture_rate"]]
    for hour in dict.fromkeys(rows["threshold"]):
        name = "any soreness" if hour == 0 else f"more than {hour} h"
        head[name] = rows[rows["threshold"] == hour].set_index("condition")["text"]
    found = head.reset_index()
    found.attrs = dict(shares.attrs)
    return found


def _cell(row: pd.Series[Any]) -> str:
    """A share with its interval, or a note short enough for a cell."""
    if pd.notna(row["proportion"]):
        return interval_text(row["proportion"], row["conf_low"], row["conf_high"], share=True)
    note = str(row["note"])
    return next((text for start, text in _SHORT.items() if note.startswith(start)), note)


_SHORT = {"withheld": "withheld", "too few were followed": "too few followed", TOO_FEW: "too few patients"}


def condition_sentences(shares: pd.DataFrame, *, threshold: int | None = None) -> list[str]:
    """Say in which conditions the share sore for longer can be told, and in which it cannot; none is ranked."""
    threshold = active_plan().soreness.stays if threshold is None else threshold
    rows = shares[shares["threshold"] == threshold]
    known, unknown = rows[rows["proportion"].notna()], rows[rows["proportion"].isna()]
    said = []
    if len(known):
        low, high = float(known["proportion"].min()), float(known["proportion"].max())
        what = f"were followed by soreness for more than {threshold} hours"
        said.append(f"Per condition, between {percent(low)} and {percent(high)} of the sessions {what}.")
    if len(unknown):
        names = listed(named(str(name)) for name in unknown["condition"])
        said.append(f"Whether soreness lasts for more than {threshold} hours cannot be said in {names}.")
    return said
