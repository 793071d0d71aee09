"""What one patient told and scored besides: for the treating clinic, never to be passed on.

Comes in: sessions of all patients and a pseudonym. Goes out: the patient's readings of the optional columns as they
are, and each questionnaire score against the first, by the smallest change that matters and the error of measurement.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.questions.answers import recorded_columns
from outcomes.questions.patient import one_patient
from outcomes.record.measures import questionnaire
from outcomes.record.outcomes import reaches
from outcomes.words import number

__all__ = ["questionnaire_changes", "questionnaire_sentences", "told_besides"]

TOLD = (
    *("pain_during", "needle_felt", "sensation", "tightness_pre", "tightness_post", "tightness_48h"),
    *("ppt_pre", "ppt_post", "ppt_48h", "soreness_like_workout", "activity_limited", "advice"),
)
"""Columns shown as they were recorded, session by session."""
BETTER, WORSE, SAME = "better by what matters", "worse by what matters", "no change that matters"
IN_ERROR = "within measurement error"
_SCORES = [
    *["condition", "session_number", "label", "patients", "sessions", "estimate", "expected"],
    *["smallest_change", "measurement_error", "verdict", "note"],
]


def told_besides(sessions: pd.DataFrame, patient: str) -> pd.DataFrame:
    """One patient's optional readings, session by session; columns without any are left out.

    Returns
    -------
    pandas.DataFrame
        ``condition, session_number, patients, sessions`` and the columns of ``TOLD`` that hold anything.
    """
    own = recorded_columns(one_patient(sessions, patient), ["condition", "session_number", *TOLD])
    there = [name for name in TOLD if own[name].notna().any()]
    return own[["condition", "session_number", *there]].assign(patients=1, sessions=1).reset_index(drop=True)


def questionnaire_changes(sessions: pd.DataFrame, patient: str) -> pd.DataFrame:
    """Each later score of a questionnaire against the first, in the questionnaire's own points.

    Returns
    -------
    pandas.DataFrame
        ``condition, session_number, label, patients, sessions, estimate`` (the change, positive = better), ``expected``
        (the score), ``smallest_change, measurement_error, verdict, note``; no rows where none was filled in twice.
    """
    own = recorded_columns(one_patient(sessions, patient), ["prom", "prom_score"])
    asked = own[own["prom"].notna() & own["prom_score"].notna()]
    rows = [
        row
        for (_, name), scores in asked.groupby(["condition", asked["prom"].astype("str")], sort=False)
        for row in _against_first(scores, str(name))
    ]
    return pd.DataFrame(rows).reindex(columns=_SCORES)


def _against_first(scores: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    found, first = questionnaire(name), float(scores["prom_score"].iloc[0])
    sign = 1.0 if found.direction == "higher is better" else -1.0
    rows = []
    for row in scores.iloc[1:].to_dict("records"):
        change = sign * (float(row["prom_score"]) - first)
        head = {"condition": row["condition"], "session_number": row["session_number"], "label": found.label}
        known = {"smallest_change": found.smallest_change, "measurement_error": found.measurement_error}
        said = {
            "estimate": change,
            "expected": row["prom_score"],
            "verdict": _verdict(change, found),
            "note": "",
        }
        rows.append({**head, "patients": 1, "sessions": 1, **known, **said})
    return rows


def _verdict(change: float, found: Any) -> str:
    least, error = found.smallest_change, found.measurement_error
    if not reaches(abs(change), least):
        return SAME
    way = BETTER if change > 0 else WORSE
    return f"{way}, {IN_ERROR}" if error is not None and not reaches(abs(change), error) else way


def questionnaire_sentences(changes: pd.DataFrame) -> list[str]:
    """Say the last score of each questionnaire against the first.

    Parameters
    ----------
    changes : pandas.DataFrame
        From :func:`questionnaire_changes`, protected.
    """
    last = changes.drop_duplicates(["condition", "label"], keep="last")
    return [
        f"{row['label']}, session {row['session_number']:.0f} against the first: {number(row['estimate'], 0)} points "
        f"(better is positive): {row['verdict']}. The smallest change that matters is {number(row['smallest_change'])}."
        for row in last.to_dict("records")
    ]
