"""Numbers as whole numbers modulo a power of two, so that masks cancel and sums are exact.

Comes in: finite numbers. Goes out: bytes, 24 for each; and back. A step is 2^-64: every double of at least 2^-11, and
every whole number, is held exactly. Refuses numbers beyond 2^120: sums of 128 smaller ones stay within the modulus.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from outcomes.errors import ReductionError

__all__ = ["MOST_PARTS", "WIDTH", "added", "decoded", "encoded", "negated"]

STEP_BITS = 64
WIDTH = 24
"""Bytes of one number."""
MODULUS = 1 << (8 * WIDTH)
LARGEST = 2.0**120
MOST_PARTS = 128
"""Of how many parts a sum is certain not to pass the modulus: 128 * 2^120 * 2^64 = 2^191."""


def encoded(values: Iterable[float]) -> bytes:
    """Numbers as whole steps, modulo the modulus.

    Raises
    ------
    ReductionError
        Where one is not finite, or too large.

    Examples
    --------
    >>> decoded(encoded([-2.5, 0.1, 3.0]))
    [-2.5, 0.1, 3.0]
    """
    found = []
    for value in values:
        if not abs(value) < LARGEST:  # NaN is not less
            raise ReductionError("a sum is not a finite number below 2^120; such sums cannot be masked.")
        found.append((round(math.ldexp(value, STEP_BITS)) % MODULUS).to_bytes(WIDTH, "little"))
    return b"".join(found)


def decoded(data: bytes) -> list[float]:
    """Numbers from whole steps; those in the upper half of the modulus are negative."""
    half = MODULUS >> 1
    return [(whole - MODULUS if whole >= half else whole) / (1 << STEP_BITS) for whole in _wholes(data)]


def added(parts: Sequence[bytes]) -> bytes:
    """Sum number by number, modulo the modulus."""
    columns = zip(*(_wholes(part) for part in parts), strict=True)
    return b"".join((sum(column) % MODULUS).to_bytes(WIDTH, "little") for column in columns)


def negated(data: bytes) -> bytes:
    """What cancels the numbers in a sum."""
    return b"".join((-whole % MODULUS).to_bytes(WIDTH, "little") for whole in _wholes(data))


def _wholes(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + WIDTH], "little") for at in range(0, len(data), WIDTH)]
