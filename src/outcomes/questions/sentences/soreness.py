"""How sore and how long, in words.

Comes in: protected frames of :mod:`outcomes.questions.soreness`. Goes out: sentences, and a table laid out for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import direction
from outcomes.record.plan import active_plan
from outcomes.words import (
    NOT_SHOWN,
    TOO_FEW,
    in_ten,
    interval,
    interval_text,
    listed,
    named,
    number,
    percent,
    rests_on,
    sentence,
    why,
    why_of_all,
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
        return [f"Soreness: {why_of_all(shares)}."]
    parts = [f"{_LONGER[hour]}: {_people(row)}" for hour, row in known.iterrows() if hour in _LONGER]
    return [
        " ".join(map(sentence, parts)),
        f"This counts sessions that were asked about ({_asked_of(known.iloc[0])}).",
    ]


def _asked_of(row: pd.Series[Any]) -> str:
    who = rests_on(row.drop("capture_rate"))
    if pd.isna(row["capture_rate"]):
        return who
    return f"{who}; asked in {percent(row['capture_rate'])} of sessions"


_LONGER: Mapping[Any, str] = {
    0: "Sore at all",
    24: "over a day",
    48: "over two days",
    72: "over three days",
}


def group_sentences(groups: pd.DataFrame) -> list[str]:
    """Say how the share that stays sore differs between first and later sessions, and between the sexes."""
    said = []
    for variable in ("session", "sex"):
        rows = groups[groups["variable"] == variable]
        known = rows[rows["proportion"].notna()]
        if known.empty:
            said.append(f"By {variable}: {why_of_all(rows)}.")
            continue
        parts = [f"{str(row['value']).replace('_', ' ')} {_share(row)}" for _, row in known.iterrows()]
        unknown = [str(value).replace("_", " ") for value in rows.loc[rows["proportion"].isna(), "value"]]
        parts += (
            [f"{listed(unknown)}: {why(rows.loc[rows['proportion'].isna(), 'note'].iloc[0])}"]
            if unknown
            else []
        )
        hours = number(float(known["threshold"].iloc[0]), 0)
        said.append(f"Sore for more than {hours} hours, by {variable}: {'; '.join(parts)}.")
    return said


def _people(row: pd.Series[Any]) -> str:
    """A share as people count, with its percentage: ``about 3 in 10 (28%; 95% CI 25% to 31%)``."""
    return f"{in_ten(row['proportion'])} ({_share(row, '; ')})"


def _share(row: pd.Series[Any], between: str = " (") -> str:
    limits = f"95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])}"
    return f"{percent(row['proportion'])}{between}{limits}{')' if between.endswith('(') else ''}"


def ratio_sentences(ratios: pd.DataFrame) -> list[str]:
    """Say what went with longer or shorter soreness, other things in the model being equal."""
    hours = ratios[ratios["outcome"] == "hours of soreness"]
    if hours["ratio"].notna().sum() == 0:
        return [f"What soreness is linked to: {why_of_all(ratios)}."]
    known = hours[hours["ratio"].notna()]
    ways = direction(known, "soreness", estimate="ratio", null=1.0, scale="ratio")
    return [_ratio(row, way) for (_, row), way in zip(known.iterrows(), ways, strict=True)]


def _ratio(row: pd.Series[Any], way: float) -> str:
    limits = interval(row["conf_low"], row["conf_high"], 2)
    size = f"{number(row['ratio'], 2)} times as long, 95% CI {limits}; {rests_on(row)}"
    what = {1.0: "soreness lasted longer", -1.0: "soreness was shorter"}.get(way, "we see no clear link")
    return f"{str(row['quantity']).capitalize()}: {what} ({size})."


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
        text = interval_text(row["proportion"], row["conf_low"], row["conf_high"], share=True)
        return f"{text}*" if str(row["note"]).startswith("fewer than five sessions") else text
    note = str(row["note"])
    return next((text for start, text in _SHORT.items() if note.startswith(start)), note)


_SHORT = {
    "withheld": NOT_SHOWN,
    "too few were followed": "too few followed",
    TOO_FEW: "too few patients",
}


def condition_sentences(shares: pd.DataFrame, *, threshold: int | None = None) -> list[str]:
    """Say in which conditions the share sore for longer is known, and in which it is not; none is ranked."""
    threshold = active_plan().soreness.stays if threshold is None else threshold
    rows = shares[shares["threshold"] == threshold]
    known, unknown = rows[rows["proportion"].notna()], rows[rows["proportion"].isna()]
    said = []
    if len(known):
        low, high = float(known["proportion"].min()), float(known["proportion"].max())
        what = f"had soreness for more than {threshold} hours"
        said.append(f"Depending on the condition, {percent(low)} to {percent(high)} of sessions {what}.")
    if len(unknown):
        names = [named(str(name)) for name in unknown["condition"]]
        which = listed(names) if len(names) <= 4 else f"{len(names)} conditions (see the table)"
        said.append(f"No figure for more than {threshold} hours: {which}.")
    return said
