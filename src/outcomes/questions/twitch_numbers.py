"""Sessions in, how many local twitches out: per session, condition and muscle; counts of what was seen or felt.

A deep muscle hides its twitches, so a count of none is not proof of none. Counts are recorded per session, not per
muscle: a muscle's share is read from which muscles were needled together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.proportions.rates import twitch_rates
from outcomes.questions.twitches import recorded_columns
from outcomes.record.conditions import CONDITIONS
from outcomes.record.plan import TOO_FEW_PATIENTS
from outcomes.words import NOT_RECORDED, TOO_FEW, counted, listed, named, number, percent, why

__all__ = ["muscle_twitches", "sentences", "twitch_counts"]

TOGETHER = "never needled without the same other muscles: its twitches cannot be told apart"
_NUMBERS = ["estimate", "std_error", "conf_low", "conf_high"]
Floats = npt.NDArray[np.float64]


def twitch_counts(sessions: Any, *, by: str = "condition", conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches per session, and the share of sessions without one.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        Grouping column.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, conf_low, conf_high,
        zero_share, note``: ``estimate`` is twitches per session, ``capture_rate`` the share of sessions in which they
        were counted.
    """
    sessions = recorded_columns(sessions, [by, "patient_id", "twitch_count"])
    everyone = sessions[sessions[by].notna()].groupby(by, observed=True).size()
    frame = pd.DataFrame({by: everyone.index.astype("str"), "sessions_eligible": everyone.to_numpy()})
    if sessions["twitch_count"].notna().any():
        rates = twitch_rates(sessions, by, conf_level=conf_level).rename(columns={"rate": "estimate"})
        frame = frame.merge(rates.assign(**{by: rates[by].astype("str")}), on=by, how="left")
    else:
        frame = frame.assign(
            patients=0, sessions=0, zero_share=np.nan, note="", **dict.fromkeys(_NUMBERS, np.nan)
        )
    few = frame["patients"] < TOO_FEW_PATIENTS
    frame.loc[few, [*_NUMBERS, "zero_share"]] = np.nan
    frame["note"] = np.select(
        [frame["sessions"] == 0, few], [NOT_RECORDED, TOO_FEW], frame["note"].astype("object").fillna("")
    )
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"]
    order = {name: place for place, name in enumerate(CONDITIONS)}
    frame = frame.sort_values(by, key=lambda c: c.map(lambda name: (order.get(name, len(order)), name)))
    named = [by, "patients", "sessions", "sessions_eligible", "capture_rate", *_NUMBERS, "zero_share", "note"]
    return frame[named].reset_index(drop=True)


