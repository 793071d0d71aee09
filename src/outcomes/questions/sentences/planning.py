"""What more sessions would buy, in words.

Comes in: protected frames of :mod:`outcomes.questions.planning`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, called, counted, listed, named, number, why

MOST_NAMED = 4
__all__ = ["comparison_sentences", "precision_sentences", "wanted_width"]


def wanted_width(target: float | None = None) -> float:
    """Half-width wanted of an interval, points: as asked, else the plan's."""
    return active_plan().planning.target if target is None else target


def precision_sentences(
    needed: pd.DataFrame, times: Mapping[str, str] | None = None, *, target: float | None = None
) -> list[str]:
    """Say which conditions are precise enough now, and how many patients the others lack."""
    target = wanted_width(target)
    when, known = called(times)["48h"], needed[needed["estimate"].notna() & needed["patients"].notna()]
    if known.empty:
        return [
            f"Precision of relief {when}: {why(needed['note'].iloc[0] if len(needed) else NOT_RECORDED)}."
        ]
    enough = known[known["estimate"] <= known["patients"]]
    said = []
    if len(enough):
        said.append(f"Average relief {when} is known to within {number(target)} points for {_which(enough)}.")
    lacking = known[known["estimate"] > known["patients"]].to_dict("records")
    if lacking:
        more = [row["estimate"] - row["patients"] for row in lacking]
        ends = dict.fromkeys([number(min(more), 0), number(max(more), 0)])
        said.append(
            f"For the other {counted(len(lacking), 'condition')} it takes {' to '.join(ends)} more "
            "patients each, followed "
            f"up {when} (see the chart)."
        )
    return [*said, "Halving an interval takes four times the patients."]


def _which(rows: pd.DataFrame) -> str:
    names = [named(str(name)) for name in rows["condition"]]
    return listed(names) if len(names) <= MOST_NAMED else counted(len(names), "condition")


def comparison_sentences(designs: pd.DataFrame) -> list[str]:
    """Say what a comparison group and a waiting list would take, and what only they can tell."""
    said = [
        "No number of sessions without a comparison separates this relief from relief that would come anyway."
    ]
    for scenario, rows in designs.groupby("scenario", sort=False):
        known, design = rows[rows["estimate"].notna()].to_dict("records"), _DESIGNS[str(scenario)]
        parts = [
            f"{counted(row['estimate'], 'patient')} to show a difference of {number(row['delta'])} points"
            if first
            else f"{number(row['estimate'], 0)} for {number(row['delta'])}"
            for first, row in zip([True, *[False] * len(known)], known, strict=False)
        ]
        if parts:
            said.append(f"With {design}: {listed(parts)}.")
        else:
            said.append(f"With {design}: {why(rows['note'].iloc[0])}.")
    return [*said, _assumed(designs)] if designs["estimate"].notna().any() else said


def _assumed(designs: pd.DataFrame) -> str:
    row = designs[designs["estimate"].notna()].iloc[0]
    chances = number(100 * active_plan().planning.power, 0)
    found_in = f"{counted(row['patients'], 'patient')} and {counted(row['sessions'], 'session')}"
    return (
        f"Sample sizes give {chances}% power at the 5% level, with the variation found in {found_in} "
        "and as many lost to "
        "follow-up as now."
    )


_DESIGNS = {
    "two groups of patients": "a randomized comparison of two groups, one without needling",
    "waiting list": "a wait list, where each patient is first waiting and then treated",
}
