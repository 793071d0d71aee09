"""What hangs on the analysis, in words: how far the estimate moves with the choices, and with what usual pain is.

Comes in: protected frames of :mod:`outcomes.questions.sensitivity`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.questions.specifications import CHOICE_WORDS, CHOICES, moved_by, planned_row
from outcomes.record.conditions import condition_label
from outcomes.words import called, counted, interval, number, percent, why

__all__ = ["dependence_sentences", "regression_sentences", "specification_sentences"]


def specification_sentences(specs: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far the estimate over all conditions moves with the choices, and whether the conclusion does."""
    when, rows = called(times)["48h"], specs[specs["condition"] == "all"]
    known, main = rows[rows["estimate"].notna()], planned_row(rows)
    if known.empty or main is None or pd.isna(main["estimate"]):
        return [f"Mean relief {when}: {why(rows['note'].iloc[0] if len(rows) else None)}."]
    low, high = known["estimate"].min(), known["estimate"].max()
    changed = float(((known["conf_low"] > 0) | (known["conf_high"] < 0)).mean())
    moved = {CHOICE_WORDS[choice]: moved_by(known, choice) for choice in CHOICES}
    most = max(moved, key=lambda words: moved[words])
    return [
        f"Across {len(known)} analyses, average relief {when} runs from {number(low)} to "
        f"{number(high)} points. The planned "
        f"one gives {number(main['estimate'])} (95% CI {interval(main['conf_low'], main['conf_high'])}; "
        f"{counted(main['patients'], 'patient')}, {counted(main['sessions'], 'session')}).",
        f"The choice that matters most is {most} ({number(moved[most])} points on average).",
        _agreement(changed),
    ]


def _agreement(changed: float) -> str:
    """What the analyses agree on; that they agree is no evidence of benefit."""
    if changed == 1.0:
        return "All of them exclude no change. They share the same patients, so agreement is not evidence of benefit."
    if changed == 0.0:
        return "None of them excludes no change."
    return f"{percent(changed)} of them exclude no change, so the answer depends on the analysis chosen."


def dependence_sentences(found: pd.DataFrame) -> list[str]:
    """Name the estimates that depend most on choices."""
    known = found[found["width"].notna()]
    if known.empty:
        return [f"Which estimates depend most on choices: {why(found['note'].iloc[0])}."]
    return [
        f"{condition_label(str(row['condition']))}: estimates span {number(row['width'])} points, most with "
        f"{row['variable']} ({counted(row['patients'], 'patient')})."
        for row in known.to_dict("records")
    ]


def regression_sentences(
    found: pd.DataFrame, times: Mapping[str, str] | None = None, *, time: str = "48h"
) -> list[str]:
    """Say how far below the day's pain usual pain would have to lie for regression to the mean to give it all."""
    when, known = called(times)[time], found[found["expected_change"].notna() & found["observed"].notna()]
    if known.empty:
        return [f"Regression to the mean {when}: {why(found['note'].iloc[0])}."]
    observed = float(known["observed"].iloc[0])
    rows = known.to_dict("records")
    low, high = min(row["delta"] for row in rows), max(row["delta"] for row in rows)
    gives = interval(min(row["expected_change"] for row in rows), max(row["expected_change"] for row in rows))
    said = [
        f"Patients had {number(observed)} points of relief {when} on average.",
        f"If they came on days {number(low)} to {number(high)} points worse than usual, {gives} "
        "points would pass anyway.",
    ]
    enough = known[known["expected_change"] >= observed]
    if observed <= 0:
        return said
    if enough.empty:
        return [*said, "Within this range, that does not explain all of it."]
    return [
        *said,
        f"If they came on days {number(enough['delta'].iloc[0])} points worse than usual, all of it would.",
    ]
