"""How the reading right after relates to the later one, next to what two readings of one pain give anyway.

Comes in: protected frames of :mod:`outcomes.questions.relation`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import LESS, MORE, verdicts
from outcomes.words import called, counted, interval, listed, named, number, why, with_interval

__all__ = ["correlation_sentences", "slope_sentences", "within_between_sentences"]

_FAMILY = "early and later relief"
_MOST_NAMED = 4


def within_between_sentences(slopes: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what one more point of relief right after went with later, and what two readings of one pain give anyway."""
    words, rows = called(times), {str(row["part"]): row for row in slopes.to_dict("records")}
    row, inside = rows["all sessions"], rows["within patients"]
    if pd.isna(row["estimate"]):
        return [f"Relief {words['post']} and relief {words['48h']}: {why(row['note'])}."]
    said = dict(zip(slopes["part"].astype(str), _verdicts(slopes), strict=True))
    sentences = [
        f"For each further point of relief {words['post']}, relief {words['48h']} differed by "
        f"{with_interval(row, digits=2)} points ({counted(row['patients'], 'patient')}, "
        f"{counted(row['sessions'], 'session')}). "
        f"{_benchmark_and_verdict(row, said['all sessions'])}"
    ]
    if pd.notna(inside["estimate"]):
        sentences.append(
            f"Between sessions of the same patient, it differed by {with_interval(inside, digits=2)} points. "
            f"{_benchmark_and_verdict(inside, said['within patients'])}"
        )
    return sentences


def _verdicts(slopes: pd.DataFrame) -> pd.Series[str]:
    return verdicts(slopes, _FAMILY, expected=("null_benchmark", "null_benchmark_flare"))


def _benchmark_and_verdict(row: Mapping[Any, Any], verdict: str) -> str:
    anyway = f"Two readings of the same pain give about {_anyway(row)} even without any effect"
    if verdict == MORE:
        return f"{anyway}; early relief goes with more later relief than that."
    if verdict == LESS:
        return f"{anyway}; early and later relief go together less than that."
    return f"{anyway}, so this shows no added relation."


def _anyway(row: Mapping[Any, Any]) -> str:
    """Both ends of the slope that no effect gives, the lower first; one where they read alike."""
    ends = sorted(float(row[name]) for name in ("null_benchmark", "null_benchmark_flare"))
    return " to ".join(dict.fromkeys(number(end, 2) for end in ends))


def slope_sentences(slopes: pd.DataFrame) -> list[str]:
    """Say in how many conditions early and later relief go together as two readings of one pain do not."""
    known, said = slopes[slopes["conf_low"].notna()], []
    if len(known):
        beyond = known[_verdicts(known.drop(columns="std_error", errors="ignore")).isin([MORE, LESS])]
        anyway = _anyway(known.iloc[0].to_dict())
        names = [named(str(name)) for name in beyond["condition"]]
        where = (
            listed(names)
            if len(names) <= _MOST_NAMED
            else f"{len(names)} of {len(known)} conditions (see the table)"
        )
        said.append(
            f"In {where} the relation is not what two readings of the same pain give anyway ({anyway})."
            if names
            else f"In every condition the relation is what two readings of the same pain can give anyway ({anyway})."
        )
    if len(known) > 2:
        low, high = known["estimate"].min(), known["estimate"].max()
        said.append(
            "We see no real difference between conditions."
            if high - low < 0.05
            else f"Across conditions the slopes run from {number(low, 2)} to {number(high, 2)}."
        )
    absent = slopes[slopes["conf_low"].isna()]
    for reason, part in absent.groupby(absent["note"].map(why), sort=False):
        names = [named(str(name)) for name in part["condition"]]
        which = listed(names) if len(names) <= _MOST_NAMED else counted(len(names), "condition")
        said.append(f"{str(reason).capitalize()}: {which}.")
    return said


def correlation_sentences(found: pd.DataFrame) -> list[str]:
    """Say how closely early and later relief go together from session to session of one patient."""
    rows = {str(row["quantity"]): row for row in found.to_dict("records")}
    row, plain = rows["at equal baseline"], rows["plain"]
    if pd.isna(row["correlation"]) or pd.isna(plain["correlation"]):
        return [f"Correlation within patients: {why(row['note'])}."]
    return [
        "From session to session of one patient, early and later relief correlate at "
        f"{number(plain['correlation'], 2)}. Much of that is arithmetic, because both start from the "
        "same pain before "
        f"({number(plain['null_benchmark'], 2)} expected without any effect).",
        f"At equal pain before, the correlation is {number(row['correlation'], 2)} "
        f"(95% CI {interval(row['conf_low'], row['conf_high'], 2)}; "
        f"{counted(row['patients'], 'patient')} with two "
        f"sessions or more). Expected without any effect: {number(row['null_benchmark'], 2)}.",
    ]
