"""What remained of the first relief, and who got worse, in words: each next to what is expected without any effect.

Comes in: protected frames of :mod:`outcomes.questions.kept_relief`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.sentences.thresholds import with_benchmark
from outcomes.words import called, counted, percent, why

__all__ = ["kept_sentences", "worse_sentences"]


def kept_sentences(kept: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what remained later of the relief right after, and what would remain without any effect."""
    words, row = called(times), kept[kept["condition"] == "all"].iloc[0]
    if pd.isna(row["estimate"]):
        return [f"How much of the relief {words['post']} remained {words['48h']}: {why(row['note'])}."]
    size = f"95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])}"
    later = row.get("null_benchmark_flare")
    bad_days = "" if later is None or pd.isna(later) else f" to {percent(later)} (bad days)"
    return [
        f"Among sessions with at least 2 points of relief {words['post']}, {percent(row['estimate'])} "
        "of that relief "
        f"remained {words['48h']} ({size}; {counted(row['patients'], 'patient')}).",
        f"Such sessions are chosen for a good reading: {percent(row['null_benchmark'])} (visits booked ahead)"
        f"{bad_days} would remain without any effect.",
    ]


def worse_sentences(worse: pd.DataFrame, when: str) -> list[str]:
    """Give the share that was worse in each group, next to what is expected, without ranking the groups."""
    said = []
    for variable, rows in worse.groupby("variable", sort=False):
        known = rows[rows["proportion"].notna()].to_dict("records")
        if len(known) > 1:
            said.append(f"Worse {when}, by {variable}: {'; '.join(_group_worse(row) for row in known)}.")
    ends = "Patients who begin low have more room to get worse, so each group has its own expected share."
    return [*said, ends] if said else [f"Who got worse {when}: not recorded, or too few to estimate."]


def _group_worse(row: Mapping[Any, Any]) -> str:
    return f"{row['group']} {with_benchmark(row)}"
