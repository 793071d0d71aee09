"""Synthetic patients and their visits: numbered, ordered, and as different as stated."""

from __future__ import annotations

import pytest

from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn


def test_sessions_are_numbered_and_ordered(literature: Drawn) -> None:
    sessions, _ = literature
    episode = sessions.sort_values(["patient_id", "condition", "session_number"]).groupby(
        ["patient_id", "condition"]
    )
    assert sessions["session_id"].is_unique
    assert (episode["session_number"].first() == 1).all()
    assert (episode["session_number"].diff().dropna() == 1).all()
    assert episode["day"].diff().min() >= 4
    assert (sessions.groupby("patient_id")["day"].first() == 0).all()
    assert sessions.groupby("patient_id")["day"].diff().min() >= 0
    assert episode["side"].nunique().eq(1).all()
    for column in ("clinic_id", "age_band", "sex", "activity"):
        assert sessions.groupby("patient_id")[column].nunique().eq(1).all(), column
    assert (sessions["clinician_id"].str.split("-").str[0] == sessions["clinic_id"]).all()


def test_patients_and_clinicians_differ_as_stated(literature: Drawn) -> None:
    sessions, truth = literature
    clinicians = truth.sessions["clinician_relief"].groupby(sessions["clinician_id"].to_numpy()).first()
    assert clinicians.std() == pytest.approx(0.12, rel=0.2)
    _, none = simulate_sessions(200, scenario="clinician_none")
    assert (none.sessions["clinician_relief"] == 0).all()
    own = (
        truth.sessions["relief_48h"]
        - truth.sessions["twitch_relief_48h"]
        - truth.sessions["clinician_relief"]
    )
    only_neck = (sessions["condition"] == "neck_pain").to_numpy()
    assert own[only_neck].groupby(sessions["patient_id"].to_numpy()[only_neck]).mean().std() == pytest.approx(
        0.6, rel=0.05
    )
