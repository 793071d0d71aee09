"""What the masked sum of a whole study is of: every table on a grid that is agreed on before anybody looks.

Comes in: the plan, and how many sessions a patient may have. Goes out: a study as a list of numbers in the grids'
order, zeros where the clinic has nobody; and the study a sum of such lists is. Refused: what has no place on a grid.
Hours of soreness are not masked: they are as many as clinics write, and every pair of them would be a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import ReductionError, shown
from outcomes.models import Floats
from outcomes.models.chance.readings import COUNTED, KIND, ReadingTable
from outcomes.models.json_file import plan_hash
from outcomes.models.proportions.counts import SUMS as COUNTS
from outcomes.models.proportions.counts import CountTable
from outcomes.models.secure.layout import NOT_A_SUM, Layout, layout_of
from outcomes.models.study import TWITCHES, Part, Study, parts_of_a_study, rests_on_any
from outcomes.models.totals import SUMS as TOTALS
from outcomes.models.totals import TotalTable
from outcomes.record.conditions import CONDITIONS
from outcomes.record.plan import active_plan
from outcomes.record.synthetic import Synthetic

__all__ = ["StudyLayout", "study_layout"]

PAINS = tuple(step / 2.0 for step in range(21))
NOT_MASKED = ("events", "watched")
"""Kinds of parts that have no grid."""
WHOLE = ("patients", "sessions", "all", "some", "none")
"""The first numbers: how many patients and sessions, and whether the records are synthetic."""


@dataclass(frozen=True)
class Grid:
    """One table of sums of one part: its rows by their keys, and the sums in each."""

    part: Part
    table: str
    keys: pd.DataFrame
    sums: tuple[str, ...]

    @property
    def length(self) -> int:
        """How many numbers there are."""
        return len(self.keys) * len(self.sums)

    def values(self, table: pd.DataFrame) -> Floats:
        """The sums of a table, in order; zeros where it has no row.

        Raises
        ------
        ReductionError
            Where a row of the table has no place.
        """
        sums, names = list(self.sums), list(self.keys.columns)
        if not names:
            return np.asarray(table[sums].to_numpy(dtype=np.float64).ravel())
        there = table[(table[sums] != 0).any(axis=1)].astype({name: self.keys[name].dtype for name in names})
        found = self.keys.merge(there, on=names, how="left", indicator=True)
        if int((found["_merge"] == "both").sum()) < len(there):
            self._refuse(there.merge(self.keys, on=names, how="left", indicator=True))
        return np.asarray(found[sums].fillna(0.0).to_numpy(dtype=np.float64).ravel())

    def _refuse(self, placed: pd.DataFrame) -> None:
        lost = placed.loc[placed["_merge"] == "left_only", list(self.keys.columns)].iloc[0]
        said = ", ".join(f"{str(name).strip('_')} {shown(value)}" for name, value in lost.items())
        raise ReductionError(
            f"The records have {said} in {self.part.of}, which the round has no place for. Ask for a new round with a "
            "place for it, or correct the records."
        )

    def read(self, values: Iterator[float]) -> pd.DataFrame:
        """The table of such sums, without the rows that nobody is in."""
        flat = np.array(list(itertools.islice(values, self.length)))
        sums = pd.DataFrame(flat.reshape(len(self.keys), len(self.sums)), columns=list(self.sums))
        kept = (sums != 0).any(axis=1) | (not len(self.keys.columns))
        return pd.concat([self.keys, sums], axis=1)[kept].reset_index(drop=True)


@dataclass(frozen=True)
class StudyLayout:
    """The numbers of a masked study, in order.

    Attributes
    ----------
    most_sessions : int
        Of one patient.
    plan : str
        Hash of the plan the reductions are made under.
    """

    most_sessions: int
    plan: str

    @property
    def formula(self) -> str:
        """What is added up, in words."""
        return "everything a study asks for, but hours of soreness"

    @cached_property
    def _model(self) -> Part:
        return next(part for part in parts_of_a_study() if part.kind == "moments")

    @cached_property
    def _moments(self) -> Layout:
        return layout_of(active_plan().model(self._model.of), most_sessions=self.most_sessions)

    @cached_property
    def _grids(self) -> list[Grid]:
        parts = [part for part in parts_of_a_study() if part.kind not in (*NOT_MASKED, "moments")]
        return [grid for part in parts for grid in self._grids_of(part)]

    def _grids_of(self, part: Part) -> Iterator[Grid]:
        known: dict[str, list[Any]] = {"condition": sorted(CONDITIONS)}
        known[TWITCHES] = [float(least) for least in active_plan().twitches.groups]
        groups: dict[str, Iterable[Any]] = {part.by: known[part.by]} if part.by else {}
        if part.kind == "totals":
            yield Grid(part, "classes", _every({**groups, "n": np.arange(self.most_sessions + 1.0)}), TOTALS)
        elif part.kind == "counts":
            yield Grid(part, "groups", _every(groups), COUNTS)
        else:
            kinds = _every(dict(zip(KIND, (sorted(CONDITIONS), (0, 1), PAINS), strict=True)))
            own = kinds.assign(condition=kinds["_condition"]) if part.by else kinds
            yield Grid(part, "cells", own[[*groups, *KIND]], COUNTED)
            yield Grid(part, "people", _every(groups), ("patients",))

    @property
    def length(self) -> int:
        """How many numbers there are."""
        return len(WHOLE) + sum(grid.length for grid in self._grids) + self._moments.length

    def values(self, study: Study) -> Iterator[float]:
        """The numbers of a study, in order.

        Raises
        ------
        ReductionError
            Where it was made under another plan, or holds what has no place here.
        """
        if not isinstance(study, Study):
            raise ReductionError(f"The round adds studies (`oc.reduce_study`), not {type(study).__name__}.")
        if not plan_hash() == study.plan == self.plan:
            raise ReductionError(
                "The round was begun under another plan (windows, thresholds or rules). Reduce under that plan."
            )
        yield from (study.patients, study.sessions)
        yield from (float((study.synthetic or "none") == mark) for mark in WHOLE[2:])
        for grid in self._grids:
            part = study.parts.get(grid.part.name)
            yield from np.zeros(grid.length) if part is None else grid.values(_table(part, grid.table))
        moments: Any = study.parts.get(self._model.name)
        yield from [0.0] * self._moments.length if moments is None else self._moments.values(moments)

    def reduction(self, values: Sequence[float]) -> Study:
        """The study that a sum of such numbers is.

        Raises
        ------
        ReductionError
            Where its counts are no counts: masks that did not cancel.
        """
        given = iter(values)
        whole = dict(zip(WHOLE, itertools.islice(given, len(WHOLE)), strict=True))
        if not all(0 <= n < 2**53 and n == int(n) for n in whole.values()) or not whole["patients"]:
            raise ReductionError(NOT_A_SUM)
        tables: dict[Part, dict[str, pd.DataFrame]] = {}
        for grid in self._grids:
            tables.setdefault(grid.part, {})[grid.table] = grid.read(given)
        read = {part.name: _read(part, found) for part, found in tables.items()}
        parts = {name: part for name, part in read.items() if rests_on_any(part)}
        rest = list(given)
        if any(rest):
            parts[self._model.name] = self._moments.reduction(rest)
        marks = [mark for mark in WHOLE[2:] if whole[mark]]
        synthetic: Synthetic = "all" if marks == ["all"] else "" if marks == ["none"] else "some"
        sizes = int(whole["patients"]), int(whole["sessions"])
        clinics = int(sum(whole[mark] for mark in WHOLE[2:]))
        return Study(parts, *sizes, self.plan, synthetic, clinics=clinics)


def _table(part: Any, name: str) -> pd.DataFrame:
    """One table of a part; sums of all clinics are about the same centre."""
    table: pd.DataFrame = getattr(part.moved(0.0) if isinstance(part, TotalTable) else part, name)
    return table


def _read(part: Part, found: Mapping[str, pd.DataFrame]) -> Any:
    """A part from its tables."""
    by = (part.by,) if part.by else ()
    if part.kind == "totals":
        return TotalTable(by, part.of, found["classes"])
    if part.kind == "readings":
        return ReadingTable(by, part.of, found["cells"], found["people"])
    return CountTable(by, part.of, found["groups"].astype(dict.fromkeys(COUNTS, np.int64)))


def _every(keys: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """Every combination of some keys; one row without columns where there are none."""
    if not keys:
        return pd.DataFrame(index=range(1))
    return pd.DataFrame(list(itertools.product(*keys.values())), columns=list(keys))


def study_layout(*, most_sessions: int = 60) -> StudyLayout:
    """Agree on what the masked sum of a study is of, under the plan in use.

    Parameters
    ----------
    most_sessions : int
        Of one patient: a masked file grows with it.

    Raises
    ------
    ReductionError
        Where it is less than 1.
    """
    if most_sessions < 1:
        raise ReductionError(f"The most sessions of a patient are at least 1, found {most_sessions}.")
    return StudyLayout(int(most_sessions), plan_hash())
