"""Numbers in, plain sentences out: what was seen, how sure it is, who it rests on. Never a cause.

Every sentence in a notebook that holds a number comes from here or from a sibling, so that none is typed by hand. An
interval that holds "no change" is said to; too few patients, and nothing recorded, are answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.record.conditions import condition_label

__all__ = [
    "NOT_RECORDED",
    "TOO_FEW",
    "causal_claims",
    "counted",
    "in_ten",
    "interval",
    "interval_text",
    "listed",
    "named",
    "number",
    "number_text",
    "percent_text",
    "rests_on",
    "unbroken",
]

TOO_FEW = "too few patients to say"
NOT_RECORDED = "not recorded"

_CLAIMS = (
    r"caus(?:e|es|ed|ing)|due to|owing to|thanks to|led to|leads to|result(?:s|ed)? (?:from|in)",
    r"because of (?:the )?needling|treatment effect|effective(?:ness)?",
    r"needling (?:works|helps|helped|reduce[sd]?|improve[sd]?|relieve[sd]?)",
)
CAUSAL = re.compile(rf"\b({'|'.join(_CLAIMS)})\b", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(no|not|never|nothing|neither|cannot|nor|without|whether|don't|doesn't)\b", re.IGNORECASE
)


def number(value: float, digits: int = 1) -> str:
    """A number for reading: a true minus sign, no minus zero, "—" where missing.

    Examples
    --------
    >>> number(-0.04), number(-1.26), number(float("nan"))
    ('0.0', '−1.3', '—')
    """
    if pd.isna(value):
        return "—"
    rounded = round(float(value), digits) + 0.0
    return f"{rounded:,.{digits}f}".replace("-", "−")


def number_text(value: float, decimals: int = 1) -> str:
    """Show a number with a true minus sign; a dash where there is none.

    Examples
    --------
    >>> number_text(-0.04), number_text(1234.5, 0), number_text(float("nan"))
    ('0.0', '1,234', '—')
    """
    if not np.isfinite(value):
        return "—"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def percent_text(share: float) -> str:
    """Show a share of 1 as a whole percentage that never claims 0 or 100 by rounding.

    Examples
    --------
    >>> percent_text(0.304), percent_text(0.002), percent_text(0.999), percent_text(0.0)
    ('30 %', '<1 %', '>99 %', '0 %')
    """
    if not np.isfinite(share):
        return "—"
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %"


def interval_text(estimate: float, low: float, high: float, *, decimals: int = 1, share: bool = False) -> str:
    """Show an estimate and its interval.

    Examples
    --------
    >>> interval_text(0.5, -0.2, 1.25)
    '0.5 (−0.2 to 1.2)'
    >>> interval_text(0.31, 0.2, 0.44, share=True)
    '31 % (20 to 44)'
    """
    if not np.isfinite(estimate):
        return "—"
    if share:
        ends = f"({percent_text(low).removesuffix(' %')} to {percent_text(high).removesuffix(' %')})"
        return percent_text(estimate) + (f" {ends}" if np.isfinite(low) and np.isfinite(high) else "")
    ends = f" ({number_text(low, decimals)} to {number_text(high, decimals)})"
    return number_text(estimate, decimals) + (ends if np.isfinite(low) and np.isfinite(high) else "")


def interval(low: float, high: float, digits: int = 1) -> str:
    """An interval for reading: ``0.5 to 1.1``."""
    return f"{number(low, digits)} to {number(high, digits)}"


def counted(n: float, noun: str) -> str:
    """A count with its noun in the right number.

    Examples
    --------
    >>> counted(1, "patient"), counted(1200, "session")
    ('1 patient', '1,200 sessions')
    """
    if pd.isna(n):
        return f"too few {noun}s to show"
    return f"{int(n):,} {noun}{'' if int(n) == 1 else 's'}"


def in_ten(share: float, low: float | None = None, high: float | None = None) -> str:
    """A share as people count: ``about 3 in 10 (likely 2 to 4)``; near the ends as fewer or more than.

    Examples
    --------
    >>> in_ten(0.31, 0.22, 0.41), in_ten(0.02), in_ten(0.97)
    ('about 3 in 10 (likely 2 to 4)', 'fewer than 1 in 10', 'more than 9 in 10')
    """
    if pd.isna(share):
        return "an unknown share"
    tenths = round(share * 10)
    said = (
        "fewer than 1 in 10"
        if share < 0.05
        else "more than 9 in 10"
        if share > 0.95
        else f"about {tenths} in 10"
    )
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return said
    least, most = int(low * 10 + 0.5), int(high * 10 + 0.5)
    return f"{said} (likely {least} to {most})" if least != most else said


def listed(items: Iterable[str]) -> str:
    """Items as a list in a sentence: ``a, b and c``."""
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"


def named(condition: str) -> str:
    """What a condition is called inside a sentence.

    Examples
    --------
    >>> named("jaw_pain"), named("achilles_tendinopathy"), named("other")
    ('jaw pain', 'Achilles tendinopathy', 'other complaints')
    """
    label = condition_label(condition)
    if condition == "other":
        return "other complaints"
    return label if label.startswith(_PROPER) else label[:1].lower() + label[1:]


_PROPER = ("Achilles",)


def rests_on(row: Mapping[str, Any] | pd.Series) -> str:
    """Who a figure rests on: patients, sessions, and what share of the sessions was captured."""
    who = f"{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')}"
    rate = row.get("capture_rate")
    return who if rate is None or pd.isna(rate) else f"{who}, {100 * rate:.0f} % of those eligible"


def unbroken(text: str) -> str:
    """Keep percent signs on the line of their number: lines break at spaces.

    Examples
    --------
    >>> unbroken("14 % of all") == "14\N{NO-BREAK SPACE}% of all"
    True
    """
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)


def causal_claims(text: str) -> list[str]:
    """Sentences that claim a cause, which records without a comparison group can never show.

    Examples
    --------
    >>> causal_claims("Needling reduced pain. Nothing here shows what caused the change.")
    ['Needling reduced pain.']
    """
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return [s.strip() for s in sentences if CAUSAL.search(s) and not _NEGATED.search(s)]
