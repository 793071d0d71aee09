"""Sessions in, event tables out: how many sessions were sore until when, and how they share patients.

A session's soreness ended in ``(lower_h, upper_h]``: at a known hour (both equal), between two hours, or
later than it was last asked about (``upper_h`` infinite). The table counts the distinct pairs of hours per
group and, for every pair of such cells, ``sum over patients of (sessions in a) * (sessions in b)``. That is all
any soreness curve and its patient-clustered variance need, exactly; nothing is held per patient, and tables
add. A session that was not asked is left out and counted, never taken as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, ReductionError
from outcomes.models.groups import by_columns, is_lazy, number_groups, require_columns
from outcomes.models.json_file import InJson
from outcomes.models.survival.events_frame import cells_of_frame
from outcomes.models.survival.events_query import cells_of_table

__all__ = ["EventTable", "reduce_events"]


@dataclass(frozen=True, eq=False)
class EventTable(InJson):
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

    FORMAT: ClassVar[str] = "outcomes/event-table/1"
    NOUN: ClassVar[str] = "an event table"
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

    def _parts(self) -> Mapping[str, Any]:
        return {"by": list(self.by), "groups": self.groups, "cells": self.cells, "pairs": self.pairs}

    @classmethod
    def _of(cls, body: Mapping[str, Any]) -> Self:
        groups = pd.DataFrame(body["groups"], index=range(len(body["groups"]["patients"])))
        cells = pd.DataFrame(body["cells"]).astype({"group": np.int64, "sessions": np.int64})
        cells["lower_h"] = cells["lower_h"].astype(float)
        cells["upper_h"] = cells["upper_h"].astype(float).fillna(np.inf)
        return cls(tuple(body["by"]), groups, cells, pd.DataFrame(body["pairs"]).astype(np.int64))


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
    groups, cells, pairs = (cells_of_table if lazy else cells_of_frame)(sessions, columns)
    _refuse_impossible(cells)
    return EventTable(columns, groups, cells, pairs)


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
