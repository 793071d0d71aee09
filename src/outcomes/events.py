"""Sessions in, event tables out: how many sessions were sore until when, and how they share patients.

A session's soreness ended in ``(lower_h, upper_h]``: at a known hour (both equal), between two hours, or
later than it was last asked about (``upper_h`` infinite). The table counts the distinct pairs of hours per
group and, for every pair of such cells, ``sum over patients of (sessions in a) * (sessions in b)``. That is all
any soreness curve and its patient-clustered variance need, exactly; nothing is held per patient, and tables
add. A session that was not asked is left out and counted, never taken as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.counts import CountTable, reduce_counts
from outcomes.errors import EstimationError, ReductionError
from outcomes.exchange import read_reduction, write_reduction
from outcomes.grouping import (
    Ints,
    by_columns,
    fetched,
    is_lazy,
    known,
    number_groups,
    numbers,
    require_columns,
    sorted_frame,
    truths,
    unordered_codes,
)

__all__ = ["CountTable", "EventTable", "reduce_counts", "reduce_events", "soreness_bounds"]

Floats = npt.NDArray[np.float64]
FORMAT = "outcomes/event-table/1"


@dataclass(frozen=True, eq=False)
class EventTable:
    """Counts of soreness times per group, and their products within patients.

    Attributes
    ----------
    by : tuple of str
        Grouping columns.
    groups : pandas.DataFrame
        ``<by>, patients, sessions, left_out``: one row a group; ``left_out`` were not asked, or lack a patient.
    cells : pandas.DataFrame
        ``group`` (row number in ``groups``), ``lower_h``, ``upper_h`` (hours), ``sessions``.
    pairs : pandas.DataFrame
        ``cell_a <= cell_b`` (row numbers in ``cells``), ``product``: sum over patients of the product of
        their sessions in the two cells.

    Notes
    -----
    ``a + b`` pools two tables whose patients are different people, e.g. of two clinics. A cell may rest on one
    session: pass an event table on under an agreement, as one would counts, not in public.
    """

    by: tuple[str, ...]
    groups: pd.DataFrame
    cells: pd.DataFrame
    pairs: pd.DataFrame

    def __add__(self, other: EventTable) -> EventTable:
        if not isinstance(other, EventTable):
            return NotImplemented
        if self.by != other.by:
            raise ReductionError(
                f"event tables by {list(self.by)} and by {list(other.by)} do not add; "
                "reduce both by the same columns."
            )
        return _pool(self, other)

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the table as JSON text, to ``path`` too where one is given; infinite hours are null."""
        parts = {"by": list(self.by), "groups": self.groups, "cells": self.cells, "pairs": self.pairs}
        return write_reduction(FORMAT, parts, path)

    @classmethod
    def from_json(cls, source: str | Path) -> EventTable:
        """Read what :meth:`to_json` wrote: a path, or the text itself.

        Raises
        ------
        ReductionError
            Where the source is not an event table.
        """
        body = read_reduction(source, FORMAT, "an event table")
        try:
            groups = pd.DataFrame(body["groups"], index=range(len(body["groups"]["patients"])))
            cells = pd.DataFrame(body["cells"]).astype({"group": np.int64, "sessions": np.int64})
            cells["lower_h"] = cells["lower_h"].astype(float)
            cells["upper_h"] = cells["upper_h"].astype(float).fillna(np.inf)
            pairs = pd.DataFrame(body["pairs"]).astype(np.int64)
            return cls(tuple(body["by"]), groups, cells, pairs)
        except (KeyError, TypeError, ValueError) as error:
            raise ReductionError(
                f"an event table is damaged ({error}); ask its sender for it again."
            ) from error


