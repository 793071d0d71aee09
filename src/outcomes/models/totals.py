"""Sessions in, sums out: what the mean of each group and its error, clustered on patients, are made of.

Of the patients of a group with the same number of sessions only how many they are and three sums are kept: of their
totals, of the squares of their totals, and of the squares of the values. Nothing is held per patient, and tables add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.groups import by_columns, is_lazy, require_columns, summed_by
from outcomes.models.json_file import InJson, refuse_unlike
from outcomes.models.proportions.counts import patient_classes
from outcomes.record.outcomes import with_outcomes

__all__ = ["TotalTable", "reduce_totals"]

SUMS = ("patients", "total", "total_squared", "squares", "left_out")


@dataclass(frozen=True, eq=False)
class TotalTable(InJson):
    """Sums of an outcome over the patients of each group who have the same number of sessions.

    Attributes
    ----------
    by : tuple of str
        Grouping columns.
    outcome : str
        Name of the outcome.
    classes : pandas.DataFrame
        ``<by>, n, patients, total, total_squared, squares, left_out``: a row per group and number ``n`` of sessions
        with a value. ``total`` is the sum of the values about the centre, ``total_squared`` that of the squares of each
        patient's total, ``squares`` that of the squares of the values; ``left_out`` are sessions without a value.
    centre : float
        What was taken off every value before it was summed, so that sums keep their digits.

    Notes
    -----
    ``a + b`` pools two tables whose patients are different people, e.g. of two clinics.
    """

    FORMAT: ClassVar[str] = "outcomes/total-table/1"
    NOUN: ClassVar[str] = "a table of sums"
    by: tuple[str, ...]
    outcome: str
    classes: pd.DataFrame
    centre: float = 0.0

    def __add__(self, other: TotalTable) -> TotalTable:
        if not isinstance(other, TotalTable):
            return NotImplemented
        refuse_unlike("sums", (self.outcome, self.by), (other.outcome, other.by))
        both = [self.classes, other.moved(self.centre).classes]
        return TotalTable(self.by, self.outcome, summed_by(both, (*self.by, "n"), SUMS), self.centre)

    def moved(self, centre: float) -> TotalTable:
        """The same sums about another centre."""
        return replace(self, classes=_moved(self.classes, centre - self.centre), centre=centre)

    def _parts(self) -> Mapping[str, Any]:
        return {"by": list(self.by), "outcome": self.outcome, "centre": self.centre, "classes": self.classes}

    @classmethod
    def _of(cls, body: Mapping[str, Any]) -> Self:
        classes = pd.DataFrame(body["classes"]).astype(dict.fromkeys(("n", *SUMS), np.float64))
        return cls(tuple(body["by"]), str(body["outcome"]), classes, float(body["centre"]))


def reduce_totals(sessions: Any, outcome: str, by: str | Sequence[str] | None = "condition") -> TotalTable:
    """Reduce sessions to the sums behind the mean of an outcome in each group.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Needs ``patient_id``, the outcome (or what it is derived from) and the ``by`` columns.
    outcome : str
        A numeric column, such as ``"pain_relief_48h"``; sessions without a value are left out and counted.
    by : str or list of str or None
        Grouping columns; None for one group.

    Returns
    -------
    TotalTable

    Raises
    ------
    EstimationError
        Where a column is absent, or a value is infinite.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": list("aabc"), "gain": [1.0, 3.0, 2.0, 6.0]})
    >>> reduce_totals(sessions, "gain", by=None).classes[["n", "patients", "total"]].values.tolist()
    [[1.0, 2.0, 2.0], [2.0, 1.0, -2.0]]
    """
    columns = by_columns(by)
    is_lazy(sessions)
    table = with_outcomes(sessions, [outcome])
    require_columns(table, [*columns, "patient_id", outcome])
    people = patient_classes(table, outcome, columns, _infinite)
    if (odd := int(people["odd"].sum())) > 0:
        raise EstimationError(f"{outcome} is infinite in {odd} session(s); correct or blank it.")
    sums = people.assign(
        total=people["patients"] * people["total"],
        total_squared=people["patients"] * people["total"] ** 2,
    ).astype(dict.fromkeys(("n", "patients"), np.float64))
    values = float((sums["n"] * sums["patients"]).sum())
    centre = round(float(sums["total"].sum()) / values) if values else 0
    # about the centre patient by patient: what is squared is small, and whole numbers stay whole
    own = people["total"] - centre * people["n"]
    about = _moved(sums, centre).assign(total_squared=people["patients"] * own**2)
    return TotalTable(columns, outcome, summed_by([about], (*columns, "n"), SUMS), float(centre))


def _moved(classes: pd.DataFrame, by: float) -> pd.DataFrame:
    """The sums about a centre that lies higher by so much."""
    n, people, total = (classes[name].to_numpy(dtype=np.float64) for name in ("n", "patients", "total"))
    whole = n * people * by
    squared = classes["total_squared"] - 2.0 * by * n * total + n * by * whole
    squares = np.maximum(classes["squares"] - 2.0 * by * total + by * whole, 0.0)
    return classes.assign(total=total - whole, total_squared=squared, squares=squares)


def _infinite(value: Any) -> Any:
    return (value == float("inf")) | (value == float("-inf"))
