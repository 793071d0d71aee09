"""Twitches in words: how many a session has, and what relief and soreness went with them.

Comes in: protected frames of :mod:`outcomes.questions.twitches`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.record.measures import measure
from outcomes.words import NOT_RECORDED, counted, interval, listed, named, number, percent, rests_on, why

__all__ = [
    "ALONE",
    "BETWEEN",
    "NO_INSERTIONS",
    "WITHIN",
    "WITH_INSERTIONS",
    "count_sentences",
    "in_words",
    "outcome_phrase",
    "relation_sentences",
    "soreness_sentences",
]

WITHIN, BETWEEN = "within patients", "between patients"
ALONE, WITH_INSERTIONS = "twitches alone", "with insertions"
NO_INSERTIONS = "insertions not recorded: twitches and insertions cannot be told apart"


def outcome_phrase(outcome: str, times: Mapping[str, str]) -> str:
    """Name of an outcome with its reading, as in a sentence: ``pain relief at 2 days``.

    Examples
    --------
    >>> outcome_phrase("pain_relief_48h", {"48h": "at 2 days"})
    'pain relief at 2 days'
    """
    stem, _, reading = outcome.rpartition("_")
    label = measure(outcome).label.partition(" (")[0].lower()
    return f"{label} {times[reading]}" if stem and reading in times else label


def in_words(frame: pd.DataFrame, times: Mapping[str, str]) -> pd.DataFrame:
    """Copy of a table for reading: outcomes and muscles in plain words, without what only a statistician asks for."""
    found = frame.drop(columns=["std_error", "df", "statistic", "unit", "dose_label"], errors="ignore")
    if "muscle" in found:
        found = found.assign(muscle=found["muscle"].str.replace("_", " "))
    if "outcome" in found:
        found = found.assign(outcome=[_known_phrase(str(name), times) for name in found["outcome"]])
    found.attrs = dict(frame.attrs)
    return found


def _known_phrase(outcome: str, times: Mapping[str, str]) -> str:
    return outcome_phrase(outcome, times) if "_" in outcome else outcome


def relation_sentences(relations: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say what went with twitches in the same patient, with insertions held equal where they were counted.

    Parameters
    ----------
    relations : pandas.DataFrame
        From :func:`twitch_relations`, protected.
    times : mapping
        What the readings are called.
    """
    within = relations[relations["effect"] == WITHIN]
    return [
        _relation_sentence(within[within["outcome"] == name], name, times)
        for name in dict.fromkeys(within["outcome"])
    ]


def _relation_sentence(rows: pd.DataFrame, outcome: str, times: Mapping[str, str]) -> str:
    by_model = rows.set_index("model")
    phrase = outcome_phrase(outcome, times)
    adjusted, alone = by_model.loc[WITH_INSERTIONS], by_model.loc[ALONE]
    row, held = (
        (adjusted, " at an equal number of insertions") if pd.notna(adjusted["estimate"]) else (alone, "")
    )
    if pd.isna(row["estimate"]):
        return f"Twitches and {phrase}: {why(row['note'] or NOT_RECORDED)}."
    per_ten = [10.0 * row[name] for name in ("estimate", "conf_low", "conf_high")]
    size = f"{number(per_ten[0], 2)} points per ten twitches, 95 % interval {interval(*per_ten[1:], 2)}"
    clear = row["conf_low"] > 0 or row["conf_high"] < 0
    more, less = ("worse", "milder") if outcome.startswith("soreness") else ("more", "less")
    thing = "soreness" if outcome.startswith("soreness") else phrase
    what = f"{more if row['estimate'] > 0 else less} {thing}" if clear else f"no clear difference in {phrase}"
    said = f"In the same patient{held}, a session with more twitches was followed by {what} ({size}; {rests_on(row)})."
    return said + (_without(alone) if held else f" {NO_INSERTIONS[0].upper()}{NO_INSERTIONS[1:]}.")


def _without(alone: pd.Series[Any]) -> str:
    if pd.isna(alone["estimate"]):
        return ""
    return f" Without regard to insertions it would read {number(10.0 * alone['estimate'], 2)} points per ten twitches."


def soreness_sentences(soreness: pd.DataFrame) -> list[str]:
    """Say what went with twitches in the same patient: any soreness, and the hours it lasted."""
    within = soreness[soreness["effect"] == WITHIN]
    said = []
    for outcome in dict.fromkeys(within["outcome"]):
        by_model = within[within["outcome"] == outcome].set_index("model")
        adjusted, alone = by_model.loc[WITH_INSERTIONS], by_model.loc[ALONE]
        row, held = (
            (adjusted, ", at an equal number of insertions,") if pd.notna(adjusted["ratio"]) else (alone, "")
        )
        if pd.isna(row["ratio"]):
            said.append(f"Twitches and {outcome}: {why(row['note'] or NOT_RECORDED)}.")
            continue
        said.append(_ratio_sentence(row, outcome, held, NO_INSERTIONS if not held else ""))
    return said


def _ratio_sentence(row: pd.Series[Any], outcome: str, held: str, warning: str) -> str:
    of = "the odds of any soreness" if outcome == "any soreness" else "the hours of soreness"
    low, high = row["conf_low"], row["conf_high"]
    what = "higher" if low > 1 else "lower" if high < 1 else "not clearly different"
    size = (
        f"{number(row['ratio'], 2)} times per twitch, 95 % interval {interval(low, high, 2)}; {rests_on(row)}"
    )
    said = f"In sessions of the same patient with more twitches{held} {of} were {what} ({size})."
    return f"{said} {warning[:1].upper()}{warning[1:]}." if warning else said


def count_sentences(counts: pd.DataFrame) -> list[str]:
    """Say how many twitches a session had, over the conditions that can be told, without ranking them."""
    known = counts[counts["estimate"].notna()]
    if known.empty:
        note = next(iter(counts["note"]), NOT_RECORDED) or NOT_RECORDED
        return [f"Twitches per session: {why(note)}."]
    low, high = float(known["estimate"].min()), float(known["estimate"].max())
    where = f"in the {counted(len(known), 'condition')} that can be told"
    said = (
        f"A session had between {number(low)} and {number(high)} twitches on average {where}; they were counted in "
        f"{_captured(counts)} of the sessions. A twitch that was not seen or felt is not counted, so deep muscles may "
        "look quieter than they are."
    )
    unknown = counts.loc[counts["estimate"].isna(), "condition"].astype("str").tolist()
    return [said, f"Nothing can be said of {listed(named(name) for name in unknown)}."] if unknown else [said]


def _captured(counts: pd.DataFrame) -> str:
    known = counts[["sessions", "sessions_eligible"]].dropna()
    total = float(known["sessions_eligible"].sum())
    return percent(float(known["sessions"].sum()) / total) if total else "an unknown share"
