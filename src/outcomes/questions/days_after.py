"""Sessions in, the days after out: what the soreness was like, limits of activity, what patients were advised.

Comes in: the session record. Goes out: shares of the sessions asked, and the worst soreness of those who answered each
way. Advice goes with how sore a patient was expected to be, so none of this says what advice did.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.questions.answers import is_recorded, needed_columns
from outcomes.questions.levels import (
    ASKED,
    MEAN,
    SHARE,
    answer_shares,
    coded,
    reading_means,
    tag_flags,
)
from outcomes.questions.sentences.days_after import after_sentences
from outcomes.words import NOT_RECORDED

__all__ = ["after_sentences", "days_after", "soreness_kinds"]

KINDS = {
    "soreness_like_workout": "like after a workout",
    "soreness_unlike_pain": "unlike the usual pain",
    "activity_limited": "activity limited",
}
"""What is asked at the follow-up, as a heading."""


def days_after(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """How often soreness was like that after a workout, unlike the usual pain, and activity was limited.

    Returns
    -------
    pandas.DataFrame
        ``condition`` (``all``), ``variable, label, patients, sessions, sessions_eligible, capture_rate, proportion,
        conf_low, conf_high, note``: shares of the sessions asked; advice may have several answers.
    """
    frame = needed_columns(sessions, *KINDS, "advice")
    yes = {name: {f"Soreness {KINDS[name]}": coded(frame[name], "yes")} for name in list(KINDS)[:2]}
    limited = frame["activity_limited"]
    flags: dict[str, dict[str, pd.Series[Any]]] = {
        **yes,
        "activity_limited": {
            "Activity limited at all": 1.0 - coded(limited, "none"),
            "Activity stopped": coded(limited, "stopped"),
        },
        "advice": tag_flags(frame, "advice"),
    }
    parts = [
        answer_shares(frame, asked, conf_level=conf_level).assign(variable=KINDS.get(name, name))
        for name, asked in flags.items()
    ]
    return pd.concat(parts, ignore_index=True).reindex(
        columns=["condition", "variable", "label", *ASKED, *SHARE, "note"]
    )


def soreness_kinds(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Worst soreness by what it was like, by limits of activity and by advice, one at a time; nothing is held equal.

    Returns
    -------
    pandas.DataFrame
        ``variable, value`` and ``patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df,
        conf_low, conf_high, note``: points of 0-10.
    """
    frame = needed_columns(sessions, *KINDS, "advice", "soreness_peak")
    parts = [_by_answer(frame, name, conf_level) for name in KINDS] + [_by_advice(frame, conf_level)]
    return pd.concat(parts, ignore_index=True).reindex(columns=["variable", "value", *ASKED, *MEAN, "note"])


def _by_answer(frame: pd.DataFrame, name: str, conf_level: float) -> pd.DataFrame:
    if not is_recorded(frame, name):
        return _unasked(KINDS[name])
    found = reading_means(frame[frame[name].notna()], "soreness_peak", name, conf_level=conf_level)
    return found.rename(columns={name: "value"}).assign(variable=KINDS[name])


def _by_advice(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    if not is_recorded(frame, "advice"):
        return _unasked("advice")
    given = {name: flag for name, flag in tag_flags(frame, "advice").items() if flag.any()}
    parts = [
        reading_means(frame[flag == 1].assign(value=name), "soreness_peak", "value", conf_level=conf_level)
        for name, flag in given.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(variable="advice")


def _unasked(variable: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{"variable": variable, "value": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}]
    )
