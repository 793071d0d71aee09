"""Patients' sums added up by their number of sessions: against a loop over patients."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mixed.design import ONE
from outcomes.models.mixed.tally import PatientTally

KEYS = ((ONE, (("g", "a"),)), (ONE, (("g", "b"),)), ("y", ()))
SUMS = np.array([[2.0, 0, 1.5], [1, 1, -2.0], [0, 1, 4.0], [0, 0, 0], [0, 2, 0.5]])
"""Patients' sessions at level a, at level b, and sum of y; the fourth patient has no session."""


def by_hand(rows: np.ndarray) -> dict[int, tuple[int, np.ndarray]]:
    found: dict[int, tuple[int, np.ndarray]] = {}
    for row in rows:
        size = int(row[0] + row[1])
        if size:
            many, product = found.get(size, (0, np.zeros((3, 3))))
            found[size] = (many + 1, product + np.outer(row, row))
    return found


@pytest.mark.parametrize("cut", [0, 1, 3, 5])
def test_classes_are_those_of_a_loop_however_the_patients_come(cut):
    tally = PatientTally(KEYS, ["g"])
    tally.add(SUMS[:cut])
    tally.add(SUMS[cut:])
    sizes, patients, products = tally.classes()
    expected = by_hand(SUMS)
    assert sizes.tolist() == sorted(expected) == [1, 2]
    assert patients.tolist() == [expected[n][0] for n in (1, 2)]
    assert np.allclose(products, [expected[n][1] for n in (1, 2)])


def test_patients_are_counted_once_at_each_level_they_have():
    tally = PatientTally(KEYS, ["g"])
    tally.add(SUMS)
    assert tally.level_patients == {"g": {"a": 2, "b": 3}}


def test_outer_groups_hold_the_sums_of_their_patients():
    tally = PatientTally(KEYS, ["g"])
    tally.add(SUMS[:3], np.array([0, 1, 0]))
    tally.add(SUMS[3:], np.array([1, 1]))
    outer = tally.outer("clinic_id", ["north", "south"])
    rows = list(zip(outer.group, outer.sizes, outer.patients, outer.sums.tolist(), strict=True))
    assert rows == [(0, 1, 1, [0, 1, 4.0]), (0, 2, 1, [2.0, 0, 1.5]), (1, 2, 2, [1, 3, -1.5])]
    assert PatientTally(KEYS, ["g"]).outer("clinic_id", []) is None
