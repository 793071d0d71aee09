"""How far the records can be trusted: who was followed up, what is missing, how the follow-up went.

Comes in: the session record, a pandas frame or an Ibis table. Goes out: tidy frames of counts and shares, each with its
patients and sessions. Nothing is corrected and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.proportions.counts import People
from outcomes.questions.answers import blank, in_order, is_recorded, needed_columns, size_of
from outcomes.questions.sentences.quality import (
    ANSWERABLE,
    HARD_TO_TRUST,
    WITH_CARE,
    capture_sentences,
    criteria_sentences,
    flow_sentences,
    followup_sentences,
    verdict_sentences,
)
from outcomes.questions.verdicts import verdicts
from outcomes.record.columns import column
from outcomes.record.outcomes import with_outcomes
from outcomes.words import NOT_RECORDED, called

__all__ = [
    "ANSWERABLE",
    "HARD_TO_TRUST",
    "WITH_CARE",
    "capture",
    "capture_sentences",
    "criteria_sentences",
    "flow",
    "flow_sentences",
    "followup_process",
    "followup_sentences",
    "followup_timing",
    "missingness",
    "on_grid",
    "verdict_sentences",
    "verdicts",
]

READINGS = (
    *(
        "pain_post",
        "pain_48h",
        "rom_pre",
        "rom_post",
        "rom_48h",
        "function_pre",
        "function_post",
        "function_48h",
    ),
    *("twitch_count", "insertion_count", "soreness_h", "soreness_peak", "pgic_48h"),
)
"""Columns whose absence limits what can be said."""


def _counted(frame: pd.DataFrame, by: str, **marked: pd.Series) -> pd.DataFrame:
    """Patients and sessions per group, in order, and how many of the sessions are marked."""
    people = People.of(frame, (by,))
    groups = people.keys[by].astype("str")
    counts: dict[str, npt.NDArray[Any]] = {
        "patients": people.per_person(people.known) > 0,
        "sessions": people.per_person(people.inside),
        **{name: people.per_person(mark.to_numpy(bool)) for name, mark in marked.items()},
    }
    summed = {
        name: np.bincount(people.group, weights=each, minlength=len(groups)).astype(np.int64)
        for name, each in counts.items()
    }
    return pd.DataFrame(summed, index=groups).loc[in_order(groups, by)]


def flow(sessions: Any, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Count who is left at each step from the record to the 2-day outcome.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    times : mapping, optional
        What the readings are called.

    Returns
    -------
    pandas.DataFrame
        ``step, patients, sessions, note``: each step within the one before. ``note`` says why fewer are
        left than in the step before.
    """
    later = called(times)["48h"]
    kept = needed_columns(sessions, "pain_relief_48h", "followup_status")
    rows = [("recorded", kept, "")]
    kept = kept[kept["pain_pre"].notna()]
    rows.append(("eligible", kept, "no pain reading before the session"))
    if kept["followup_status"].notna().any():
        kept = kept[kept["followup_status"].notna() & (kept["followup_status"] != "not_attempted")]
        rows.append(("follow-up tried", kept, "nobody tried to reach the patient"))
        kept = kept[kept["followup_status"] == "reached"]
        rows.append(("reached", kept, "tried, and the patient did not answer"))
    kept = kept[kept["pain_relief_48h"].notna()]
    rows.append((f"followed up {later}", kept, "no pain reading within the follow-up window"))
    return pd.DataFrame([{"step": step, **size_of(part), "note": note} for step, part, note in rows])


def missingness(sessions: Any, by: str = "condition", *, columns: Iterable[str] = READINGS) -> pd.DataFrame:
    """Share of sessions without a reading, per group and column.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        What the rows are of.
    columns : iterable of str

    Returns
    -------
    pandas.DataFrame
        ``<by>, column, label, patients, sessions, missing, missing_rate, note``. A 2-day pain outside the follow-up
        window counts as missing. A column no session has says "not recorded".
    """
    readings = list(columns)
    frame = needed_columns(sessions, "pain_relief_48h", *readings, by=by)
    frame = frame.assign(pain_48h=frame["pain_48h"].where(frame["pain_relief_48h"].notna()))
    counts = _counted(frame, by, **{name: frame[name].isna() for name in readings})
    recorded = {name: is_recorded(frame, name) for name in readings}
    rows = [
        {
            by: name,
            "column": reading,
            "label": column(reading).label,
            "patients": row["patients"],
            "sessions": row["sessions"],
            "missing": row[reading],
            "missing_rate": row[reading] / row["sessions"],
            "note": "" if recorded[reading] else NOT_RECORDED,
        }
        for name, row in counts.to_dict("index").items()
        for reading in readings
    ]
    return pd.DataFrame(rows)


