"""How the reading right after relates to the later one, in words: always against what no effect at all would give.

Comes in: protected frames of :mod:`outcomes.questions.relation`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.words import called, counted, interval, listed, named, number, why

__all__ = ["correlation_sentences", "slope_sentences", "within_between_sentences"]


def within_between_sentences(slopes: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what one more point of relief right after goes with later, and what it would with no effect at all."""
    words, rows = called(times), {str(row["part"]): row for row in slopes.to_dict("records")}
    row = rows["all sessions"]
    if pd.isna(row["estimate"]):
        return [f"Relief {words['post']} against relief {words['48h']}: {why(row['note'])}."]
    said = [
        f"At equal pain before, each further point of relief {words['post']} was associated with {_with_interval(row)} "
        "points of relief "
        f"{words['48h']} ({counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')}). "
        f"{_against(row)}"
    ]
    inside = rows["within patients"]
    if pd.notna(inside["estimate"]):
        said.append(
            f"In one and the same patient, a session with a point more relief than usual {words['post']} was "
            "followed by "
            f"{_with_interval(inside)} points more relief than usual {words['48h']}. {_against(inside)}"
        )
    return said


def _with_interval(row: Mapping[Any, Any]) -> str:
    return f"{number(row['estimate'], 2)} ({interval(row['conf_low'], row['conf_high'], 2)})"


def _against(row: Mapping[Any, Any]) -> str:
    nothing = row["null_benchmark"]
    said = (
        f"With no effect at all it would be {number(nothing, 2)}, because both are readings of the same pain"
    )
    if row["conf_low"] > nothing:
        return f"{said}; the relation seen is closer than that."
    if row["conf_high"] < nothing:
        return f"{said}; the relation seen is looser than that."
    return f"{said}; what was seen cannot be told from that."


def slope_sentences(slopes: pd.DataFrame) -> list[str]:
    """Say where the relation is closer or looser than no effect would make it, and whether the conditions differ."""
    known = slopes[slopes["conf_low"].notna()]
    said = []
    if len(known):
        nothing = known["null_benchmark"]
        sides = {
            "closer than that": known[known["conf_low"] > nothing],
            "looser than that": known[known["conf_high"] < nothing],
            "not to be told from that": known[
                (known["conf_low"] <= nothing) & (known["conf_high"] >= nothing)
            ],
        }
        parts = [f"{words} in {_names(part)}" for words, part in sides.items() if len(part)]
        said.append(
            f"With no effect at all the slope would be {number(nothing.iloc[0], 2)}, because both are readings of the "
            f"same pain. The relation seen is {'; '.join(parts)}."
        )
    if len(known) > 2:
        low, high = known["estimate"].min(), known["estimate"].max()
        alike = high - low < 0.05
        said.append(
            "The slopes of the conditions are no more spread than chance would spread them, so each is taken "
            "as the common one."
            if alike
            else f"After shrinking, the slopes run from {number(low, 2)} to {number(high, 2)}."
        )
    absent = slopes[slopes["conf_low"].isna()]
    for reason, part in absent.groupby(absent["note"].map(why), sort=False):
        said.append(f"{str(reason).capitalize()}: {_names(part)}.")
    return said


def _names(rows: pd.DataFrame) -> str:
    return listed(named(str(name)) for name in rows["condition"])


def correlation_sentences(found: pd.DataFrame) -> list[str]:
    """Say how close the two reliefs lie together from session to session of one patient."""
    rows = {str(row["quantity"]): row for row in found.to_dict("records")}
    row, plain = rows["at equal baseline"], rows["plain"]
    if pd.isna(row["correlation"]) or pd.isna(plain["correlation"]):
        return [f"Correlation within patients: {why(row['note'])}."]
    return [
        "From session to session of one patient, the two reliefs correlate at "
        f"{number(plain['correlation'], 2)}; much of that "
        f"is arithmetic, because both are counted from the same pain before (with no effect at all: "
        f"{number(plain['null_benchmark'], 2)}). At equal pain before the correlation is "
        f"{number(row['correlation'], 2)} "
        f"({interval(row['conf_low'], row['conf_high'], 2)}; {counted(row['patients'], 'patient')} with two "
        "sessions or more), "
        f"where no effect at all would give {number(row['null_benchmark'], 2)}."
    ]
