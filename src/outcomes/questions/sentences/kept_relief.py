"""What is kept of the first relief, and who got worse, in words: each beside what no effect at all would give.

Comes in: protected frames of :mod:`outcomes.questions.kept_relief`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.sentences.thresholds import with_benchmark
from outcomes.words import called, counted, interval, number, why

__all__ = ["kept_sentences", "worse_sentences"]


def kept_sentences(kept: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what is left later of the relief right after, and what chance alone would leave."""
    words, row = called(times), kept[kept["condition"] == "all"].iloc[0]
    if pd.isna(row["estimate"]):
        return [f"How much of the relief {words['post']} is kept {words['48h']}: {why(row['note'])}."]
    ratio, low, high = 100 * row["estimate"], 100 * row["conf_low"], 100 * row["conf_high"]
    return [
        f"After sessions followed by at least 2 points of relief {words['post']}, {number(ratio, 0)} % of that relief "
        f"was there {words['48h']} (95 % interval {interval(low, high, 0)} %; {counted(row['patients'], 'patient')}, "
        f"{counted(row['sessions'], 'session')} with both readings). With no effect at all, "
        f"{number(100 * row['null_benchmark'], 0)} % would be left: such sessions are chosen for a good reading."
    ]


def worse_sentences(worse: pd.DataFrame, when: str) -> list[str]:
    """Say who was worse more often; differences that the intervals cannot tell apart are said to be so."""
    said = []
    for variable, rows in worse.groupby("variable", sort=False):
        known = rows[rows["proportion"].notna()]
        if len(known) < 2:
            continue
        ranked = known.sort_values("proportion", kind="stable").to_dict("records")
        low, high = ranked[0], ranked[-1]
        said.append(
            f"By {variable}: worse {when} were {_group_worse(high)} and {_group_worse(low)}; {_apart(low, high)}."
        )
    ends = "In brackets: the share with no effect at all; whoever begins low has more room to get worse."
    return [*said, ends] if said else [f"Who got worse {when}: not recorded, or too few patients to say."]


def _group_worse(row: Mapping[Any, Any]) -> str:
    return f"{with_benchmark(row)} of “{row['group']}” ({counted(row['patients'], 'patient')})"


def _apart(low: Mapping[Any, Any], high: Mapping[Any, Any]) -> str:
    """Say whether two groups differ, and whether they do beyond what no effect would give each."""
    if low["conf_high"] >= high["conf_low"]:
        return "the two cannot be told apart"
    expected = [row["null_benchmark"] for row in (low, high)]
    if pd.isna(expected).any():
        return "with no effect at all they would differ too, because both readings are of the same pain"
    if low["conf_high"] - expected[0] >= high["conf_low"] - expected[1]:
        return "they differ no more than they would with no effect at all"
    return "they differ more than they would with no effect at all"
