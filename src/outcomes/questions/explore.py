"""Sessions and a choice in, relief, soreness and twitches of the sessions chosen out.

A choice is looked at, not concluded from: no verdict and no p-value is given, because of many looks some differ by luck
alone. Comes in: sessions, and what was chosen of each question. Goes out: the same few figures for any choice, and for
every answer to each question in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.errors import EstimationError
from outcomes.questions import change, soreness, twitches
from outcomes.questions.answers import in_order, is_recorded, needed_columns
from outcomes.questions.levels import by_variable, everyone, with_visit
from outcomes.questions.sentences.explore import (
    choice_in_words,
    cut_rows,
    cut_sentences,
    cuts_in_words,
    figures_in_words,
    label_of,
)
from outcomes.record.plan import active_plan

__all__ = [
    "CUTS",
    "answers_to",
    "choice_in_words",
    "chosen",
    "cut_rows",
    "cut_sentences",
    "cuts_in_words",
    "figures_in_words",
    "label_of",
    "relief_cuts",
    "soreness_cuts",
    "twitch_cuts",
    "twitches_counted",
]

CUTS = ("condition", "activity", "chronicity", "age_band", "sex", "session", "technique")
"""What sessions can be chosen by; ``session`` is a patient's first, or a later one."""
_READINGS = ("session_number", "pain_pre", "pain_relief_post", "pain_relief_48h", "twitch_count")
_GROUP, _SIZE, _LIMITS = ["variable", "value"], ["patients", "sessions"], ["conf_low", "conf_high", "note"]
_RECORD = tuple(name for name in CUTS if name != "session")


# --- one choice -------------------------------------------------------------------------------------------------------


def answers_to(sessions: pd.DataFrame) -> dict[str, list[str]]:
    """The answers that sessions can be chosen by, in order; a question that nobody was asked is not among them.

    Parameters
    ----------
    sessions : pandas.DataFrame

    Returns
    -------
    dict of str to list of str

    Examples
    --------
    >>> answers_to(pd.DataFrame({"patient_id": ["a", "b"], "sex": ["male", "female"], "session_number": [1, 2]}))
    {'sex': ['female', 'male'], 'session': ['first', 'later']}
    """
    frame = with_visit(needed_columns(sessions, *_RECORD, "session_number"))
    return {name: in_order(frame[name].dropna().unique(), name) for name in CUTS if is_recorded(frame, name)}


def chosen(sessions: pd.DataFrame, choice: Mapping[str, str]) -> pd.DataFrame:
    """The sessions with all the answers chosen, with the columns that the figures need.

    Parameters
    ----------
    sessions : pandas.DataFrame
    choice : mapping of str to str
        An answer to each of some questions of :data:`CUTS`.

    Raises
    ------
    EstimationError
        For a question that sessions cannot be chosen by.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": ["a", "a", "b"], "session_number": [1, 2, 1]})
    >>> len(chosen(sessions, {"session": "first"})), len(chosen(sessions, {}))
    (2, 3)
    """
    unknown = [name for name in choice if name not in CUTS]
    if unknown:
        raise EstimationError(
            f"sessions cannot be chosen by {unknown[0]!r}; choose by one of {', '.join(CUTS)}."
        )
    frame = with_visit(needed_columns(sessions, *_RECORD, *_READINGS, *soreness.NEEDED))
    kept = pd.Series(True, index=frame.index)
    for name, answer in choice.items():
        kept &= frame[name].astype("str") == answer
    return frame[kept].reset_index(drop=True)


def twitches_counted(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches per session: as :func:`outcomes.twitches.twitch_counts`, one row named ``all``."""
    return twitches.twitch_counts(everyone(needed_columns(sessions, "twitch_count")), conf_level=conf_level)


# --- one question after the other -------------------------------------------------------------------------------------


def relief_cuts(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief right after and at 2 days for every answer to each question in turn, nothing held equal.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``variable, value, time, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df, conf_low,
        conf_high, expected_change, null_benchmark_flare, note``: points, positive = less pain.
    """
    found = _cut(sessions, lambda of, name: change.relief(of, by=name, conf_level=conf_level))
    asked, means = ["sessions_eligible", "capture_rate"], ["estimate", "std_error", "df"]
    expected = ["expected_change", "null_benchmark_flare"]
    return found.reindex(columns=[*_GROUP, "time", *_SIZE, *asked, *means, *_LIMITS[:2], *expected, "note"])


def soreness_cuts(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share sore for longer than the plan's ``stays`` for every answer to each question in turn.

    Returns
    -------
    pandas.DataFrame
        ``variable, value, threshold, patients, sessions, proportion, conf_low, conf_high, note``.
    """
    hours = [active_plan().soreness.stays]
    found = _cut(
        sessions,
        lambda of, name: soreness.soreness_shares(of, name, thresholds=hours, conf_level=conf_level),
    )
    columns = [*_GROUP, "threshold", *_SIZE, "proportion", *_LIMITS]
    return found.assign(threshold=hours[0]).reindex(columns=columns)


def twitch_cuts(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches per session for every answer to each question in turn.

    Returns
    -------
    pandas.DataFrame
        ``variable, value, patients, sessions, estimate, std_error, conf_low, conf_high, note``.
    """
    found = _cut(sessions, lambda of, name: twitches.twitch_counts(of, by=name, conf_level=conf_level))
    return found.reindex(columns=[*_GROUP, *_SIZE, "estimate", "std_error", *_LIMITS])


def _cut(sessions: Any, estimate: Any) -> pd.DataFrame:
    """An estimate by one question after the other, but not by condition: each has a page of its own."""
    return by_variable(chosen(sessions, {}), CUTS[1:], estimate)
