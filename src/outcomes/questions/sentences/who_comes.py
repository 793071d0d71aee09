"""Who comes, in words: the mix, whether relief differs between groups, and what the mix means for the averages.

Comes in: protected frames of :mod:`outcomes.questions.who_comes`. Goes out: sentences; none ranks groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import LESS, MORE, expected_range
from outcomes.words import (
    NOT_RECORDED,
    called,
    counted,
    in_ten,
    listed,
    percent,
    rests_on,
    sentence,
    why,
    why_of_all,
    with_interval,
)

__all__ = ["average_sentences", "difference_sentences", "mix_sentences"]

SAME_CONDITION, AT_EQUAL_PAIN = "same condition", "same condition and pain before"
"""Whom a group is compared with."""
AS_THEY_COME, ALIKE = "as patients come", "every condition alike"
MOST_NAMED = 2
"""So many answers stand in a sentence; the others in the chart or table."""
_ABOUT = {
    "complaint has lasted": "How long it has lasted",
    "came from": "Where it came from, as patients tell it",
    "symptoms": "What patients come with",
    "activity": "What patients do",
}


def mix_sentences(mix: pd.DataFrame) -> list[str]:
    """Say which answers are most common to each question, over all conditions.

    Parameters
    ----------
    mix : pandas.DataFrame
        From :func:`outcomes.questions.who_comes.patient_mix`, protected.
    """
    every = mix[mix["condition"] == "all"]
    if every["proportion"].isna().all() and {why(note) for note in every["note"]} == {NOT_RECORDED}:
        return ["These records do not ask what patients do, where it came from or how long it has lasted."]
    return [_most(rows, str(variable)) for variable, rows in every.groupby("variable", sort=False)]


def _most(rows: pd.DataFrame, variable: str) -> str:
    about = _ABOUT.get(variable, variable)
    known = rows[rows["proportion"].notna()]
    if known.empty:
        return f"{about}: {why_of_all(rows)}."
    top = known.nlargest(MOST_NAMED, "proportion", keep="first")
    parts = [f"{str(row['label']).lower()} {_people(row)}" for _, row in top.iterrows()]
    return f"{about}: most often {listed(parts)}."


def _people(row: pd.Series[Any]) -> str:
    return f"({in_ten(row['proportion'])}, {percent(row['proportion'])})"


def difference_sentences(differences: pd.DataFrame) -> list[str]:
    """Say whether relief differed between groups beyond what no effect would show, in both comparisons.

    Parameters
    ----------
    differences : pandas.DataFrame
        From :func:`outcomes.questions.who_comes.group_differences`, protected.
    """
    known = differences[differences["estimate"].notna()]
    if known.empty:
        return [f"Whether relief differs between these groups: {why_of_all(differences)}."]
    groups = [(str(rows["value"].iloc[0]), set(rows["verdict"]), len(rows)) for rows in _by_group(known)]
    clear = [
        (value, way) for value, ways, models in groups for way in (MORE, LESS) if ways == {way} and models > 1
    ]
    first = (
        f"Compared with others who have the same condition, {counted(len(groups), 'group')} could be looked at. "
        "Figures are pulled towards the average of their question, and none is ranked."
    )
    if not clear:
        return [
            first,
            "In none of these groups was relief clearly different, beyond what pain before alone would bring.",
        ]
    return [first, *(_clear(value, way) for value, way in clear)]


def _by_group(known: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each group, one a model."""
    return [rows for _, rows in known.groupby(["variable", "value"], sort=False)]


def _clear(value: str, way: str) -> str:
    return f"{sentence(value)[:-1]}: relief was {way}, at equal pain before too."


def average_sentences(averages: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say what the average relief is as patients come, and what it would be with every condition alike.

    Parameters
    ----------
    averages : pandas.DataFrame
        From :func:`outcomes.questions.who_comes.mix_averages`, protected.
    times : mapping
        What the readings are called.
    """
    rows, when = averages.set_index("label"), called(times)["48h"]
    come, alike = rows.loc[AS_THEY_COME], rows.loc[ALIKE]
    if pd.isna(come["estimate"]) or pd.isna(alike["estimate"]):
        note = come["note"] if pd.isna(come["estimate"]) else alike["note"]
        return [f"What the mix means for the averages: {why(note)}."]
    return [
        f"As patients come, relief {when} averaged {with_interval(come, 'points')}. {_anyway(come)} "
        f"It rests on {rests_on(come)}.",
        f"With every condition alike often, it would be {with_interval(alike, 'points')}. {_anyway(alike)}",
        "A clinic with other patients has other averages, even where each patient does the same.",
    ]


def _anyway(row: pd.Series[Any]) -> str:
    ends = sorted(float(row[name]) for name in ("null_benchmark", "null_benchmark_flare"))
    return sentence(expected_range(ends[0], ends[1])) if pd.notna(ends).all() else ""
