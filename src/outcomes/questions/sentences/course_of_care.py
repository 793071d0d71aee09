"""The course of care in words: pain before each session, who reached a change that matters and when, who stopped.

Comes in: protected frames of :mod:`outcomes.questions.course_of_care`. Goes out: sentences. They name no direction:
pain passes by itself over weeks, and nobody was left untreated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import expected_range
from outcomes.words import counted, in_ten, percent, rests_on, sentence, why_of_all, with_interval

__all__ = ["course_sentences", "reached_sentences", "stopping_sentences", "time_sentences"]

AS_CAME, WEIGHTED = "of those who came", "weighted for those who stopped"
REACHED, KEPT = "reached at some later session", "there at the last session"
STOPPED, FURTHER = "stopped before reaching it", "reached, had nobody stopped"
FIRST, LATER = 1, 4
"""The sessions that a sentence compares; the others stand in the chart."""


def _by(rows: pd.DataFrame, key: str) -> dict[Any, dict[Any, Any]]:
    """Each row by what stands in a column."""
    return {row[key]: row for row in rows.to_dict("records")}


def course_sentences(before: pd.DataFrame) -> list[str]:
    """Say pain before the first and before a later session, of those who came and weighted for those who stopped.

    Parameters
    ----------
    before : pandas.DataFrame
        From :func:`outcomes.questions.course_of_care.before_each_session`, protected.
    """
    pain = before[(before["outcome"] == "pain") & before["estimate"].notna()]
    came, weighted = (_by(pain[pain["model"] == model], "session_number") for model in (AS_CAME, WEIGHTED))
    if FIRST not in came or LATER not in came:
        rows = before[(before["outcome"] == "pain") & (before["model"] == AS_CAME)]
        return [f"Pain before session {LATER}: {why_of_all(rows[rows['session_number'] == LATER])}."]
    first, later = came[FIRST], came[LATER]
    said = [
        f"Pain before the first session averaged {with_interval(first)} on a 0–10 scale ({rests_on(first)}).",
        f"Before session {LATER} it was {with_interval(later)} among those who came ({rests_on(later)}).",
    ]
    if pd.notna(later["null_benchmark"]) and pd.notna(later["null_benchmark_flare"]):
        ends = sorted((float(later["null_benchmark"]), float(later["null_benchmark_flare"])), reverse=True)
        said.append(sentence(expected_range(*ends)) + " Pain that passes by itself over weeks comes on top.")
    if LATER in weighted:
        size, same = with_interval(weighted[LATER]), with_interval(later)
        it = "it was the same" if size == same else f"it was {size}"
        said.append(
            f"Weighted for those who stopped, {it}. "
            "That is right only if stopping depends on nothing but recorded pain."
        )
    return said


def reached_sentences(reached: pd.DataFrame) -> list[str]:
    """Say how often a change of pain and function that matters was reached, and was there at the last session.

    Parameters
    ----------
    reached : pandas.DataFrame
        From :func:`outcomes.questions.milestones.change_reached`, protected.
    """
    return [_reached(reached[reached["variable"] == variable], variable) for variable in _ABOUT]


_ABOUT = {"pain": "Clearly less pain", "function": "Clearly better function"}
"""Questionnaires stand in the table: each is asked of few."""


def _reached(rows: pd.DataFrame, variable: str) -> str:
    about = _ABOUT[variable]
    by_label = _by(rows, "label")
    if pd.isna(by_label[KEPT]["proportion"]):
        return f"{about}: {why_of_all(rows)}."
    said_of = (REACHED, KEPT) if variable == "pain" else (KEPT,)
    parts = [f"{label} in {_share(by_label[label])}" for label in said_of if label in by_label]
    last = by_label[KEPT]
    said = f"{about}: {' and '.join(parts)} of courses ({counted(last['patients'], 'patient')})."
    if pd.isna(last["null_benchmark"]):
        return said
    ends = sorted(100.0 * float(last[name]) for name in ("null_benchmark", "null_benchmark_flare"))
    return f"{said} At the last session, {expected_range(ends[0], ends[1], digits=0, unit='%')}."


def _share(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["proportion"]):
        return "a share not shown"
    return f"{percent(row['proportion'])} (95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])})"


def time_sentences(times: pd.DataFrame) -> list[str]:
    """Say in how many courses clearly less pain was told by the second and fourth session, and how many had stopped."""
    said = []
    for had in (1, 3):
        rows = _by(times[times["threshold"] == had], "label")
        if REACHED not in rows or pd.isna(rows[REACHED]["proportion"]):
            continue
        reached, stopped = rows[REACHED], rows[STOPPED]
        ended = (
            "" if pd.isna(stopped["proportion"]) else f"; {percent(stopped['proportion'])} had stopped before"
        )
        share = f"{in_ten(reached['proportion'])} of the courses ({percent(reached['proportion'])})"
        said.append(f"By session {had + 1:.0f}, clearly less pain was told in {share}{ended}.")
    return said or [f"After how many sessions there was clearly less pain: {why_of_all(times)}."]


def stopping_sentences(links: pd.DataFrame) -> list[str]:
    """Give the odds of a further session per point of pain, without a word of why."""
    known = links[links["ratio"].notna()]
    if known.empty:
        return [f"What coming again goes with: {why_of_all(links)}."]
    row = known.iloc[0]
    size = with_interval(row, "times", name="ratio", digits=2)
    return [
        f"Odds of a further session, for {row['quantity']}: {size}; {rests_on(row)}.",
        "Why somebody stopped, feeling well or not, the records do not say.",
    ]
