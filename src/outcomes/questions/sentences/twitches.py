"""Twitches in words: how many a session has, and what relief and soreness went with them.

Comes in: protected frames of :mod:`outcomes.questions.twitches`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import direction
from outcomes.record.measures import measure
from outcomes.words import (
    NOT_RECORDED,
    called,
    counted,
    interval,
    listed,
    named,
    number,
    percent,
    rests_on,
    sentence,
    why,
)

__all__ = [
    "ALONE",
    "BETWEEN",
    "NO_INSERTIONS",
    "WITHIN",
    "WITH_INSERTIONS",
    "count_sentences",
    "in_words",
    "outcome_phrase",
    "relation_line",
    "relation_sentences",
    "seen_sentences",
    "soreness_sentences",
]

WITHIN, BETWEEN = "within patients", "between patients"
ALONE, WITH_INSERTIONS = "twitches alone", "with insertions"
NO_INSERTIONS = "insertions were not recorded, so twitches cannot be separated from them"


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
        words = called(times)
        found = found.assign(outcome=[_known_phrase(str(name), words) for name in found["outcome"]])
    found.attrs = dict(frame.attrs)
    return found


def _known_phrase(outcome: str, times: Mapping[str, str]) -> str:
    return outcome_phrase(outcome, times) if "_" in outcome else outcome


def relation_sentences(relations: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say what went with twitches in the same patient, at an equal number of insertions where they were counted.

    Parameters
    ----------
    relations : pandas.DataFrame
        From :func:`twitch_relations`, protected.
    times : mapping
        What the readings are called.
    """
    chosen = _chosen(relations, "estimate")
    ways = direction(chosen, "twitches")
    return [
        _relation_sentence(row, way, _alone(relations, outcome), outcome_phrase(str(outcome), times))
        for (outcome, row), way in zip(chosen.iterrows(), ways, strict=True)
    ]


def relation_line(relations: pd.DataFrame, times: Mapping[str, str]) -> str:
    """The answer in a line: what had no clear link with twitches in the same patient, and what went with them."""
    chosen = _chosen(relations, "estimate")
    known = chosen["estimate"].notna()
    if not known.any():
        return ""
    ways = direction(chosen, "twitches")[known]
    phrases = {
        way: [outcome_phrase(str(name), times) for name in ways.index[ways == way]] for way in set(ways)
    }
    parts = [f"no clear link with {listed(phrases[0.0], 'or')}"] if 0.0 in phrases else []
    for way, of in ((1.0, ("more", "worse")), (-1.0, ("less", "milder"))):
        parts += [f"{_compared(phrase, of)} went with more twitches" for phrase in phrases.get(way, [])]
    return " ".join(map(sentence, ["in the same patient: " + parts[0], *parts[1:]]))


def _compared(phrase: str, words: tuple[str, str]) -> str:
    """More or less relief; of soreness, worse or milder."""
    return f"{words[1]} soreness" if "soreness" in phrase else f"{words[0]} {phrase}"


def _chosen(relations: pd.DataFrame, estimate: str) -> pd.DataFrame:
    """One row an outcome, within patients: with insertions where they were counted, else twitches alone."""
    within = relations[relations["effect"] == WITHIN]
    rows = []
    for outcome in dict.fromkeys(within["outcome"]):
        by_model = within[within["outcome"] == outcome].set_index("model")
        adjusted, alone = by_model.loc[WITH_INSERTIONS], by_model.loc[ALONE]
        held = bool(pd.notna(adjusted[estimate]))
        rows.append({**(adjusted if held else alone), "outcome": outcome, "held": held})
    return pd.DataFrame(rows).set_index("outcome")


def _alone(relations: pd.DataFrame, outcome: Any) -> float:
    """The estimate without regard to insertions."""
    rows = relations[(relations["effect"] == WITHIN) & (relations["outcome"] == outcome)].set_index("model")
    return float(rows.loc[ALONE, "estimate"])


def _relation_sentence(row: pd.Series[Any], way: float, alone: float, phrase: str) -> str:
    if pd.isna(row["estimate"]):
        return f"Twitches and {phrase}: {why(row['note'] or NOT_RECORDED)}."
    ten, low, high = (10.0 * row[name] for name in ("estimate", "conf_low", "conf_high"))
    held = " with the same number of insertions" if row["held"] else ""
    more, less = _compared(phrase, ("more", "worse")), _compared(phrase, ("less", "milder"))
    went = {1.0: f"{more} went with more twitches", -1.0: f"{less} went with more twitches"}
    what = went.get(way, f"we see no clear link between twitches and {phrase}")
    size = f"{number(ten, 2)} points per ten twitches, 95% CI {interval(low, high, 2)}; {rests_on(row)}"
    said = f"In the same patient{held}, {what} ({size})."
    if not row["held"]:
        return f"{said} {sentence(NO_INSERTIONS)}"
    return said if pd.isna(alone) else f"{said} Not adjusted for insertions: {number(10.0 * alone, 2)}."


