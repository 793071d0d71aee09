"""The first screen of a clinic's owner, in words: who was followed, what patients reported, what the website claims.

Comes in: protected frames of the questions that other pages answer, so that no figure is computed twice. Goes out: one
short paragraph a topic, an empty text where its frame holds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.criteria import CONTRADICTED, DESCRIBED, SUPPORTED, UNKNOWN, UNTESTABLE, public_claims
from outcomes.questions.sentences.change import EXPECTED, change_verdicts, moved, verdict_words
from outcomes.record.measures import measure
from outcomes.words import (
    NOT_SHOWN,
    called,
    capitalized,
    counted,
    half_up,
    interval,
    number,
    percent,
    reason,
    tenths,
)

__all__ = [
    "change_of_pain",
    "claims_words",
    "pain_words",
    "records_words",
    "share_with_interval",
    "soreness_words",
    "unwanted_words",
]

UNWANTED = "adverse"
"""Name of the estimator of the claim that speaks of unwanted effects."""


def records_words(flow: pd.DataFrame, overall: pd.DataFrame, times: Mapping[str, str] | None = None) -> str:
    """Say how many sessions and patients there are, and how often the later pain is known."""
    first = flow.iloc[0]
    said = f"{counted(first['sessions'], 'session')} of {counted(first['patients'], 'patient')}."
    later = overall[overall["time"] == "48h"]
    if later.empty or pd.isna(later["capture_rate"].iloc[0]):
        return said
    return f"{said} Pain {called(times)['48h']} is known for {percent(later['capture_rate'].iloc[0])} of sessions."


def pain_words(overall: pd.DataFrame, time: str) -> str:
    """Say which shares were better and worse at a reading, by how much on average, and what is expected anyway."""
    rows = overall[overall["time"] == time]
    if rows.empty or pd.isna(rows["estimate"].iloc[0]):
        return f"{reason(rows['note'].iloc[0] if len(rows) else 'not recorded').capitalize()}."
    row = rows.iloc[0].to_dict()
    return " ".join(filter(None, [_shares(row), _average(row), _held(rows, row)]))


def _shares(row: Mapping[Any, Any]) -> str:
    shares = [row[name] for name in ("better", "worse", "same")]
    if pd.isna(shares).any():
        return ""
    better, worse, same = map(percent, shares)
    least = f"{measure(str(row['measure'])).smallest_change or 0:g} points"
    return f"{better} of sessions better by {least} or more, {worse} worse, {same} neither."


def _average(row: Mapping[Any, Any]) -> str:
    return f"On average pain was {change_of_pain(row)}."


def change_of_pain(row: Mapping[Any, Any]) -> str:
    """Relief as a change of pain with its interval: what is lower, what is higher, never a minus sign.

    Examples
    --------
    >>> change_of_pain({"estimate": 0.61, "conf_low": 0.48, "conf_high": 0.74})
    '0.6 points lower (95% CI 0.5 to 0.7)'
    >>> change_of_pain({"estimate": -0.2, "conf_low": -0.5, "conf_high": 0.1})
    '0.2 points higher (95% CI 0.1 lower to 0.5 higher)'
    """
    low, high = float(row["conf_low"]), float(row["conf_high"])
    if half_up(low, 1) < 0 < half_up(high, 1):
        ends = [f"{number(abs(end))} {'lower' if end > 0 else 'higher'}" for end in (low, high)]
        ends = ends if row["estimate"] > 0 else ends[::-1]
        return f"{moved(row['estimate'])} (95% CI {' to '.join(ends)})"
    return f"{moved(row['estimate'])} (95% CI {interval(min(abs(low), abs(high)), max(abs(low), abs(high)))})"


def _held(rows: pd.DataFrame, row: Mapping[Any, Any]) -> str:
    """What is expected without any effect, and the verdict."""
    verdict = change_verdicts(rows).iloc[0]
    if not verdict:
        return ""
    low, high = (number(end) for end in sorted(float(row[name]) for name in EXPECTED))
    if low == high:
        expected = "unchanged" if low == number(0.0) else f"{low} lower"
    else:
        expected = f"{low} (visits booked ahead) to {high} (bad days) lower"
    return f"Expected without any effect: {expected}. {verdict_words(row, verdict)}"


def soreness_words(everyone: pd.DataFrame) -> str:
    """Say after how many sessions soreness lasted over one and over two days."""
    known = {int(row["threshold"]): row for row in everyone.to_dict("records") if pd.notna(row["proportion"])}
    parts = [
        f"over {days} after about {tenths(float(known[hours]['proportion']))} in 10 sessions "
        f"({share_with_interval(known[hours])})"
        for hours, days in ((24, "a day"), (48, "2 days"))
        if hours in known
    ]
    if not parts:
        return f"{reason(everyone['note'].iloc[0] if len(everyone) else 'not recorded').capitalize()}."
    asked = f"Asked in {percent(next(iter(known.values()))['capture_rate'])} of sessions."
    return f"{capitalized(', '.join(parts))}. {asked}"


def share_with_interval(row: Mapping[Any, Any] | pd.Series[Any], name: str = "proportion") -> str:
    """A share with its interval.

    Examples
    --------
    >>> share_with_interval({"proportion": 0.282, "conf_low": 0.254, "conf_high": 0.31})
    '28%, 95% CI 25% to 31%'
    """
    said = percent(row[name])
    if pd.isna(row["conf_low"]) or pd.isna(row["conf_high"]):
        return said
    return f"{said}, 95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])}"


def unwanted_words(claims: pd.DataFrame) -> str:
    """Say how many sessions had anything unwanted, bruises included."""
    named = [claim.claim for claim in public_claims() if claim.estimator == UNWANTED]
    rows = claims[claims["claim"].isin(named)]
    if rows.empty or pd.isna(rows["estimate"].iloc[0]):
        return f"Not recorded, or {NOT_SHOWN}."
    share = share_with_interval(rows.iloc[0], "estimate").replace(", 95% CI", " (95% CI")
    return (
        f"{share}{')' if '(' in share else ''} of sessions, bruises included. Rare harm can't be ruled out."
    )


def claims_words(claims: pd.DataFrame) -> str:
    """Say how the claims of the website fare, and which to change first: one that makes light of an unwanted effect."""
    counts = claims["verdict"].value_counts()
    words = {
        SUPPORTED: "supported",
        CONTRADICTED: "say more than the records show",
        UNKNOWN: "can't tell",
        DESCRIBED: "told by patients",
        UNTESTABLE: "can't be tested this way",
    }
    parts = [f"{counts[verdict]} {said}" for verdict, said in words.items() if verdict in counts]
    lead = f"{counted(len(claims), 'claim')}: {', '.join(parts)}."
    if DESCRIBED in counts:
        told = (
            f"Of the rest, {counts[DESCRIBED]} {'is' if counts[DESCRIBED] == 1 else 'are'} told by patients"
        )
        rest = [part for part in parts if part.split(" ", 1)[1] not in (words[DESCRIBED], words[UNTESTABLE])]
        untested = f" and {counts[UNTESTABLE]} {words[UNTESTABLE]}" if UNTESTABLE in counts else ""
        lead = f"{counted(len(claims), 'claim')}: {', '.join(rest)}. {told}{untested}."
    wrong = claims[claims["verdict"] == CONTRADICTED]
    if wrong.empty:
        return lead
    light = {claim.claim for claim in public_claims(lambda _: True) if claim.direction == "below"}
    worst = wrong.assign(_first=~wrong["claim"].isin(light)).sort_values("_first", kind="stable").iloc[0]
    return f"{lead} Fix first: “{worst['statement']}”."
