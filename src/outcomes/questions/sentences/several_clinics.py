"""What several clinics found together, in words: who is in it, how early and later relief go, how clinics differ.

Comes in: protected frames of :mod:`outcomes.questions.several_clinics`. Goes out: sentences. No clinic is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.words import (
    called,
    capitalized,
    counted,
    interval,
    number,
    percent,
    why,
    why_of_all,
    with_interval,
)

__all__ = ["between_sentences", "slope_sentences", "twitch_sentences", "who_sentences"]

LEAST_GROUPS = 2
"""Of fewer groups by twitches none is compared."""


def who_sentences(who: pd.DataFrame) -> list[str]:
    """Say how many clinics, patients and sessions there are."""
    row = who.iloc[0]
    return [
        f"{counted(row['clinics'], 'clinic')} gave sums of {counted(row['sessions'], 'session')} of "
        f"{counted(row['patients'], 'patient')}. No clinic gave a record of any patient."
    ]


def slope_sentences(links: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how much later relief differed with one more point of relief right after."""
    words, row = called(times), links.iloc[0]
    if pd.isna(row["estimate"]):
        return [f"Relief {words['post']} and relief {words['48h']}: {why(row['note'])}."]
    return [
        f"For each further point of relief {words['post']}, relief {words['48h']} differed by "
        f"{with_interval(row, digits=2)} points, in sessions with equal pain before "
        f"({counted(row['patients'], 'patient')}). "
        "Two readings of the same pain go together even without any effect."
    ]


def twitch_sentences(by_twitches: pd.DataFrame) -> list[str]:
    """Say how strong soreness got after sessions with the fewest and with the most twitches."""
    rows = by_twitches[by_twitches["outcome"] == "soreness_peak"]
    known = rows[rows["estimate"].notna()]
    if len(known) < LEAST_GROUPS:
        return [f"Worst soreness by number of twitches: {why_of_all(rows)}."]
    few, many = (
        f"{with_interval(row)} points after sessions with {row['dose_label']} twitches "
        f"({counted(row['patients'], 'patient')})"
        for _, row in known.iloc[[0, -1]].iterrows()
    )
    return [
        f"Worst soreness was {few}, and {many}. Sessions with more twitches often had more insertions too, and other "
        "patients; neither is held equal here."
    ]


def between_sentences(between: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far clinics differ: where the average of one more clinic like these would lie."""
    return [_between(row, called(times)[str(row["time"])]) for row in between.to_dict("records")]


def _between(row: Mapping[Any, Any], when: str) -> str:
    is_share = row["measure"] == "pain_responder"
    what = f"relief that matters {when}" if is_share else f"relief {when}"
    if pd.isna(row["estimate"]):
        return f"How far clinics differ in {what}: {why(row['note'])}."
    if is_share:
        mean = f"{percent(row['estimate'])} of sessions (95% CI {_shares(row, 'conf')})"
        span = _shares(row, "predicted")
    else:
        ends = interval(row["conf_low"], row["conf_high"])
        mean = f"{number(row['estimate'])} points (95% CI {ends})"
        span = f"{interval(row['predicted_low'], row['predicted_high'])} points"
    return (
        f"{capitalized(what)}: {mean} at the average clinic of {number(row['clinics'], 0)}. At one more clinic like "
        f"these it is expected to be {span}."
    )


def _shares(row: Mapping[Any, Any], ends: str) -> str:
    return f"{percent(row[f'{ends}_low'])} to {percent(row[f'{ends}_high'])}"
