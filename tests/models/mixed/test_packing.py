"""Counts as the digits of one number: what travels comes back."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mixed.design import ONE, BaseSet
from outcomes.models.mixed.packing import Packing

LEVELS = [f"l{i}" for i in range(9)]
KEYS = (*((ONE, (("g", level),)) for level in LEVELS), ("y", ()))
SETS = (BaseSet(ONE, ("g",)), BaseSet("y", ()))


def packed(counts: np.ndarray, packing: Packing) -> list[np.ndarray]:
    """What an engine would send."""
    columns = []
    for pack in packing.packs:
        if KEYS[pack[0]][0] != ONE:
            columns.append(counts[:, pack[0]])
        else:
            columns.append(sum(counts[:, i] * 2.0 ** (packing.bits * j) for j, i in enumerate(pack)))
    return [*columns, counts[:, :9].sum(axis=1).astype(int)]


@pytest.mark.parametrize("bits", [3, 8, 20])
def test_as_many_counts_travel_in_one_number_as_its_digits_hold(bits, rng):
    packing = Packing.of(SETS, KEYS, bits)
    counts = np.column_stack(
        [rng.multinomial(7 if bits == 3 else 200, [1 / 9] * 9, size=50), rng.normal(size=50)]
    )
    assert packing.width == -(-9 // (53 // bits)) + 2
    assert np.array_equal(packing.unpacked(packed(counts, packing)), counts)


def test_a_digit_too_narrow_is_noticed():
    packing = Packing.of(SETS, KEYS, 3)
    counts = np.zeros((1, 10))
    counts[0, 0] = 8
    assert packing.unpacked(packed(counts, packing)) is None
