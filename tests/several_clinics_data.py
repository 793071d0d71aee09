"""Simulated clinics whose patients are different people, and the records of all of them put together."""

from __future__ import annotations

from typing import Any

import pandas as pd

import outcomes as oc
from outcomes.models.mixed.moments import Moments
from outcomes.models.study import Study
from outcomes.models.totals import TotalTable
from outcomes.simulate.sessions import simulate_sessions


def clinics(*sizes: int) -> list[pd.DataFrame]:
    """One clinic a size; pseudonyms and session ids differ between clinics."""
    found = []
    for at, size in enumerate(sizes):
        sessions = simulate_sessions(size, seed=20 + at)[0]
        patients = "C" + str(at) + "-" + sessions["patient_id"].astype("str")
        ids = sessions["session_id"].astype("str") + f"-C{at}"
        found.append(sessions.assign(patient_id=patients, session_id=ids, clinic_id=f"C{at}"))
    return [oc.read_sessions(frame) for frame in found]


def put_together(each: list[pd.DataFrame]) -> pd.DataFrame:
    """The records of all clinics as one table."""
    return oc.read_sessions(pd.concat([pd.DataFrame(one) for one in each], ignore_index=True))


def same_sums(found: Study, wanted: Study) -> None:
    """Every table of every part of a study is that of another one."""
    for name, part in wanted.parts.items():
        for ours, theirs in zip(_tables(found.parts[name]), _tables(part), strict=True):
            pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-9, obj=name)


def _tables(part: Any) -> list[pd.DataFrame]:
    if isinstance(part, Moments):
        return [part.fit().coefficients]
    if isinstance(part, TotalTable):
        return [part.moved(0.0).classes]
    names = ("groups", "cells", "people", "pairs")
    return [getattr(part, name) for name in names if hasattr(part, name)]
