"""A share of sessions in, the evidence it is on a claim out: its interval, who it rests on, or why there is none."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.questions.answers import why_none
from outcomes.questions.criteria import Evidence
from outcomes.words import NOT_RECORDED

__all__ = ["evidence_of", "marked", "share_evidence"]


def share_evidence(frame: pd.DataFrame, flag: str, conf_level: float) -> Evidence:
    """Share of sessions with a flag, clustered on patients."""
    from outcomes.models.proportions.responders import responders

    row = responders(frame, flag, None, conf_level=conf_level).iloc[0]
    met = float(row["responders"])
    counts = (met, float(row["sessions"]) - met)
    return evidence_of(row, "proportion", df=float(row["patients"]) - 1.0, counts=counts)


def evidence_of(row: pd.Series[Any], name: str, *, df: float, remark: str = "", **more: Any) -> Evidence:
    """The evidence that a row of estimates is: its figure with its interval, or why there is none."""
    patients, sessions = int(row["patients"]), int(row["sessions"])
    few = why_none(patients)
    if few or pd.isna(row[name]):
        said = row.get("note")
        own = NOT_RECORDED if pd.isna(said) or not said else str(said)
        note = few if few and patients else own
        return Evidence(patients=patients, sessions=sessions, note=note)
    figures = (float(row[name]), float(row["conf_low"]), float(row["conf_high"]))
    return Evidence(*figures, df, patients, sessions, remark=remark, **more)


def marked(frame: pd.DataFrame, name: str, met: pd.Series[bool], known: pd.Series[bool]) -> pd.DataFrame:
    """Sessions with a flag: 1 where something is met, 0 where it is not, missing where that is not known."""
    return frame.assign(**{name: met.astype("float64").where(known)})
