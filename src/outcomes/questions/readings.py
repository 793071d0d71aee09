"""How far single readings can be trusted: rounded answers, ends of scales, implausible values.

Comes in: the session record, a pandas frame or an Ibis table. Goes out: tidy frames of counts and shares with their
patients and sessions. Nothing is corrected and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from outcomes.models.groups import truths
from outcomes.questions.answers import blank, is_recorded, needed_columns, recorded_columns, size_of
from outcomes.questions.sentences.quality import heaping_sentences, scale_sentences
from outcomes.record.columns import KNOWN_NAMES, column
from outcomes.record.rules import rules
from outcomes.words import NOT_RECORDED, TOO_FEW, called

__all__ = [
    "heaping",
    "heaping_sentences",
    "heaping_summary",
    "implausible",
    "scale_ends",
    "scale_sentences",
]


def heaping(sessions: Any, reading: str = "soreness_h", *, step: float = 12.0) -> pd.DataFrame:
    """Count a reading at its round values and between them: round numbers show how it was asked.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    reading : str
    step : float
        Round values are multiples of it; what lies between two of them is one group, at their middle.

    Returns
    -------
    pandas.DataFrame
        ``value, label, patients, sessions, ongoing``, in order of value, in the reading's unit. ``ongoing`` are the
        sessions still sore when last asked, at the hours since the session.
    """
    known = needed_columns(sessions, reading, "soreness_ongoing")
    known = known[known[reading].notna()]
    still = truths(known["soreness_ongoing"]) if reading == "soreness_h" else False
    below = np.floor(known[reading].astype(float) / step) * step
    round_value = known[reading].astype(float) == below
    grouped = known.assign(value=np.where(round_value, below, below + step / 2), still=still)
    counts = grouped.groupby("value").agg(
        patients=("patient_id", "nunique"), sessions=("patient_id", "size"), ongoing=("still", "sum")
    )
    frame = counts.reset_index()
    frame.insert(1, "label", [_label(value, step) for value in frame["value"]])
    return frame


def _label(value: float, step: float) -> str:
    low = value - step / 2
    return f"between {low:g} and {low + step:g}" if low % step == 0 else f"{value:g}"


def _finished(sessions: Any, reading: str) -> pd.DataFrame:
    """Sessions with the reading; soreness that still lasted when last asked has no duration yet."""
    known = needed_columns(sessions, reading, "soreness_ongoing")
    known = known[known[reading].notna()]
    return known[~truths(known["soreness_ongoing"])] if reading == "soreness_h" else known


_ROUNDED = (
    ("soreness_h", "hours given in whole half-days", 6.0, 12.0),
    ("twitch_count", "counts of five or more that are multiples of five", 5.0, 5.0),
)
"""Readings that people round: what is called round, from which value on it is counted, and in which steps."""


def heaping_summary(sessions: Any) -> pd.DataFrame:
    """Share of round values, against what would be seen if every value were as likely as its neighbors.

    Returns
    -------
    pandas.DataFrame
        ``column, quantity, patients, sessions, share, expected, note``. Soreness: whole half-days among those of six
        hours or more; twitches: multiples of five among counts of five or more.
    """
    rows = []
    for name, quantity, least, step in _ROUNDED:
        known = _finished(sessions, name)
        large = known[known[name] >= least]
        share = float((large[name] % step == 0).mean()) if len(large) else np.nan
        found = {"column": name, "quantity": quantity, **size_of(large), "share": share}
        note = "" if len(large) else _why_none_large(sessions, name)
        rows.append({**found, "expected": 1.0 / step, "note": note})
    return pd.DataFrame(rows)


def _why_none_large(sessions: Any, name: str) -> str:
    return TOO_FEW if is_recorded(needed_columns(sessions, name), name) else NOT_RECORDED


_SCALES = ("pain_pre", "pain_post", "pain_48h", "function_pre", "function_post", "function_48h")


def scale_ends(sessions: Any, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Share of readings at the ends of their scale, where no further change can be seen.

    Returns
    -------
    pandas.DataFrame
        ``column, label, patients, sessions, share_at_floor, share_at_ceiling, share_below_3, note``; the last is the
        share of sessions too mild before needling for the responder rule (pain before only).
    """
    frame, words = needed_columns(sessions, *_SCALES), called(times)
    rows = []
    for name in _SCALES:
        known = frame[frame[name].notna()]
        stem, time = name.split("_")
        head = {"column": name, "label": f"{stem.capitalize()} {words[time]}", **size_of(known)}
        rows.append({**head, **_ends(name, known[name])})
    return pd.DataFrame(rows)


def _ends(name: str, values: pd.Series[Any]) -> dict[str, Any]:
    """Shares of one reading's values at the ends of its scale."""
    if values.empty:
        return blank(("share_at_floor", "share_at_ceiling", "share_below_3"), NOT_RECORDED)
    scale = column(name)
    return {
        "share_at_floor": float((values <= (scale.low or 0)).mean()),
        "share_at_ceiling": float((values >= (scale.high or 10)).mean()),
        "share_below_3": float((values < 3).mean()) if name == "pain_pre" else np.nan,
        "note": "",
    }


def implausible(sessions: Any) -> pd.DataFrame:
    """Sessions that break a rule of plausibility: possible, but worth a second look.

    Returns
    -------
    pandas.DataFrame
        ``rule, column, patients, sessions, reason``: one row per rule that any session breaks, else one row of zeros.
    """
    there = [name for name in KNOWN_NAMES if name in sessions.columns]
    plain, rows = _without_categories(recorded_columns(sessions, there)), []
    for rule in rules():
        if rule.severity != "warning" or not set(there).issuperset(rule.columns):
            continue
        narrow = nw.from_native(plain[list(dict.fromkeys([*rule.columns, "patient_id"]))])
        broken = narrow.filter(rule.breaks()).to_native()
        if len(broken):
            found = {"rule": rule.name, "column": rule.columns[0], **size_of(broken)}
            rows.append({**found, "reason": rule.says})
    nothing = {"rule": "none broken", "column": "", "patients": 0, "sessions": 0}
    return pd.DataFrame(rows or [{**nothing, "reason": "every value is plausible"}])


def _without_categories(sessions: pd.DataFrame) -> pd.DataFrame:
    """Patients and categories as numbers or text, as the rules across sessions need them."""
    coded = [name for name in ("patient_id", "condition", "sex") if name in sessions.columns]
    numbered = {name: sessions[name].factorize()[0].astype(float) for name in coded}
    known = {name: np.where(code >= 0, code, np.nan) for name, code in numbered.items()}
    texts = sessions.select_dtypes("category").columns.difference(list(numbered))
    return sessions.assign(**known, **{name: sessions[name].astype("str") for name in texts})