def reduce_events(sessions: Any, by: str | Sequence[str] | None = "condition") -> EventTable:
    """Reduce sessions to an event table of soreness.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Needs ``patient_id``, ``soreness_h`` (hours) and the ``by`` columns; uses ``soreness_ongoing`` and
        ``soreness_free_h`` (hours) where present.
    by : str or list of str or None
        Grouping columns; None for one group.

    Returns
    -------
    EventTable

    Raises
    ------
    EstimationError
        Where a column is absent, a time is negative or infinite, or ``soreness_free_h`` lies before
        ``soreness_h``.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": ["a", "a", "b"], "soreness_h": [6.0, 24.0, 24.0]})
    >>> reduce_events(sessions, by=None).cells[["lower_h", "sessions"]].values.tolist()
    [[6.0, 1.0], [24.0, 2.0]]
    """
    columns = by_columns(by)
    lazy = is_lazy(sessions)
    require_columns(sessions, [*columns, "patient_id", "soreness_h"])
    table = _reduce_lazy(sessions, columns) if lazy else _reduce_frame(sessions, columns)
    _refuse_impossible(table.cells)
    return table


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


def _reduce_frame(frame: pd.DataFrame, by: tuple[str, ...]) -> EventTable:
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
    return EventTable(by, keys, cells, _pair_products(runs, cell, counts, len(key)))


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


def _reduce_lazy(table: Any, by: tuple[str, ...]) -> EventTable:
    rows = _with_bounds(table, by)
    usable = rows.filter(rows.usable)
    per_patient = usable.group_by([*by, "patient_id", "lower_h", "upper_h"]).agg(n=usable.count())
    cells = fetched(per_patient.group_by([*by, "lower_h", "upper_h"]).agg(sessions=per_patient.n.sum()))
    totals = {
        "patients": rows.patient_id.nunique(where=rows.usable),
        "sessions": rows.usable.sum(),
        "left_out": (~rows.usable).sum(),
    }
    grouped = rows.group_by(list(by)) if by else rows
    groups = fetched(grouped.aggregate(**totals))
    return _assemble(by, groups, cells, fetched(_lazy_pairs(per_patient, by)))


def _with_bounds(table: Any, by: tuple[str, ...]) -> Any:
    """Add lower_h, upper_h and usable to an Ibis table, as :func:`soreness_bounds` does to a frame."""
    import ibis

    def hours(name: str) -> Any:
        if name not in table.columns:
            return ibis.null("float64")
        value = table[name].cast("float64")
        return ibis.ifelse(value.isnan(), ibis.null("float64"), value)

    start, free = hours("soreness_h"), hours("soreness_free_h")
    ongoing = ibis.literal(False)
    if "soreness_ongoing" in table.columns:
        ongoing = table.soreness_ongoing.cast("boolean").fill_null(False)
    last = ibis.ifelse(ongoing & known(start), ibis.literal(float("inf")), start)
    lower = ibis.ifelse(~known(start) & known(free), ibis.literal(0.0), start)
    names = list(dict.fromkeys([*by, "patient_id"]))
    bounded = table.select(*names, lower_h=lower, upper_h=ibis.ifelse(known(free), free, last))
    for name in by:
        bounded = bounded.filter(known(bounded[name]))
    return bounded.mutate(usable=known(bounded.patient_id) & known(bounded.lower_h))


def _lazy_pairs(per_patient: Any, by: tuple[str, ...]) -> Any:
    same = list(dict.fromkeys([*by, "patient_id"]))
    other = per_patient.rename(lower_b="lower_h", upper_b="upper_h", n_b="n")
    joined = per_patient.join(other, same)
    first = (joined.lower_h < joined.lower_b) | (
        (joined.lower_h == joined.lower_b) & (joined.upper_h <= joined.upper_b)
    )
    ordered = joined.filter(first)
    return ordered.group_by([*by, "lower_h", "upper_h", "lower_b", "upper_b"]).agg(
        product=(ordered.n * ordered.n_b).sum()
    )


