"""A frame of sessions in, the cells of an event table out: the pandas half of the reduction, in numpy.

Sessions become integers (patient and group, kind of bounds) whose sorted runs are the patients; nothing of the size of
patients times hours is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models import Floats, Ints
from outcomes.models.groups import number_groups, numbers, truths, unordered_codes

__all__ = ["Parts", "cells_of_frame", "soreness_bounds"]

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def soreness_bounds(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Bounds of when soreness ended, in hours, one per session: ``(lower, upper]``, NaN where not asked.

    Equal bounds are a known hour; ``upper`` is infinite where the patient was still sore when last asked. A
    ``soreness_free_h`` decides over ``soreness_ongoing``; alone it gives ``(0, soreness_free_h]``.
    """
    hours = _hours(frame, "soreness_h")
    free = _hours(frame, "soreness_free_h")
    ongoing = np.zeros(len(frame), dtype=bool)
    if "soreness_ongoing" in frame:
        ongoing = truths(frame["soreness_ongoing"])
    known_free = ~np.isnan(free)
    upper = np.where(known_free, free, np.where(ongoing & ~np.isnan(hours), np.inf, hours))
    lower = np.where(known_free & np.isnan(hours), 0.0, hours)
    return lower + 0.0, upper + 0.0


def _hours(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return numbers(frame[name])


def cells_of_frame(frame: pd.DataFrame, by: tuple[str, ...]) -> Parts:
    """Reduce a frame to the groups, cells and pairs of an event table."""
    lower, upper = soreness_bounds(frame)
    groups = number_groups(frame, by)
    patient, people = unordered_codes(frame["patient_id"])
    grouped = groups.codes >= 0
    usable = grouped & (patient >= 0) & ~np.isnan(lower)
    if not usable.all():
        lower, upper, patient = lower[usable], upper[usable], patient[usable]
    g = groups.codes if usable.all() else groups.codes[usable]
    kinds = _Kinds.of(lower, upper)
    runs, inside, counts = _patient_cells(patient, g, kinds.code, (people, len(groups.keys), kinds.size))
    n_groups = len(groups.keys)
    key, cell = _dense_rank((runs % n_groups) * kinds.size + inside, n_groups * kinds.size)
    cells = pd.DataFrame(
        {
            "group": key // kinds.size,
            "lower_h": kinds.lower[key % kinds.size],
            "upper_h": kinds.upper[key % kinds.size],
            "sessions": np.bincount(cell, weights=counts, minlength=len(key)).astype(np.int64),
        }
    )
    new = np.flatnonzero(np.diff(runs, prepend=-1))
    keys = groups.keys.assign(
        patients=np.bincount(runs[new] % n_groups, minlength=n_groups),
        sessions=np.bincount(g, minlength=n_groups),
        left_out=np.bincount(groups.codes[grouped & ~usable], minlength=n_groups),
    )
    return keys, cells, _pair_products(runs, cell, counts, len(key))


@dataclass(frozen=True)
class _Kinds:
    """Distinct bounds in sorted order (some may not occur), and which of them each session has."""

    code: Ints
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, lower: Floats, upper: Floats) -> _Kinds:
        """Code a bound as the position of its lower hour, then of its end: exact first, each distinct end after."""
        codes, distinct = pd.factorize(lower)
        order = np.argsort(distinct)
        open_ended = np.flatnonzero(upper != lower)
        ends, end = np.unique(upper[open_ended], return_inverse=True)
        width = len(ends) + 1
        step = np.empty(len(distinct), dtype=np.int64)
        step[order] = np.arange(len(distinct)) * width
        code = step[codes]
        code[open_ended] += 1 + end
        if len(distinct) * width > 4 * len(code) + 1_000_000:
            present, code = np.unique(code, return_inverse=True)
        else:
            present = np.arange(len(distinct) * width)
        begin, which = distinct[order][present // width], present % width
        return cls(
            code.astype(np.int64, copy=False),
            begin,
            np.where(which > 0, np.append(ends, 0.0)[which - 1], begin),
        )

    @property
    def size(self) -> int:
        return max(len(self.lower), 1)


def _dense_rank(key: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the distinct keys, sorted, and the rank of each key; all keys are below ``size``."""
    if size > 4 * len(key) + 1_000_000:
        present, rank = np.unique(key, return_inverse=True)
        return present, rank.astype(np.int64)
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    return np.flatnonzero(seen).astype(np.int64), (np.cumsum(seen) - 1)[key]


def _patient_cells(p: Ints, g: Ints, kind: Ints, sizes: tuple[int, int, int]) -> tuple[Ints, Ints, Ints]:
    """Count sessions per (patient and group, kind of bounds), sorted so that patients are runs."""
    people, n_groups, n_kinds = sizes
    run = p * n_groups + g
    if people * n_groups * n_kinds < 2**62:
        key, counts = np.unique(run * n_kinds + kind, return_counts=True)
        return key // n_kinds, key % n_kinds, counts.astype(np.int64)
    runs, short = np.unique(run, return_inverse=True)
    key, counts = np.unique(short.astype(np.int64) * n_kinds + kind, return_counts=True)
    return runs[key // n_kinds], key % n_kinds, counts.astype(np.int64)


def _pair_products(runs: Ints, cell: Ints, counts: Ints, n_cells: int) -> pd.DataFrame:
    """Sum the products of counts over all pairs of cells within each run (patient and group)."""
    keys: list[Ints] = [cell * n_cells + cell]
    products: list[Ints] = [counts * counts]
    at = np.arange(len(runs))
    lag = 1
    while len(at := at[at + lag < len(runs)]) and len(at := at[runs[at + lag] == runs[at]]):
        keys.append(cell[at] * n_cells + cell[at + lag])
        products.append(counts[at] * counts[at + lag])
        lag += 1
    key, total = _sum_by_key(np.concatenate(keys), np.concatenate(products), n_cells * n_cells)
    return pd.DataFrame({"cell_a": key // max(n_cells, 1), "cell_b": key % max(n_cells, 1), "product": total})


def _sum_by_key(key: Ints, value: Ints, size: int) -> tuple[Ints, Ints]:
    if size <= max(4 * len(key), 1_000_000):
        total = np.bincount(key, weights=value, minlength=size)
        present = np.flatnonzero(total)
        return present.astype(np.int64), total[present].astype(np.int64)
    present, inverse = np.unique(key, return_inverse=True)
    return present, np.bincount(inverse, weights=value).astype(np.int64)
