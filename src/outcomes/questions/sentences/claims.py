"""The verdict on each public claim, in words: why, and what the clinic's page could say instead.

Comes in: a claim with its evidence, or the protected frame of :func:`outcomes.claims`. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.questions.criteria import (
    DESCRIBED,
    SUPPORTED,
    UNKNOWN,
    UNTESTABLE,
    Claim,
    Evidence,
    bounds_of,
    claim_of,
    side_of,
)
from outcomes.words import NOT_SHOWN, capitalized, number, rests_on

__all__ = ["WITHHELD", "capital", "figures_in_words", "verdict_sentences", "why", "wording"]

SILENT = "We keep no records of this yet, so we make no claim about it."
WITHHELD = f"The figures are {NOT_SHOWN}."
_FIGURES = ["claim", "measure", "figure", "p_value", "patients", "sessions", "verdict"]


def capital(text: str) -> str:
    """A text with a capital letter."""
    return capitalized(text)


def _figure(claim: Claim, value: float) -> str:
    share = claim.scale != "identity" or claim.measure.startswith("share")
    if share:
        return f"{number(100.0 * value, 0 if claim.scale != 'identity' else 1)}%"
    return number(value, 3 if "per twitch" in claim.measure else 1)


def why(claim: Claim, evidence: Evidence, verdict: str) -> str:
    """Why the verdict is what it is: the estimate, where it lies, and its context."""
    if not evidence.estimated:
        return capital(evidence.note or "not recorded").rstrip(".") + "."
    if np.isnan(evidence.conf_low):
        return evidence.remark
    low, high = (_figure(claim, value) for value in (evidence.conf_low, evidence.conf_high))
    size = f"The estimate is {_figure(claim, evidence.estimate)} (95% CI {low} to {high})."
    return " ".join(part for part in (size, _reading(claim, evidence, verdict), evidence.remark) if part)


def _reading(claim: Claim, evidence: Evidence, verdict: str) -> str:
    if verdict == DESCRIBED:
        return "That is what patients tell; it shows no cause."
    side, bound = side_of(claim, evidence)
    if claim.direction == "never" and verdict == UNKNOWN:
        return "Records of this size cannot show that rare harm is absent."
    if bound is None:
        return ""
    at = _figure(claim, bound)
    support, contradict = bounds_of(claim, evidence)
    if side == UNKNOWN and support is not None and contradict is not None and support != contradict:
        return f"It lies between {_figure(claim, contradict)} and {at}, which settles nothing."
    if verdict != UNKNOWN:
        return f"The whole interval lies {'above' if evidence.estimate > bound else 'below'} {at}."
    outside = side != UNKNOWN and not evidence.conf_low <= bound <= evidence.conf_high
    many = "The interval lies beyond {}, but not once we allow for checking so many claims."
    return many.format(at) if outside else f"The interval includes {at}."


def wording(claim: Claim, evidence: Evidence, verdict: str, words: Mapping[str, str]) -> str:
    """What the page could say; no claim at all where nothing is known."""
    if verdict == UNTESTABLE:
        return claim.wording
    if verdict == SUPPORTED:
        return claim.wording_supported.format_map(words)
    if not evidence.estimated:
        return SILENT
    return claim.wording.format_map(words)


def verdict_sentences(table: pd.DataFrame, verdict: str) -> list[str]:
    """Say each claim with a verdict: what the page says, why, and what it could say.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`claims`, protected.
    verdict : str
        One of ``VERDICTS``.
    """
    chosen = table[table["verdict"] == verdict]
    if chosen.empty:
        return ["None."]
    return [
        f"{row['claim']}. “{row['statement']}.” {_measured(row)}{row['why']} Suggested wording: "
        f"“{row['wording']}”"
        for _, row in chosen.iterrows()
    ]


def figures_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The claims that were measured, each figure with its interval in its own unit, for reading.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`claims`, protected.

    Returns
    -------
    pandas.DataFrame
        ``claim, measure, figure, p_value, patients, sessions, verdict, note``; what protected the table stays on it.
    """
    shown = table[table["measure"] != ""]
    figures = [_figure_in_words(claim_of(row), row) for row in shown.to_dict("records")]
    columns = [*_FIGURES, *(["note"] if "note" in shown else [])]
    found = shown.assign(figure=figures)[columns].reset_index(drop=True)
    found.attrs = dict(table.attrs)
    return found


def _figure_in_words(claim: Claim, row: Mapping[Any, Any]) -> str:
    values = [row["estimate"], row["conf_low"], row["conf_high"]]
    estimate, low, high = ("" if pd.isna(value) else _figure(claim, value) for value in values)
    return f"{estimate} ({low} to {high})" if low and high else estimate or "—"


def _measured(row: pd.Series[Any]) -> str:
    """What the claim was measured by and who that rests on, where anything was."""
    if not row["measure"] or pd.isna(row["sessions"]) or not row["sessions"]:
        return ""
    return f"Measured by the {row['measure']} ({rests_on(row)}). "