def _assemble(
    by: tuple[str, ...], groups: pd.DataFrame, cells: pd.DataFrame, pairs: pd.DataFrame
) -> EventTable:
    """Number groups and cells of frames keyed by their values."""
    groups = sorted_frame(groups, by)
    whole = ["patients", "sessions", "left_out"]
    groups = groups.assign(**{name: groups[name].fillna(0).astype(np.int64) for name in whole})
    number = _numbering(groups, by)
    cells = cells.assign(group=number(cells), lower_h=cells["lower_h"] + 0.0, upper_h=cells["upper_h"] + 0.0)
    cells = cells.sort_values(["group", "lower_h", "upper_h"], ignore_index=True)
    index = pd.MultiIndex.from_frame(cells[["group", "lower_h", "upper_h"]])
    group = number(pairs)
    a = index.get_indexer(pd.MultiIndex.from_arrays([group, pairs["lower_h"] + 0.0, pairs["upper_h"] + 0.0]))
    b = index.get_indexer(pd.MultiIndex.from_arrays([group, pairs["lower_b"] + 0.0, pairs["upper_b"] + 0.0]))
    found = pd.DataFrame({"cell_a": a, "cell_b": b, "product": pairs["product"].to_numpy()}).astype(np.int64)
    return EventTable(
        by,
        groups[[*by, *whole]],
        cells[["group", "lower_h", "upper_h", "sessions"]].astype({"group": np.int64, "sessions": np.int64}),
        found.sort_values(["cell_a", "cell_b"], ignore_index=True),
    )


def _numbering(groups: pd.DataFrame, by: tuple[str, ...]) -> Any:
    if not by:
        return lambda frame: np.zeros(len(frame), dtype=np.int64)
    index = pd.MultiIndex.from_frame(groups[list(by)])
    return lambda frame: index.get_indexer(pd.MultiIndex.from_frame(frame[list(by)]))


def _pool(a: EventTable, b: EventTable) -> EventTable:
    by = a.by
    groups = pd.concat([a.groups, b.groups], ignore_index=True)
    numbered = number_groups(groups, by)
    totals = groups[["patients", "sessions", "left_out"]].groupby(numbered.codes).sum()
    keys = pd.concat([numbered.keys, totals.reset_index(drop=True)], axis=1)
    moved = pd.concat(
        [a.cells, b.cells.assign(group=b.cells["group"] + len(a.groups))],
        ignore_index=True,
    )
    moved["group"] = numbered.codes[moved["group"].to_numpy()]
    cell_keys = ["group", "lower_h", "upper_h"]
    grouped = moved.groupby(cell_keys, sort=True)
    where = grouped.ngroup().to_numpy()
    cells = grouped["sessions"].sum().reset_index()
    pairs = pd.concat(
        [
            a.pairs,
            b.pairs.assign(cell_a=b.pairs["cell_a"] + len(a.cells), cell_b=b.pairs["cell_b"] + len(a.cells)),
        ],
        ignore_index=True,
    )
    pairs["cell_a"] = where[pairs["cell_a"].to_numpy()]
    pairs["cell_b"] = where[pairs["cell_b"].to_numpy()]
    pooled = pairs.groupby(["cell_a", "cell_b"], sort=True)["product"].sum().reset_index()
    return EventTable(by, keys, cells, pooled)


def _refuse_impossible(cells: pd.DataFrame) -> None:
    lower, upper = cells["lower_h"].to_numpy(), cells["upper_h"].to_numpy()
    for bad, what in (
        (lower < 0, "soreness_h below 0"),
        (np.isinf(lower), "an infinite soreness_h"),
        (upper < lower, "soreness_free_h before soreness_h"),
    ):
        if bad.any():
            n = int(cells["sessions"].to_numpy()[bad].sum())
            raise EstimationError(
                f"{n} session(s) have {what}; hours are 0 or more, finite, and soreness ends after it was "
                "last felt. Correct the records, or blank the value where it is not known."
            )
