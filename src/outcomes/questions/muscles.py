"""The twitches of each muscle, estimated from which muscles were needled together.

Twitches are counted per session, not per muscle: a session's twitches are the sum of its muscles'.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.models import Floats, Whole
from outcomes.questions.answers import blank, needed_columns, sorted_rows, with_too_few_blanked
from outcomes.record.muscles import muscle_code
from outcomes.words import NOT_RECORDED

__all__ = ["TOGETHER", "muscle_twitches"]

TOGETHER = "never needled without the same other muscles: its twitches cannot be separated"
_NUMBERS = ["estimate", "std_error", "df", "conf_low", "conf_high"]
_MUSCLES = ["muscle", "patients", "sessions", *_NUMBERS, "note"]


def muscle_twitches(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches that go with each muscle needled.

    Returns
    -------
    pandas.DataFrame
        ``muscle, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``, by name (an order by size
        would tell sizes apart): twitches a session has more when this muscle is among those needled.

    Notes
    -----
    Least squares of the session's count on its muscles, without an intercept: a session's twitches are the sum of its
    muscles'. Errors are the sandwich summed within patients, with Student's t on the muscle's patients less one.
    """
    names = ["muscles", "twitch_count", "patient_id"]
    frame = needed_columns(sessions, "muscles", "twitch_count")[names]
    used = frame[frame.notna().all(axis=1)]
    sets, codes = _muscle_sets(used["muscles"])
    if sets.empty:
        nobody = {"muscle": "all", "patients": 0, "sessions": 0}
        return pd.DataFrame([{**nobody, **blank(_NUMBERS, NOT_RECORDED)}])[_MUSCLES]
    patient = pd.factorize(used["patient_id"])[0]
    found = _additive(sets, codes, (patient, used["twitch_count"].to_numpy(dtype=np.float64)))
    return _with_limits(found, conf_level)


def _muscle_sets(texts: pd.Series[str]) -> tuple[pd.DataFrame, Whole]:
    """Distinct sets of muscles as rows of 0 and 1 (columns: muscles), and which set each session has."""
    codes, distinct = pd.factorize(texts)
    split = [
        sorted({muscle_code(name) for name in str(text).split(";") if name.strip()}) for text in distinct
    ]
    muscles = sorted({name for names in split for name in names})
    marks = pd.DataFrame([[float(name in names) for name in muscles] for names in split], columns=muscles)
    return marks, codes


def _additive(sets: pd.DataFrame, codes: Whole, seen: tuple[Whole, Floats]) -> pd.DataFrame:
    """Least squares of each session's twitches on its muscles, from the sets of muscles and who had each.

    Parameters
    ----------
    sets : pandas.DataFrame
        Distinct sets of muscles, a column each.
    codes : ndarray of int, shape (sessions,)
        The set of each session.
    seen : tuple of ndarray
        The patient and the twitches of each session.

    Returns
    -------
    pandas.DataFrame
        A row per muscle; ``note`` says where a muscle cannot be separated from others.
    """
    from scipy.sparse import coo_array, csr_array

    (patient, twitches), marks = seen, sets.to_numpy()
    sessions = np.bincount(codes, minlength=len(marks)).astype(float)
    together = marks.T @ (marks * sessions[:, None])
    inverse = np.linalg.pinv(together, hermitian=True)
    means = inverse @ (marks.T @ np.bincount(codes, weights=twitches, minlength=len(marks)))
    left = twitches - (marks @ means)[codes]
    # Scores and needlings, summed within each patient: patients by sets, times sets by muscles.
    shape, few_marks = (int(patient.max()) + 1, len(marks)), csr_array(marks)
    scores = coo_array((left, (patient, codes)), shape=shape).tocsr() @ few_marks
    needled = coo_array((np.ones(len(codes)), (patient, codes)), shape=shape).tocsr() @ few_marks
    people = np.bincount(needled.indices[needled.data > 0], minlength=marks.shape[1]).astype(float)
    variances = np.diag(inverse @ (scores.T @ scores).toarray() @ inverse)
    known = np.abs(inverse @ together - np.eye(len(together))).max(axis=1) < 1e-8
    return pd.DataFrame(
        {
            "muscle": sets.columns,
            "patients": people.astype(int),
            "sessions": np.diag(together).round().astype(int),
            "estimate": means,
            "std_error": np.sqrt(np.maximum(variances, 0.0) * _few_patients(people)),
            "df": people - 1.0,
            "note": np.where(known, "", TOGETHER),
        }
    )


def _few_patients(people: Floats) -> Floats:
    """Correction of a clustered variance for few patients; one patient has none."""
    return np.where(people > 1, people / np.maximum(people - 1.0, 1.0), np.nan)


def _with_limits(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    reach = stdtrit(np.maximum(frame["df"], 1.0), 0.5 + conf_level / 2.0) * frame["std_error"]
    frame = frame.assign(conf_low=frame["estimate"] - reach, conf_high=frame["estimate"] + reach)
    apart = frame["note"] == ""
    frame = frame.assign(**{name: frame[name].where(apart) for name in _NUMBERS})
    return sorted_rows(with_too_few_blanked(frame, _NUMBERS), "muscle").reset_index(drop=True)[_MUSCLES]