def soreness_sentences(soreness: pd.DataFrame) -> list[str]:
    """Say what went with twitches in the same patient: whether there was any soreness, and how long it lasted."""
    chosen = _chosen(soreness, "ratio")
    ways = direction(chosen, "soreness", estimate="ratio", null=1.0, scale="ratio")
    rows = zip(chosen.iterrows(), ways, strict=True)
    said = [_ratio_sentence(row, str(outcome), way) for (outcome, row), way in rows]
    return [*said, *_both_together(chosen)]


def _both_together(chosen: pd.DataFrame) -> list[str]:
    """How the two readings of soreness go together, where nearly every session is followed by some."""
    known = chosen[chosen["ratio"].notna()]["sessions"].reindex(["any soreness", "hours of soreness"])
    share = float(known.iloc[1] / known.iloc[0]) if known.notna().all() else 0.0
    if share < MOST:
        return []
    return [
        f"Some soreness follows most sessions ({percent(share)}), so whether there is any says little about twitches. "
        "How long it lasts says more."
    ]


MOST = 0.8
"""From this share on nearly every session is followed by some soreness."""


def _ratio_sentence(row: pd.Series[Any], outcome: str, way: float) -> str:
    if pd.isna(row["ratio"]):
        return f"Twitches and {outcome}: {why(row['note'] or NOT_RECORDED)}."
    any_soreness = outcome == "any soreness"
    more, less = (
        ("soreness was likelier with more twitches", "soreness was a little less likely with more twitches")
        if any_soreness
        else ("soreness lasted longer with more twitches", "soreness was shorter with more twitches")
    )
    none = "we see no clear link between twitches and " + (
        "whether there was soreness" if any_soreness else "its length"
    )
    of = "odds" if any_soreness else "hours"
    held = " with the same number of insertions" if row["held"] else ""
    size = f"{of} times {number(row['ratio'], 2)} per twitch, 95% CI {interval(row['conf_low'], row['conf_high'], 2)}"
    among = "" if any_soreness else ", where there was soreness,"
    said = f"In the same patient{held}{among} {({1.0: more, -1.0: less}).get(way, none)} ({size}; {rests_on(row)})."
    return said if row["held"] else f"{said} {sentence(NO_INSERTIONS)}"


def count_sentences(counts: pd.DataFrame) -> list[str]:
    """Say how many twitches a session had, over the conditions that can be shown, without ranking them."""
    known = counts[counts["estimate"].notna()]
    if known.empty:
        note = next(iter(counts["note"]), NOT_RECORDED) or NOT_RECORDED
        return [f"Twitches per session: {why(note)}."]
    low, high = float(known["estimate"].min()), float(known["estimate"].max())
    said = (
        f"A session had {number(low)} to {number(high)} twitches on average, depending on the condition "
        f"({counted(len(known), 'condition')}; counted in {_captured(counts)} of sessions). Twitches "
        "that nobody saw "
        "or felt are not counted, so deep muscles may look quieter than they are."
    )
    unknown = [named(str(name)) for name in counts.loc[counts["estimate"].isna(), "condition"]]
    few = listed(unknown) if len(unknown) <= 4 else counted(len(unknown), "condition")
    return [said, f"Too few to estimate, or not shown: {few}."] if unknown else [said]


def _captured(counts: pd.DataFrame) -> str:
    known = counts[["sessions", "sessions_eligible"]].dropna()
    total = float(known["sessions_eligible"].sum())
    return percent(float(known["sessions"].sum()) / total) if total else "an unknown share"


def seen_sentences(seen: pd.DataFrame) -> list[str]:
    """Say between what shares a twitch was seen, over the conditions that can be told; none is ranked."""
    known = seen[seen["proportion"].notna()]
    if known.empty:
        return [f"Whether a twitch was seen or only felt: {why(next(iter(seen['note']), NOT_RECORDED))}."]
    low, high = float(known["proportion"].min()), float(known["proportion"].max())
    return [
        f"Depending on the condition, a twitch was seen in {percent(low)} to {percent(high)} of the sessions with one. "
        "In the others the clinician only felt it."
    ]
