"""Sessions in, counts out: how many began at each pain, which is all that chance alone depends on.

Of the sessions of a group, a condition, first or later, and a pain before, only how many they are is kept, in how many
the outcome is defined, and what it adds up to. Nothing is held per patient, and tables add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from outcomes.models.groups import (
    Groups,
    by_columns,
    is_lazy,
    number_groups,
    numbers,
    require_columns,
    summed_by,
    unordered_codes,
)
from outcomes.models.json_file import InJson, refuse_unlike
from outcomes.record.outcomes import ResponderRule, with_outcomes

__all__ = ["ReadingTable", "kinds_of_session", "reduce_readings"]

KIND, COUNTED = ("_condition", "_first", "_pain"), ("sessions", "defined", "total")


@dataclass(frozen=True, eq=False)
class ReadingTable(InJson):
    """Sessions counted by group, condition, first or later, and pain before; the patients of each group.

    Attributes
    ----------
    by : tuple of str
        Grouping columns.
    outcome : str
    cells : pandas.DataFrame
        ``<by>, _condition, _first, _pain, sessions, defined, total``: all sessions, those in which the outcome is
        defined, and its sum over these.
    people : pandas.DataFrame
        ``<by>, patients``: those with a session in which the outcome is defined.

    Notes
    -----
    ``a + b`` pools two tables whose patients are different people, e.g. of two clinics.
    """

    FORMAT: ClassVar[str] = "outcomes/reading-table/1"
    NOUN: ClassVar[str] = "a table of readings"
    by: tuple[str, ...]
    outcome: str
    cells: pd.DataFrame
    people: pd.DataFrame

    def __add__(self, other: ReadingTable) -> ReadingTable:
        if not isinstance(other, ReadingTable):
            return NotImplemented
        refuse_unlike("readings", (self.outcome, self.by), (other.outcome, other.by))
        cells = summed_by([self.cells, other.cells], (*self.by, *KIND), COUNTED)
        people = summed_by([self.people, other.people], self.by, ["patients"])
        return ReadingTable(self.by, self.outcome, cells, people)

    def _parts(self) -> Mapping[str, Any]:
        return {"by": list(self.by), "outcome": self.outcome, "cells": self.cells, "people": self.people}

    @classmethod
    def _of(cls, body: Mapping[str, Any]) -> Self:
        numbers = dict.fromkeys(("_pain", *COUNTED), np.float64)
        cells = pd.DataFrame(body["cells"]).astype({**numbers, "_first": np.int64})
        people = pd.DataFrame(body["people"]).astype({"patients": np.int64})
        return cls(tuple(body["by"]), str(body["outcome"]), cells, people)


def reduce_readings(
    sessions: Any,
    outcome: str,
    by: str | Sequence[str] | None = "condition",
    *,
    rule: ResponderRule | None = None,
) -> ReadingTable:
    """Reduce sessions to how many began at each pain: all that what chance alone would show is made of.

    Parameters
    ----------
    sessions, outcome, by, rule
        As for :func:`null_benchmark`.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": list("aab"), "pain_pre": [4, 4, 6], "pain_48h": [4, 2, 6]})
    >>> reduce_readings(sessions, "pain_relief_48h", by=None).cells[["_pain", "sessions", "total"]].values.tolist()
    [[4.0, 2.0, 2.0], [6.0, 1.0, 0.0]]
    """
    columns = by_columns(by)
    is_lazy(sessions)
    require_columns(sessions, [*columns, "pain_pre"])
    table = with_outcomes(sessions, [outcome], rule=rule)
    require_columns(table, [outcome])
    cells, people = (_read_lazy if is_lazy(table) else _read_frame)(table, outcome, columns)
    return ReadingTable(columns, outcome, cells, people)


def kinds_of_session(frame: pd.DataFrame, by: Sequence[str] = ()) -> Groups:
    """Number sessions by group, condition, first or later, and pain before: the kinds chance treats alike.

    Returns
    -------
    Groups
        Its keys are ``<by>, _condition, _first, _pain``; -1 are sessions without a group, a condition or a pain.
    """
    nothing = np.zeros(len(frame), dtype=np.int64)
    number = frame.get("session_number", nothing)
    rows = frame[list(by)].assign(
        _condition=frame.get("condition", nothing),
        _first=np.asarray(pd.Series(number == 1).fillna(False), dtype=np.int64),
        _pain=numbers(frame["pain_pre"]),
    )
    kinds = number_groups(rows, [*by, *KIND])
    named = kinds.keys["_condition"].astype("str") if "condition" in frame else ""
    return Groups(kinds.codes, kinds.keys.assign(_condition=named))


def _read_frame(frame: pd.DataFrame, outcome: str, by: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    kind, value = kinds_of_session(frame, by), numbers(frame[outcome])
    defined = (kind.codes >= 0) & ~np.isnan(value)
    inside, size = kind.codes[defined], len(kind.keys)
    cells = kind.keys.assign(
        sessions=np.bincount(kind.codes + 1, minlength=size + 1)[1:],
        defined=np.bincount(inside, minlength=size),
        total=np.bincount(inside, weights=value[defined], minlength=size),
    )
    group = number_groups(cells, by)
    patient, people = unordered_codes(frame["patient_id"]) if "patient_id" in frame else (kind.codes * 0, 1)
    seen = pd.unique(group.codes[inside] * (people + 1) + patient[defined] + 1)
    patients = np.bincount(seen // (people + 1), minlength=len(group.keys))
    return cells, group.keys.assign(patients=patients)


def _read_lazy(table: Any, outcome: str, by: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    import narwhals as nw

    frame: Any = nw.from_native(table)
    have = set(frame.collect_schema().names())
    value, pain = nw.col(outcome).cast(nw.Float64), nw.col("pain_pre").cast(nw.Float64)
    rows = frame.select(
        *(nw.col(name) for name in by),
        _condition=nw.col("condition").cast(nw.String) if "condition" in have else nw.lit(""),
        _patient=nw.col("patient_id") if "patient_id" in have else nw.lit(0),
        _pain=nw.when(~pain.is_nan()).then(pain),
        _value=nw.when(~value.is_nan()).then(value),
        _first=(nw.col("session_number") == 1) if "session_number" in have else nw.lit(False),
    )
    rows = rows.filter(*(~nw.col(name).is_null() for name in (*by, "_condition", "_pain")))
    defined = ~nw.col("_value").is_null()
    rows = rows.with_columns(_defined=defined.cast(nw.Int64), _first=nw.col("_first").fill_null(False))
    cells = rows.group_by(*by, "_condition", "_first", "_pain").agg(
        sessions=nw.len(), defined=nw.col("_defined").sum(), total=nw.col("_value").sum()
    )
    people = _collected(rows.filter(nw.col("_defined") == 1).select(*by, "_patient").unique())
    if not by:
        return _collected(cells), pd.DataFrame({"patients": [len(people)]})
    counted = people.groupby(list(by), observed=True).size().rename("patients")
    return _collected(cells), counted.reset_index()


def _collected(frame: Any) -> pd.DataFrame:
    result: pd.DataFrame = frame.collect().to_pandas().reset_index(drop=True)
    return result
