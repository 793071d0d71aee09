"""What more sessions would buy, in words.

Comes in: protected frames of :mod:`outcomes.questions.planning`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, called, counted, listed, named, number, why

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
        names = listed(named(str(name)) for name in enough["condition"])
        said.append(f"Relief {when} is known to within {number(target)} points for {names}.")
    lacking = known[known["estimate"] > known["patients"]].to_dict("records")
    if lacking:
        parts = [f"{named(str(row['condition']))} {_more(row)}" for row in lacking]
        said.append(
            f"To be known to within {number(target)} points, it would take, followed up {when}: {'; '.join(parts)}."
        )
    return [*said, "Every further halving of the interval takes four times the patients."]


def _more(row: Mapping[Any, Any]) -> str:
    """How many more patients and sessions than now, at as many sessions per patient."""
    lacking = row["estimate"] - row["patients"]
    sessions = np.ceil(lacking * row["sessions"] / row["patients"])
    more = f"{counted(lacking, 'more patient')} (about {counted(sessions, 'more session')}; now "
    return f"{more}{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')})"


def comparison_sentences(designs: pd.DataFrame) -> list[str]:
    """Say what a comparison group and a waiting list would take, and what only they can tell."""
    only = "No number of sessions without a comparison tells relief after needling from relief that would come anyway."
    said = [only]
    for scenario, rows in designs.groupby("scenario", sort=False):
        known, design = rows[rows["estimate"].notna()].to_dict("records"), _DESIGNS[str(scenario)]
        parts = [
            f"{counted(row['estimate'], 'patient')} for a difference of {number(row['delta'])} points"
            for row in known
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
        f"Reckoned for {chances} chances in 100 of showing such a difference if there is one, at the 5 % "
        f"level, with the spread found in {found_in} and as many lost to follow-up as now."
    )


_DESIGNS = {
    "two groups of patients": "two groups, one without needling, drawn by lot",
    "waiting list": "a waiting list, every patient once waiting and once treated",
}
