"""Patients' column sums in, cross-products per number of sessions out; no patient is kept.

Refused: nothing; what it is given has been checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from outcomes.models import Floats, Whole
from outcomes.models.mixed.design import ONE
from outcomes.models.mixed.sums import Key, OuterSums, outer_sums

__all__ = ["PatientTally"]


class PatientTally:
    """Collects patients' column sums, a batch at a time, into what :class:`Moments` keeps of them.

    Parameters
    ----------
    keys : sequence of (str, cell)
        Base columns, in the order of the sums.
    factors : iterable of str
        Factors whose patients per level are counted.
    """

    def __init__(self, keys: Sequence[Key], factors: Iterable[str]) -> None:
        # The indicators of one base set count every session exactly once: their sum is a patient's number
        # of sessions.
        self._ones = [index for index, (e, _) in enumerate(keys) if e == ONE]
        first = {f for f, _ in keys[self._ones[0]][1]}
        self._counting = np.array(
            [e == ONE and {f for f, _ in cell} == first for e, cell in keys], dtype=np.float64
        )
        self._levels = {factor: _columns_by_level(keys, self._ones, factor) for factor in factors}
        self._classes: dict[int, tuple[int, Floats]] = {}
        self.level_patients: dict[str, dict[Any, int]] = {
            f: dict.fromkeys(v, 0) for f, v in self._levels.items()
        }
        self._outer: list[tuple[Whole, Whole, Whole, Floats]] = []
        self._width = len(keys)

    def add(self, sums: Floats, outer: Whole | None = None) -> None:
        """Take in patients' column sums, shape (patients, base columns), and their outer groups."""
        sizes = np.rint(sums @ self._counting).astype(np.intp)
        # A patient has a level if any cell of that level holds a session (0.5: engines may bring rounded
        # counts).
        present = (sums > 0.5).sum(axis=0) if self._levels else np.zeros(0)
        for factor, levels in self._levels.items():
            for level, columns in levels.items():
                many = len(columns) > 1
                here = np.count_nonzero(sums[:, columns].sum(axis=1) > 0.5) if many else present[columns[0]]
                self.level_patients[factor][level] += int(here)
        counts = np.bincount(sizes)
        # Sorted by number of sessions, patients of one class are a run, and their cross-product is one
        # matrix product. Sixteen bits make numpy sort by radix.
        order = np.argsort(sizes.astype(np.uint16) if len(counts) < 65_536 else sizes, kind="stable")
        ordered = sums[order]
        stop = 0
        for size in np.flatnonzero(counts):
            start, stop = stop, stop + int(counts[size])
            if size == 0:
                continue
            block = ordered[start:stop]
            patients, product = self._classes.get(int(size), (0, 0.0))
            self._classes[int(size)] = (patients + stop - start, product + block.T @ block)
        if outer is not None:
            some = sizes > 0
            kept = outer_sums("", (), outer[some], sizes[some], np.ones(some.sum(), np.intp), sums[some])
            self._outer.append((kept.group, kept.sizes, kept.patients, kept.sums))

    def classes(self) -> tuple[Whole, Whole, Floats]:
        """Distinct numbers of sessions, patients that have them, and their cross-products."""
        sizes = sorted(self._classes)
        stacked = np.array([self._classes[n][1] for n in sizes]).reshape(-1, self._width, self._width)
        return (
            np.array(sizes, dtype=np.intp),
            np.array([self._classes[n][0] for n in sizes], dtype=np.intp),
            stacked,
        )

    def outer(self, column: str, labels: Sequence[str]) -> OuterSums | None:
        """Sums per outer group, if there is one."""
        if not self._outer:
            return None
        group, sizes, patients, sums = (np.concatenate(arrays) for arrays in zip(*self._outer, strict=True))
        return outer_sums(column, tuple(labels), group, sizes, patients, sums)


def _columns_by_level(keys: Sequence[Key], ones: Sequence[int], factor: str) -> dict[Any, list[int]]:
    """Indicator columns that make up each level of a factor, all of one base set."""
    having = [i for i in ones if factor in dict(keys[i][1])]
    shapes = [tuple(f for f, _ in keys[i][1]) for i in having]
    narrowest = min(shapes, key=len)
    found: dict[Any, list[int]] = {}
    for index, shape in zip(having, shapes, strict=True):
        if shape == narrowest:
            found.setdefault(dict(keys[index][1])[factor], []).append(index)
    return found
