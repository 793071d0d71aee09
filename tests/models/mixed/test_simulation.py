"""Error rates of mixed models where the truth is known: nominal at every size (docs/simulations/mixed-models.md)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

from mixed_simulation import ours, rates, session_t

REPEATS = 2_000
THREE_ERRORS = 3 * np.sqrt(0.05 * 0.95 / REPEATS)


@pytest.mark.slow
@pytest.mark.parametrize("patients", [5, 8, 15, 30, 100])
def test_false_positives_and_coverage_are_nominal(patients):
    false, coverage, answered = rates(ours, patients, 0.5, REPEATS, seed=11)
    assert answered == REPEATS
    assert false == pytest.approx(0.05, abs=THREE_ERRORS)
    assert coverage == pytest.approx(0.95, abs=THREE_ERRORS)


def test_a_session_level_test_is_not_nominal_and_ours_is():
    """The same studies: counting sessions as patients finds far too much."""
    repeats = 150
    false, _, _ = rates(ours, 8, 0.5, repeats)
    naive, _, _ = rates(session_t, 8, 0.5, repeats)
    assert false < 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
    assert naive > 0.15
