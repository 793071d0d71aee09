"""What the missing follow-ups could change, in words.

Comes in: protected frames of :mod:`outcomes.questions.missing`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.words import NOT_RECORDED, called, counted, interval, listed, named, number, percent, why

__all__ = ["bounds_sentences", "missing_sentences", "tipping_sentences"]


def missing_sentences(missing: pd.DataFrame) -> list[str]:
    """Say whether those who answered were different from those who did not."""
    said, compared = [], 0
    for variable, rows in missing.groupby("variable", sort=False):
        ranked = rows[rows["proportion"].notna()].sort_values("proportion", kind="stable").to_dict("records")
        compared += len(ranked) > 1
        if len(ranked) > 1 and ranked[0]["conf_high"] < ranked[-1]["conf_low"]:
            low, high = ranked[0], ranked[-1]
            said.append(
                f"By {variable}: “{high['group']}” was followed up in {percent(high['proportion'])} of sessions, "
                f"“{low['group']}” in {percent(low['proportion'])}."
            )
    if said:
        return [
            *said,
            "Where follow-up goes with what was known, those who answered are not like those who did not.",
        ]
    if not compared:
        return [
            "Whether those who answered differ from those who did not cannot be told: too few patients to show."
        ]
    return [
        "Follow-up did not clearly differ by anything recorded before it; what was not recorded may still differ."
    ]


def bounds_sentences(bounds: pd.DataFrame) -> list[str]:
    """Say between which shares the truth must lie, whatever the missing did."""
    rows = {str(row["method"]): row for row in bounds[bounds["condition"] == "all"].to_dict("records")}
    low, high = rows.get("all missing failed"), rows.get("all missing responded")
    if low is None or high is None or pd.isna(low["proportion"]) or pd.isna(high["proportion"]):
        return [f"Bounds for the missing: {NOT_RECORDED if low is None else 'too few patients to show'}."]
    answered = rows["those who answered"]["proportion"]
    who = f"{counted(low['patients'], 'patient')}, {counted(low['sessions'], 'session')}"
    return [
        f"Of those who answered, {percent(answered)} responded. Had every missing session failed, it would be "
        f"{percent(low['proportion'])}; had every one succeeded, {percent(high['proportion'])} ({who}). The "
        "truth lies between, "
        "and the records alone cannot narrow that further."
    ]


def tipping_sentences(
    overall: pd.DataFrame, verdicts: pd.DataFrame, times: Mapping[str, str] | None = None
) -> list[str]:
    """Say how the average moves with what is supposed of the missing, and where the verdict changes."""
    rows = overall[overall["estimate"].notna()]
    when = called(times)["48h"]
    if rows.empty:
        return [f"Relief {when}: {why(overall['note'].iloc[0])}."]
    first, last = rows.iloc[0], rows.iloc[-1]
    said = [
        f"If the missing fared like those alike who answered, mean relief {when} is {number(first['estimate'])} points "
        f"({interval(first['conf_low'], first['conf_high'])}); had they fared {number(last['delta'], 0)} points worse, "
        f"it would be {number(last['estimate'])} ({interval(last['conf_low'], last['conf_high'])}). This rests on "
        f"{counted(first['patients'], 'patient')} and {counted(first['sessions'], 'session')} with the reading, "
        f"{percent(first['capture_rate'])} of those eligible."
    ]
    openings = (
        ("By its own interval, relief stays clear whatever is supposed here in", "stays clear"),
        ("Whether relief is clear hangs on the missing in", "no longer"),
        ("Relief is not clear even if the missing fared the same in", "even if"),
    )
    for opening, part in openings:
        found = verdicts[verdicts["verdict"].astype("str").str.contains(part)]["condition"]
        if len(found):
            said.append(f"{opening} {listed(named(str(name)) for name in found)}.")
    return said
