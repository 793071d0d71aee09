"""What each group of a table of sessions holds: patients, sessions, shares and values, on any engine.

A frame is coded once and counted with numpy; a lazy table is counted where it lies, and only the counts are fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models import Flags, Ints
from outcomes.models.groups import number_groups, numbers
from outcomes.models.proportions.counts import People
from outcomes.record.outcomes import reaches

__all__ = ["Counting", "collected", "column_names"]


def column_names(table: Any) -> set[str]:
    """Columns of a frame or of a lazy table."""
    return set(nw.from_native(table).collect_schema().names())


def collected(result: Any) -> pd.DataFrame:
    """A small narwhals result as a pandas frame."""
    frame: pd.DataFrame = (result.collect() if isinstance(result, nw.LazyFrame) else result).to_pandas()
    return frame


@dataclass(frozen=True, eq=False)
class Counting:
    """A table counted by one column."""

    table: Any
    by: str

    @staticmethod
    def of(table: Any, by: str) -> Counting:
        """Code a frame once for all counts; leave a lazy table to its engine."""
        if isinstance(table, pd.DataFrame):
            return _CountingFrame(table, by, People.of(table, (by,)))
        return Counting(table, by)

    def group_sizes(self, present: str) -> pd.DataFrame:
        """Patients and sessions per group, of the sessions that have a value in the column ``present``."""
        counted = self._kept(present).group_by(self.by)
        return self._with_text(counted.agg(patients=nw.col("patient_id").n_unique(), sessions=nw.len()))

    def shares(self, change: str, least: float | Mapping[str, float]) -> pd.DataFrame:
        """Group sizes with the mean change and the shares of sessions better and worse.

        Parameters
        ----------
        change : str
            Column, positive where better.
        least : float or mapping
            Least change that counts, of all groups or of each by its name.
        """
        kept = self._kept(change)
        if isinstance(least, Mapping):
            kept = kept.with_columns(nw.col(self.by).cast(nw.String))
            bound = nw.col(self.by).replace_strict(
                list(least), [*least.values()], default=None, return_dtype=nw.Float64
            )
        else:
            bound = nw.lit(least)
        marked = kept.with_columns(
            __better=reaches(nw.col(change), bound).cast(nw.Float64),
            __worse=reaches(-nw.col(change), bound).cast(nw.Float64),
        )
        counted = marked.group_by(self.by).agg(
            patients=nw.col("patient_id").n_unique(),
            sessions=nw.len(),
            observed=nw.col(change).mean(),
            better=nw.col("__better").mean(),
            worse=nw.col("__worse").mean(),
        )
        return self._with_text(counted)

    def values(self, name: str) -> pd.DataFrame:
        """Sessions per group and value of a column, in their order."""
        counted = self._with_text(self._kept(name).group_by(self.by, name).agg(n=nw.len()))
        return counted.sort_values([self.by, name])

    def _kept(self, present: str) -> Any:
        return nw.from_native(self.table).filter(~nw.col(present).is_null(), ~nw.col(self.by).is_null())

    def _with_text(self, result: Any) -> pd.DataFrame:
        frame = collected(result)
        return frame.assign(**{self.by: frame[self.by].astype("str")})


@dataclass(frozen=True, eq=False)
class _CountingFrame(Counting):
    """The same for a frame whose patients and groups are coded."""

    people: People

    def group_sizes(self, present: str) -> pd.DataFrame:
        return self._sizes(self.table[present].notna().to_numpy())

    def _sizes(self, known: Flags, **more: npt.NDArray[Any]) -> pd.DataFrame:
        """Group sizes of some sessions, and what else is known of each group, where there are any."""
        n = self.people.per_person(known)
        sessions, patients = (self._per_group(weight) for weight in (n, n > 0))
        groups = self.people.keys[self.by].astype("str")
        frame = pd.DataFrame({self.by: groups, "patients": patients, "sessions": sessions, **more})
        return frame[sessions > 0].reset_index(drop=True)

    def _per_group(self, weight: npt.NDArray[Any]) -> Ints:
        size = len(self.people.keys)
        return np.bincount(self.people.group, weights=weight, minlength=size).astype(np.int64)

    def shares(self, change: str, least: float | Mapping[str, float]) -> pd.DataFrame:
        value, size = numbers(self.table[change]), len(self.people.keys)
        known = ~np.isnan(value)
        own, seen = self.people.group[self.people.person], known[self.people.inside]
        group, value = own[seen], value[self.people.inside][seen]
        keys = self.people.keys[self.by].astype("str")
        bound = np.array([least[key] if isinstance(least, Mapping) else least for key in keys])[group]
        sessions = np.maximum(np.bincount(group, minlength=size), 1)
        means = {
            "observed": np.bincount(group, weights=value, minlength=size) / sessions,
            "better": np.bincount(group[reaches(value, bound)], minlength=size) / sessions,
            "worse": np.bincount(group[reaches(-value, bound)], minlength=size) / sessions,
        }
        return self._sizes(known, **means)

    def values(self, name: str) -> pd.DataFrame:
        found = number_groups(self.table, [self.by, name])
        counts = np.bincount(found.codes + 1, minlength=len(found.keys) + 1)[1:]
        groups = found.keys[self.by].astype("str")
        return found.keys.assign(n=counts).assign(**{self.by: groups})
