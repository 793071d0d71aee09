"""What was chosen, and its figures, in words: laid out for reading, without a verdict.

Comes in: a choice, and protected frames of :mod:`outcomes.questions.explore`. Goes out: texts and tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.record.columns import column
from outcomes.record.conditions import condition_label
from outcomes.words import (
    NOT_RECORDED,
    called,
    capitalized,
    counted,
    interval,
    interval_text,
    listed,
    named,
    sentence,
    uncapitalized,
    why,
)

__all__ = [
    "ALL_SESSIONS",
    "choice_in_words",
    "cut_rows",
    "cut_sentences",
    "cuts_in_words",
    "figures_in_words",
    "label_of",
    "question_label",
]

ALL_SESSIONS = "all sessions"
_SESSION = {"first": "First sessions", "later": "Later sessions"}
_ASKED = {
    "chronicity": "how long the complaint has lasted",
    "age band": "age",
    "session": "whether it is a first session",
}
"""What groups are formed by, in a sentence, where the name of the column does not say it."""
_LONGER = "Sore for more than {:.0f} hours"
_TWITCHES = "Twitches per session"


def question_label(name: str) -> str:
    """What sessions are chosen by, for a heading.

    Examples
    --------
    >>> question_label("age_band"), question_label("session")
    ('Age band', 'First or later')
    """
    return "First or later" if name == "session" else column(name).label


def label_of(name: str, answer: str) -> str:
    """An answer in words.

    Examples
    --------
    >>> label_of("condition", "jaw_pain"), label_of("session", "first"), label_of("sex", "female")
    ('Jaw pain', 'First sessions', 'Female')
    """
    if name == "session":
        return _SESSION.get(answer, answer)
    if name == "condition":
        return condition_label(answer)
    said = column(name).label_of(answer)
    return capitalized(said)


def choice_in_words(choice: Mapping[str, str]) -> str:
    """What was chosen, as it stands on every figure.

    Examples
    --------
    >>> choice_in_words({}), choice_in_words({"condition": "jaw_pain", "session": "first"})
    ('all sessions', 'jaw pain; first sessions')
    >>> choice_in_words({"condition": "achilles_tendinopathy"})
    'Achilles tendinopathy'
    """
    return "; ".join(_in_choice(name, answer) for name, answer in choice.items()) or ALL_SESSIONS


def _in_choice(name: str, answer: str) -> str:
    """An answer inside a sentence: names of people in a condition keep their capital."""
    text = label_of(name, answer)
    return named(answer) if name == "condition" else uncapitalized(text)


def cut_sentences(relief: pd.DataFrame) -> list[str]:
    """Say by which questions figures are given, and that of so many some differ by luck alone.

    Parameters
    ----------
    relief : pandas.DataFrame
        Protected rows of :func:`outcomes.explore.relief_cuts`.
    """
    known = relief[relief["estimate"].notna()]
    if known.empty:
        return [sentence(f"Relief by group: {why(next(iter(relief['note']), NOT_RECORDED))}")]
    asked = [_ASKED.get(str(name), str(name)) for name in known["variable"].unique()]
    groups = len(known[["variable", "value"]].drop_duplicates())
    return [
        f"Relief, soreness and twitches are given for {counted(groups, 'group')} of sessions, by {listed(asked)}. "
        "Of so many figures, some differ by luck alone."
    ]


def figures_in_words(
    relief: pd.DataFrame,
    sore: pd.DataFrame,
    twitches: pd.DataFrame,
    times: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The figures of one choice for reading: a row each, with what is expected without any effect.

    Parameters
    ----------
    relief, sore, twitches : pandas.DataFrame
        Protected: of ``change.relief``, ``everyone_sore`` and ``twitches_counted``, all for one group.
    times : mapping, optional
    """
    words = called(times)
    rows = [_row(f"Relief {words[str(row['time'])]}, points", row, expected=True) for row in _each(relief)]
    rows += [_row(_sore_for(row["threshold"]), row, share=True) for row in _each(sore)]
    rows += [_row(_TWITCHES, row) for row in _each(twitches)]
    found = pd.DataFrame(rows)
    found.attrs = dict(relief.attrs)
    return found


def cuts_in_words(
    relief: pd.DataFrame,
    sore: pd.DataFrame,
    twitches: pd.DataFrame,
    times: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The figures of every answer for reading: a row an answer, a column a figure.

    Parameters
    ----------
    relief, sore, twitches : pandas.DataFrame
        Protected: of ``relief_cuts``, ``soreness_cuts`` and ``twitch_cuts``.
    times : mapping, optional
    """
    words = called(times)
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for row in _each(relief):
        cells = groups.setdefault((row["variable"], row["value"]), {})
        for time in ("post", "48h") if pd.isna(row["time"]) else (row["time"],):
            cells[f"Relief {words[str(time)]}"] = _figure(row)
    for row in _each(sore):
        groups[row["variable"], row["value"]][_sore_for(row["threshold"])] = _figure(row, share=True)
    for row in _each(twitches):
        groups[row["variable"], row["value"]][_TWITCHES] = _figure(row)
    found = pd.DataFrame(
        [
            {
                "variable": question_label(of.replace(" ", "_")),
                "value": label_of(of.replace(" ", "_"), code),
                **cells,
            }
            for (of, code), cells in groups.items()
        ]
    ).fillna("—")
    found.attrs = dict(relief.attrs)
    return found


def cut_rows(cuts: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one question, each called by its answer, for a chart of conditions.

    Parameters
    ----------
    cuts : pandas.DataFrame
        Protected.
    name : str
        One of the questions.
    """
    rows = cuts[cuts["variable"] == name.replace("_", " ")].drop(columns="variable")
    found = rows.assign(condition=[label_of(name, str(answer)) for answer in rows["value"]]).drop(
        columns="value"
    )
    found.attrs = dict(cuts.attrs)
    return found


def _each(rows: pd.DataFrame) -> Iterable[Mapping[Any, Any]]:
    return rows.to_dict("records")


def _sore_for(hours: float) -> str:
    return "Sore at all" if hours == 0 else _LONGER.format(hours)


def _figure(row: Mapping[Any, Any], *, share: bool = False) -> str:
    value = float(row["proportion" if share else "estimate"])
    if pd.isna(value):
        return why(row["note"])
    return interval_text(value, row["conf_low"], row["conf_high"], share=share)


def _row(what: str, row: Mapping[Any, Any], *, share: bool = False, expected: bool = False) -> dict[str, Any]:
    ends = sorted(row[name] for name in ("expected_change", "null_benchmark_flare")) if expected else [np.nan]
    return {
        "figure": what,
        "found": sentence(_figure(row, share=share)).removesuffix("."),
        "expected": "—" if np.isnan(ends).any() else interval(ends[0], ends[-1]),
        "patients": row["patients"],
        "sessions": row["sessions"],
    }