def on_grid(missing: pd.DataFrame, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What the chart of missing values takes, with the readings called as the records call them.

    Parameters
    ----------
    missing : pandas.DataFrame
        From :func:`missingness`, protected; what protected it stays on the frame.
    times : mapping, optional
    """
    words = called(times)
    named = {
        f"{stem}_{time}": f"{label} {words[time]}"
        for stem, label in (("pain", "Pain"), ("rom", "Range"), ("function", "Function"))
        for time in words
    }
    shares = missing.drop(columns="missing").rename(columns={"missing_rate": "missing"})
    return shares.assign(column=shares["column"].map(named).fillna(shares["label"]))


def capture(sessions: Any, by: str = "condition", *, outcome: str = "pain_relief_48h") -> pd.DataFrame:
    """Share of eligible sessions with the outcome.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
    outcome : str
        A derived outcome; eligible is whoever has its reading before the session.

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, reached, capture_rate, note``; sessions are the eligible ones.
    """
    frame = needed_columns(sessions, outcome, "pain_pre", by=by)
    frame = frame[frame["pain_pre"].notna()]
    rows = [
        {
            by: name,
            "patients": row["patients"],
            "sessions": row["sessions"],
            "reached": row["reached"],
            "capture_rate": row["reached"] / row["sessions"],
            "note": "" if row["reached"] else NOT_RECORDED,
        }
        for name, row in _counted(frame, by, reached=frame[outcome].notna()).to_dict("index").items()
    ]
    return pd.DataFrame(rows)


def followup_process(sessions: Any) -> pd.DataFrame:
    """How the follow-up went: sessions by status, and in how many soreness was asked.

    Returns
    -------
    pandas.DataFrame
        ``followup_status, patients, sessions, share_asked_soreness, note``: of these sessions, the share with an answer
        about soreness. One row "not recorded" where no status is.
    """
    known = needed_columns(sessions, "followup_status", "soreness_h")
    rows = []
    for status in in_order(known["followup_status"].dropna().unique(), "followup_status"):
        part = known[known["followup_status"] == status]
        asked = float(part["soreness_h"].notna().mean())
        rows.append({"followup_status": status, **size_of(part), "share_asked_soreness": asked, "note": ""})
    nobody = {"followup_status": "unknown", "patients": 0, "sessions": 0}
    return pd.DataFrame(rows or [{**nobody, **blank(["share_asked_soreness"], NOT_RECORDED)}])


def followup_timing(sessions: Any) -> pd.DataFrame:
    """When the follow-up took place, in hours after the session.

    Returns
    -------
    pandas.DataFrame
        One row: ``quantity, unit, patients, sessions, p10, median, p90, share_in_window, note``.
    """
    known = needed_columns(sessions, "followup_h")
    known = known[known["followup_h"].notna()]
    row = {"quantity": "hours from session to follow-up", "unit": "hours", **size_of(known)}
    if known.empty:
        return pd.DataFrame([{**row, **blank(("p10", "median", "p90", "share_in_window"), NOT_RECORDED)}])
    hours = known["followup_h"].to_numpy(float)
    p10, median, p90 = np.quantile(hours, [0.1, 0.5, 0.9], method="inverted_cdf")
    asked = pd.DataFrame({"followup_h": hours, "pain_pre": 0.0, "pain_48h": 0.0})
    share = float(with_outcomes(asked, ["pain_relief_48h"])["pain_relief_48h"].notna().mean())
    found = {"p10": p10, "median": median, "p90": p90, "share_in_window": share, "note": ""}
    return pd.DataFrame([{**row, **found}])
