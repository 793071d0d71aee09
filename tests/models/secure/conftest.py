"""Three clinics that mask for one round."""

from __future__ import annotations

import numpy as np
import pytest

import outcomes as oc
from conftest import skip_or_fail
from outcomes.models.secure.rounds import invite, join, mask, start

FORMULA = "pain_relief_post ~ condition + pain_pre + (1 | patient_id)"


@pytest.fixture(scope="session", autouse=True)
def _with_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        skip_or_fail("the package cryptography is not installed (outcomes[secure])")


@pytest.fixture(scope="session")
def clinics():
    """Sessions of three clinics of different sizes."""
    sessions = oc.simulate_sessions(90, seed=8)[0]
    of = np.minimum(sessions["patient_id"].factorize()[0] // 20, 2)
    return [sessions[of == at].reset_index(drop=True) for at in range(3)]


@pytest.fixture(scope="session")
def reductions(clinics):
    return [oc.reduce_moments(FORMULA, sessions) for sessions in clinics]


class Table:
    """Everybody at one table: a round, each clinic's keys, and what each handed in."""

    def __init__(self, reductions, *, most_sessions: int = 30) -> None:
        self.invitation = invite(FORMULA, most_sessions=most_sessions)
        joined = [join(self.invitation, f"clinic_{name}") for name in "abc"[: len(reductions)]]
        self.keys = [keys for keys, _ in joined]
        self.members = [member for _, member in joined]
        self.round = start(self.invitation, self.members)
        self.masked = [
            mask(self.round, reduction, keys, fingerprint=self.round.fingerprint)
            for reduction, keys in zip(reductions, self.keys, strict=True)
        ]


@pytest.fixture(scope="session")
def table(reductions):
    return Table(reductions)
