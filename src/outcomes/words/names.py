"""Names, lists and notes in, the words of a sentence out: readings, conditions, and why there is no figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from outcomes.record.conditions import condition_label, uncapitalized
from outcomes.record.measures import TIME_LABELS
from outcomes.words.numbers import NOT_SHOWN, counted, interval, number, percent

__all__ = [
    "NOT_RECORDED",
    "TOO_FEW",
    "called",
    "capitalized",
    "listed",
    "named",
    "reason",
    "rests_on",
    "sentence",
    "unbroken",
    "uncapitalized",
    "why",
    "why_missing",
    "why_of_all",
    "with_interval",
]

TOO_FEW = "too few patients to say"
NOT_RECORDED = "not recorded"
_NO_REASON = "no estimate, no reason given"
_RANGE = re.compile(r"\d of \d")
"""How a note says that a count is between two others: fewer than 11 of 45."""


def called(times: Mapping[str, str] | None) -> dict[str, str]:
    """What the readings of a session are called: as given, else the usual words.

    Examples
    --------
    >>> called({"48h": "a month later"})
    {'pre': 'before', 'post': 'right after', '48h': 'a month later'}
    """
    return {**TIME_LABELS, **(times or {})}


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
    return uncapitalized(label)


def listed(items: Iterable[str], last: str = "and", *, none: str = "none") -> str:
    """Items as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(["a"]), listed([])
    ('a, b and c', 'a or b', 'a', 'none')
    """
    words = list(items)
    if len(words) < 2:
        return words[0] if words else none
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def capitalized(text: str) -> str:
    """A text as it begins a sentence.

    Examples
    --------
    >>> capitalized("pain was lower"), capitalized("")
    ('Pain was lower', '')
    """
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Start with a capital and end with a full stop.

    Examples
    --------
    >>> sentence("not recorded"), sentence("Why? "), sentence("")
    ('Not recorded.', 'Why?', '')
    """
    text = text.strip()
    return text if not text else capitalized(text) + ("" if text[-1] in ".?!" else ".")


def unbroken(text: str) -> str:
    """Keep percent signs on the line of their number: lines break at spaces.

    Examples
    --------
    >>> unbroken("14 % of all") == "14\N{NO-BREAK SPACE}% of all"
    True
    """
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)


def rests_on(row: Mapping[str, Any] | pd.Series) -> str:
    """Who a figure rests on: patients, sessions, and what share of the sessions was followed up.

    Examples
    --------
    >>> rests_on({"patients": 12, "sessions": 30, "capture_rate": 0.8})
    '12 patients, 30 sessions; follow-up in 80% of sessions'
    """
    who = f"{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')}"
    rate = row.get("capture_rate")
    return who if rate is None or pd.isna(rate) else f"{who}; follow-up in {percent(rate)} of sessions"


def with_interval(
    row: Mapping[Any, Any] | pd.Series[Any], unit: str = "", *, name: str = "estimate", digits: int = 1
) -> str:
    """A figure, its unit where it has one, and its interval.

    Examples
    --------
    >>> with_interval({"estimate": 0.61, "conf_low": 0.48, "conf_high": 0.74}, "points")
    '0.6 points (95% CI 0.5 to 0.7)'
    """
    ends = interval(row["conf_low"], row["conf_high"], digits)
    return " ".join([number(row[name], digits), *([unit] if unit else []), f"(95% CI {ends})"])


def why_of_all(rows: pd.DataFrame) -> str:
    """Why none of several rows has a figure: the first reason that one of them gives.

    Examples
    --------
    >>> why_of_all(pd.DataFrame({"note": ["", "too few patients to say"]}))
    'too few patients to say'
    """
    return why(next((note for note in rows["note"] if note), NOT_RECORDED))


def why(note: Any) -> str:
    """Why there is no figure, for a sentence: what is withheld is not shown, for privacy.

    Examples
    --------
    >>> why("not recorded; withheld: fewer than 11 patients"), why("withheld: fewer than 11 patients"), why(None)
    ('not recorded', 'not shown (privacy)', 'not shown (privacy)')
    >>> why("fewer than 11 of 45 (under 1 in 4)"), why("not recorded; fewer than 11 of 45 (under 1 in 4)")
    ('fewer than 11 of 45 (under 1 in 4)', 'not recorded')
    """
    own = _noted(note).partition("; withheld")[0]
    if own.startswith(NOT_RECORDED):
        return NOT_RECORDED  # that nobody was asked, of how many, tells of no one
    return NOT_SHOWN if not own or own.startswith("withheld") else own


def reason(note: Any) -> str:
    """Which of three reasons there is no figure for: the name under a chart of what it leaves out.

    Examples
    --------
    >>> reason("withheld: fewer than 11 patients"), reason("worse: fewer than 11 of 45 (under 1 in 4)")
    ('not shown (privacy)', 'not shown (privacy)')
    >>> reason("too few were followed to 72 h to say"), reason("")
    ('too few to estimate', 'too few to estimate')
    """
    own = _noted(note).partition("; withheld")[0]
    if own.startswith(NOT_RECORDED):
        return NOT_RECORDED
    if own.startswith("withheld") or _RANGE.search(own):
        return NOT_SHOWN
    return NOT_RECORDED if NOT_RECORDED in own else "too few to estimate"


def why_missing(note: Any) -> str:
    """Why there is no figure, for a chart or a table: the note, or that there is none.

    Examples
    --------
    >>> why_missing("withheld: fewer than 11 patients"), why_missing("")
    ('withheld: fewer than 11 patients', 'no estimate, no reason given')
    """
    return _noted(note) or _NO_REASON


def _noted(note: Any) -> str:
    """A note as text; a missing one, in a frame of whatever kind, as none."""
    return "" if note is None or pd.isna(note) or note == "nan" else str(note).strip()
