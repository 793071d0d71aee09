"""What the missing follow-ups could change, in words.

Comes in: protected frames of :mod:`outcomes.questions.missing`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.words import (
    NOT_RECORDED,
    NOT_SHOWN,
    called,
    counted,
    number,
    percent,
    why,
    with_interval,
)

__all__ = ["bounds_sentences", "missing_sentences", "tipping_sentences"]


def missing_sentences(missing: pd.DataFrame) -> list[str]:
    """Say whether those who answered were different from those who did not."""
    said, compared = [], 0
    for variable, rows in missing.groupby("variable", sort=False):
        ranked = rows[rows["proportion"].notna()].sort_values("proportion", kind="stable").to_dict("records")
        compared += len(ranked) > 1
        if len(ranked) > 1 and ranked[0]["conf_high"] < ranked[-1]["conf_low"]:
            low, high = ranked[0], ranked[-1]
            said.append(
                f"By {variable}: {high['group']} {percent(high['proportion'])} followed up, "
                f"{low['group']} {percent(low['proportion'])}."
            )
    if said:
        return [
            *said,
            "So the patients who answered are not like those who did not.",
        ]
    if not compared:
        return ["Do patients who answered differ from those who did not? Too few to estimate."]
    return [
        "We see no clear difference in follow-up by anything recorded before it. Things not recorded "
        "may still differ."
    ]


def bounds_sentences(bounds: pd.DataFrame) -> list[str]:
    """Say between which shares the truth must lie, whatever the missing did."""
    rows = {str(row["method"]): row for row in bounds[bounds["condition"] == "all"].to_dict("records")}
    low, high = rows.get("all missing failed"), rows.get("all missing responded")
    if low is None or high is None or pd.isna(low["proportion"]) or pd.isna(high["proportion"]):
        reason = NOT_RECORDED if low is None else NOT_SHOWN
        return [f"Bounds for the patients we did not reach: {reason}."]
    answered = rows["those who answered"]["proportion"]
    who = f"{counted(low['patients'], 'patient')}, {counted(low['sessions'], 'session')}"
    return [
        f"Among sessions we followed up, {percent(answered)} improved by the responder rule. If none "
        "of the others did, "
        f"the figure is {percent(low['proportion'])}; if all did, {percent(high['proportion'])} ({who})."
    ]


def tipping_sentences(
    overall: pd.DataFrame, verdicts: pd.DataFrame, times: Mapping[str, str] | None = None
) -> list[str]:
    """Say how the average moves with what is supposed of the missing, and where the verdict changes."""
    rows = overall[overall["estimate"].notna()]
    when = called(times)["48h"]
    if rows.empty:
        return [f"Relief {when}: {why(overall['note'].iloc[0])}."]
    first, last = rows.iloc[0], rows.iloc[-1]
    said = [
        f"If unreached patients did about as well as similar patients who answered, average relief {when} is "
        f"{with_interval(first, 'points')}.",
        f"If they did {number(last['delta'], 0)} points worse, it is {with_interval(last, 'points')} "
        f"({counted(first['patients'], 'patient')}; follow-up in {percent(first['capture_rate'])} of "
        "sessions).",
    ]
    flips = verdicts["verdict"].astype("str").str.startswith("flips")
    known = verdicts["estimate"].notna()
    if known.any():
        said.append(
            "Whether the interval excludes no change depends on the unreached patients in "
            f"{int((flips & known).sum())} of {counted(int(known.sum()), 'condition')}. The table says at which point."
        )
    return said