def muscle_twitches(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches that go with each muscle needled.

    Returns
    -------
    pandas.DataFrame
        ``muscle, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``, the most often needled
        first: twitches a session has more when this muscle is among those needled.

    Notes
    -----
    Least squares of the session's count on its muscles, without an intercept: a session's twitches are the sum of its
    muscles'. Errors are the sandwich summed within patients, with Student's t on the muscle's patients less one.
    """
    names = ["muscles", "twitch_count", "patient_id"]
    sessions = recorded_columns(sessions, names)[names]
    used = sessions[sessions.notna().all(axis=1)]
    sets, codes = _muscle_sets(used["muscles"])
    if sets.empty:
        return _no_muscles()
    patient = pd.factorize(used["patient_id"])[0]
    return _additive(sets, codes, (patient, used["twitch_count"].to_numpy(dtype=np.float64)), conf_level)


_MUSCLES = ["muscle", "patients", "sessions", "estimate", "std_error", "df", "conf_low", "conf_high", "note"]


def _no_muscles() -> pd.DataFrame:
    row = {"muscle": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
    return pd.DataFrame([row]).reindex(columns=_MUSCLES)


def _muscle_sets(texts: pd.Series[str]) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Distinct sets of muscles as rows of 0 and 1 (columns: muscles), and which set each session has."""
    codes, distinct = pd.factorize(texts)
    split = [sorted({name.strip() for name in str(text).split(";") if name.strip()}) for text in distinct]
    muscles = sorted({name for names in split for name in names})
    marks = pd.DataFrame([[float(name in names) for name in muscles] for names in split], columns=muscles)
    return marks, codes


def _additive(
    sets: pd.DataFrame,
    codes: npt.NDArray[np.intp],
    seen: tuple[npt.NDArray[np.intp], Floats],
    conf_level: float,
) -> pd.DataFrame:
    from scipy.sparse import coo_array, csr_array

    patient, twitches = seen
    marks = sets.to_numpy()
    sessions = np.bincount(codes, minlength=len(marks)).astype(float)
    together = marks.T @ (marks * sessions[:, None])
    inverse = np.linalg.pinv(together, hermitian=True)
    sums = np.bincount(codes, weights=twitches, minlength=len(marks))
    means = inverse @ (marks.T @ sums)
    left = twitches - (marks @ means)[codes]
    shape = (int(patient.max()) + 1, len(marks))
    few_marks = csr_array(marks)
    scores = coo_array((left, (patient, codes)), shape=shape).tocsr() @ few_marks
    needled = coo_array((np.ones(len(codes)), (patient, codes)), shape=shape).tocsr() @ few_marks
    people = np.bincount(needled.indices[needled.data > 0], minlength=marks.shape[1]).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.where(people > 1, people / (people - 1.0), np.nan)
    errors = np.sqrt(np.diag(inverse @ (scores.T @ scores).toarray() @ inverse) * small)
    known = np.abs(inverse @ together - np.eye(len(together))).max(axis=1) < 1e-8
    frame = pd.DataFrame({"muscle": sets.columns, "patients": people.astype(int)})
    frame["sessions"] = np.diag(together).round().astype(int)
    frame["estimate"], frame["std_error"], frame["df"] = means, errors, people - 1.0
    return _with_limits(frame, known, conf_level)


def _with_limits(frame: pd.DataFrame, known: npt.NDArray[np.bool_], conf_level: float) -> pd.DataFrame:
    few = frame["patients"] < TOO_FEW_PATIENTS
    reach = stdtrit(np.maximum(frame["df"], 1.0), 0.5 + conf_level / 2.0) * frame["std_error"]
    frame["conf_low"], frame["conf_high"] = frame["estimate"] - reach, frame["estimate"] + reach
    frame["note"] = np.select([few, ~known], [TOO_FEW, TOGETHER], "")
    frame.loc[few | ~known, [*_NUMBERS, "df"]] = np.nan
    return frame.sort_values(["sessions", "muscle"], ascending=[False, True], ignore_index=True)[_MUSCLES]


def sentences(counts: pd.DataFrame) -> list[str]:
    """Say how many twitches a session had, over the conditions that can be told, without ranking them."""
    known = counts[counts["estimate"].notna()]
    if known.empty:
        note = next(iter(counts["note"]), NOT_RECORDED) or NOT_RECORDED
        return [f"Twitches per session: {why(note)}."]
    low, high = float(known["estimate"].min()), float(known["estimate"].max())
    where = f"in the {counted(len(known), 'condition')} that can be told"
    said = (
        f"A session had between {number(low)} and {number(high)} twitches on average {where}; they were counted in "
        f"{_captured(counts)} of the sessions. A twitch that was not seen or felt is not counted, so deep muscles may "
        "look quieter than they are."
    )
    unknown = counts.loc[counts["estimate"].isna(), "condition"].astype("str").tolist()
    return [said, f"Nothing can be said of {listed(named(name) for name in unknown)}."] if unknown else [said]


def _captured(counts: pd.DataFrame) -> str:
    known = counts[["sessions", "sessions_eligible"]].dropna()
    total = float(known["sessions_eligible"].sum())
    return percent(float(known["sessions"].sum()) / total) if total else "an unknown share"
