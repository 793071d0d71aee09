"""A large cohort and the demo's, drawn once."""

from __future__ import annotations

import pytest

from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn, large


@pytest.fixture(scope="session")
def literature() -> Drawn:
    return large("literature")


@pytest.fixture(scope="session")
def demo() -> Drawn:
    return simulate_sessions()
