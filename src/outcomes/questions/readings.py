"""Sessions in, how far single readings can be read out: rounded answers, ends of scales, implausible values.

Comes in: the session record as a pandas frame. Goes out: tidy frames of counts and shares with their patients and
sessions, and the sentences that say what follows. Nothing is corrected and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import numpy as np
import pandas as pd

from outcomes.models.groups import lean
from outcomes.questions.quality import rests_on
from outcomes.record.columns import column
from outcomes.record.rules import rules
from outcomes.words import NOT_RECORDED, TOO_FEW, called, percent

__all__ = [
    "heaping",
    "heaping_sentences",
    "heaping_summary",
    "implausible",
    "scale_ends",
    "scale_sentences",
]


def heaping(sessions: pd.DataFrame, reading: str = "soreness_h", *, step: float = 12.0) -> pd.DataFrame:
    """Count a reading at its round values and between them: round numbers show how it was asked.

    Parameters
    ----------
    sessions : pandas.DataFrame
    reading : str
    step : float
        Round values are multiples of it; what lies between two of them is one group, at their middle.

    Returns
    -------
    pandas.DataFrame
        ``value, label, patients, sessions``, in order of value, in the reading's unit.
    """
    known = _finished(sessions, reading)
    below = np.floor(known[reading].astype(float) / step) * step
    round_value = known[reading].astype(float) == below
    grouped = known.assign(value=np.where(round_value, below, below + step / 2))
    counts = grouped.groupby("value").agg(patients=("patient_id", "nunique"), sessions=("patient_id", "size"))
    frame = counts.reset_index()
    low = frame["value"] - step / 2
    between = [
        f"between {a:g} and {a + step:g}" if a % step == 0 else f"{v:g}"
        for a, v in zip(low, frame["value"], strict=True)
    ]
    frame.insert(1, "label", between)
    return frame


def _finished(sessions: pd.DataFrame, reading: str) -> pd.DataFrame:
    """Sessions with the reading; soreness that still lasted when last asked has no duration yet."""
    known = lean(sessions, ["patient_id", reading, "soreness_ongoing"])
    known = known[known[reading].notna()]
    if reading == "soreness_h":
        known = known[~known["soreness_ongoing"].fillna(False).astype(bool)]
    return known


def heaping_summary(sessions: pd.DataFrame) -> pd.DataFrame:
    """Share of round values, against what would be seen if every value were as likely as its neighbours.

    Returns
    -------
    pandas.DataFrame
        ``column, quantity, patients, sessions, share, expected, note``. Soreness: whole half-days among those of six
        hours or more; twitches: multiples of five among counts of five or more.
    """
    asked = (
        ("soreness_h", "hours given in whole half-days", 6.0, 12.0),
        ("twitch_count", "counts of five or more that are multiples of five", 5.0, 5.0),
    )
    rows = []
    for name, quantity, least, step in asked:
        known = _finished(sessions, name)
        known = known[known[name] >= least]
        recorded = bool(sessions[name].notna().any())
        rows.append(
            {
                "column": name,
                "quantity": quantity,
                **rests_on(known),
                "share": float((known[name] % step == 0).mean()) if len(known) else np.nan,
                "expected": 1.0 / step,
                "note": "" if len(known) else TOO_FEW if recorded else NOT_RECORDED,
            }
        )
    return pd.DataFrame(rows)


def heaping_sentences(summary: pd.DataFrame) -> list[str]:
    """Say which values are rounded, and what follows for the pages on soreness and twitches."""
    said = []
    for row in summary.to_dict("records"):
        if pd.isna(row["share"]) or pd.isna(row["expected"]):
            said.append(f"{column(row['column']).label}: {row['note'] or 'too few patients to show'}.")
            continue
        rounded = row["share"] > 2 * row["expected"]
        meaning = "so read each as “about that much”" if rounded else "so no clear sign of rounding"
        said.append(
            f"{column(row['column']).label}: the share of {row['quantity']} is {percent(row['share'])}, where "
            "chance alone "
            f"would give {percent(row['expected'])}; {meaning}."
        )
    return said


_SCALES = ("pain_pre", "pain_post", "pain_48h", "function_pre", "function_post", "function_48h")


def scale_ends(sessions: pd.DataFrame, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Share of readings at the ends of their scale, where no further change can be seen.

    Returns
    -------
    pandas.DataFrame
        ``column, label, patients, sessions, share_at_floor, share_at_ceiling, share_below_3, note``; the last is the
        share of sessions too mild before needling for the responder rule (pain before only).
    """
    rows, words = [], called(times)
    sessions = lean(sessions, ["patient_id", *_SCALES])
    for name in _SCALES:
        known, what = sessions.loc[sessions[name].notna(), ["patient_id", name]], column(name)
        value = known[name]
        ends = (
            (float((value <= (what.low or 0)).mean()), float((value >= (what.high or 10)).mean()))
            if len(known)
            else (np.nan, np.nan)
        )
        mild = float((value < 3).mean()) if name == "pain_pre" and len(known) else np.nan
        rows.append(
            {
                "column": name,
                "label": f"{'Pain' if name.startswith('pain') else 'Function'} {words[name.split('_')[1]]}",
                **rests_on(known),
                "share_at_floor": ends[0],
                "share_at_ceiling": ends[1],
                "share_below_3": mild,
                "note": "" if len(known) else NOT_RECORDED,
            }
        )
    return pd.DataFrame(rows)


def scale_sentences(ends: pd.DataFrame) -> list[str]:
    """Say how many sessions had no room to improve."""
    before = ends[ends["column"] == "pain_pre"].iloc[0]
    if pd.isna(before["share_below_3"]):
        return ["How many sessions began with mild pain rests on too few to show."]
    return [
        f"{percent(before['share_below_3'])} of sessions began with pain below 3 of 10. Pain that low cannot "
        "fall far, so "
        "these sessions are left out of every share of responders, and stay in every mean."
    ]


def implausible(sessions: pd.DataFrame) -> pd.DataFrame:
    """Sessions that break a rule of plausibility: possible, but worth a second look.

    Returns
    -------
    pandas.DataFrame
        ``rule, column, patients, sessions, reason``: one row per rule that any session breaks, else one row of zeros.
    """
    there, plain = set(sessions.columns), _without_categories(sessions)
    rows = []
    for rule in rules():
        if rule.severity != "warning" or not there.issuperset(rule.columns):
            continue
        narrow = nw.from_native(plain[list(dict.fromkeys([*rule.columns, "patient_id"]))])
        broken = narrow.filter(rule.breaks()).to_native()
        if len(broken):
            rows.append(
                {"rule": rule.name, "column": rule.columns[0], **rests_on(broken), "reason": rule.says}
            )
    nothing = {
        "rule": "none broken",
        "column": "",
        "patients": 0,
        "sessions": 0,
        "reason": "every value is plausible",
    }
    return pd.DataFrame(rows or [nothing])


def _without_categories(sessions: pd.DataFrame) -> pd.DataFrame:
    """Patients and categories as numbers or text, as the rules across sessions need them."""
    coded = ("patient_id", "condition", "sex")
    numbered = {name: sessions[name].factorize()[0].astype(float) for name in coded}
    known = {name: np.where(code >= 0, code, np.nan) for name, code in numbered.items()}
    texts = sessions.select_dtypes("category").columns.difference(list(numbered))
    return sessions.assign(**known, **{name: sessions[name].astype("str") for name in texts})
