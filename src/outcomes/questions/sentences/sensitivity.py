"""What hangs on the analysis, in words: how far the estimate moves with the choices, and with what usual pain is.

Comes in: protected frames of :mod:`outcomes.questions.sensitivity`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.questions.specifications import CHOICE_WORDS, CHOICES, moved_by, planned_row
from outcomes.record.conditions import condition_label
from outcomes.words import called, counted, interval, listed, number, percent, why

__all__ = ["dependence_sentences", "regression_sentences", "specification_sentences"]


def specification_sentences(specs: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far the estimate over all conditions moves with the choices, and whether the conclusion does."""
    when, rows = called(times)["48h"], specs[specs["condition"] == "all"]
    known, main = rows[rows["estimate"].notna()], planned_row(rows)
    if known.empty or main is None or pd.isna(main["estimate"]):
        return [f"Mean relief {when}: {why(rows['note'].iloc[0] if len(rows) else None)}."]
    low, high = known["estimate"].min(), known["estimate"].max()
    clear, worse = float((known["conf_low"] > 0).mean()), float((known["conf_high"] < 0).mean())
    moved = {CHOICE_WORDS[choice]: moved_by(known, choice) for choice in CHOICES}
    most = max(moved, key=lambda words: moved[words])
    return [
        f"Mean relief {when} over all conditions by {len(known)} analyses: from {number(low)} to "
        f"{number(high)} points; the planned one gives {number(main['estimate'])} "
        f"({interval(main['conf_low'], main['conf_high'])}; {counted(main['patients'], 'patient')}, "
        f"{counted(main['sessions'], 'session')}). In {_share_of_them(clear)} pain was clearly lower, in "
        f"{_share_of_them(worse)} clearly higher.",
        f"The choice that moves it most is {most} ({number(moved[most])} points on average).",
        _conclusion(clear, worse),
    ]


def _share_of_them(share: float) -> str:
    return "all of them" if share == 1.0 else "none" if share == 0.0 else f"{percent(share)} of them"


def _conclusion(clear: float, worse: float) -> str:
    if clear == 1.0:
        return "Every analysis shown finds less pain on average; none can say what it would have been without needling."
    if worse == 1.0:
        return "Every analysis shown finds more pain on average; none can say what it would have been without needling."
    if clear == 0.0 and worse == 0.0:
        return "No analysis shown finds a clear change."
    return "The answer hangs on the analysis chosen: it is not settled by these records."


def dependence_sentences(found: pd.DataFrame) -> list[str]:
    """Name the estimates that depend most on choices."""
    known = found[found["width"].notna()]
    if known.empty:
        return [f"Which estimates depend most on choices: {why(found['note'].iloc[0])}."]
    return [
        f"{condition_label(str(row['condition']))}: the estimate moves by {number(row['width'])} points "
        "between analyses, most with "
        f"{row['variable']}; relief is clear in {_share_of_them(row['ratio'])} "
        f"({counted(row['patients'], 'patient')})."
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
    below = listed(number(row["delta"]) for row in rows)
    gives = listed(number(row["expected_change"]) for row in rows)
    said = (
        f"Seen was a mean relief {when} of {number(observed)} points. If patients' usual pain lies {below} "
        "points below "
        f"the pain they came with, regression to the mean alone would give {gives}."
    )
    enough = known[known["expected_change"] >= observed]
    if observed <= 0:
        return [said]
    if enough.empty:
        return [said, "Within this range it does not reach what was seen."]
    return [said, f"From {number(enough['delta'].iloc[0])} points below, it would give all that was seen."]
