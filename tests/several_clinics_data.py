"""Simulated clinics whose patients are different people, and the records of all of them put together."""

from __future__ import annotations

import pandas as pd

import outcomes as oc
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
