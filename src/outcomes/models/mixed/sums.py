"""What the patients of a table add up to: the cross-products and counts a mixed model needs, nothing per patient.

A base column is a numeric expression within a cell of factors (see :mod:`outcomes.models.mixed.design`). :class:`Sums`
holds, for the base columns of a formula, their cross-product over all sessions, and for each distinct number of
sessions the cross-product of the patients' own column sums. Estimation reads these and no record.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from outcomes.errors import ReductionError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.design import ONE, BaseSet, Cell, FactorLevels, base_sets
from outcomes.models.mixed.formula import ModelFormula, parse_formula

__all__ = ["Key", "OuterSums", "Sums", "base_keys", "outer_sums", "rounded_centre"]

Key: TypeAlias = tuple[str, Cell]
"""A base column: its numeric expression (empty for the constant one) and the cell of factors it is summed in."""


@dataclass(frozen=True, eq=False)
class OuterSums:
    """Column sums per outer group (clinic) and number of sessions per patient, for nested groupings.

    Attributes
    ----------
    column : str
        The outer grouping column.
    labels : tuple of str
        The outer groups.
    group : ndarray of int, shape (r,)
        Position in `labels` of each row.
    sizes : ndarray of int, shape (r,)
        Sessions per patient.
    patients : ndarray of int, shape (r,)
        How many patients of that group have that many sessions.
    sums : ndarray, shape (r, base columns)
        Their summed base columns.
    """

    column: str
    labels: tuple[str, ...]
    group: Whole
    sizes: Whole
    patients: Whole
    sums: Floats


@dataclass(frozen=True, eq=False)
class Sums:
    """Everything a random-intercept model needs of the records.

    Attributes
    ----------
    formula : ModelFormula
    categorical : mapping of str to FactorLevels
        Factors of the formula and their levels.
    keys : tuple of (str, cell)
        Base columns: a numeric expression (empty for the constant one) within a cell of factors.
    centres : mapping of str to float
        What was subtracted from each numeric expression before it was summed.
    means : mapping of str to float
        Mean of each numeric column, for marginal means.
    total : ndarray, shape (base columns, base columns)
        Cross-product of the centred base columns over all sessions.
    sizes, patients : ndarray of int, shape (k,)
        Each distinct number of sessions per patient, and how many patients have it.
    classes : ndarray, shape (k, base columns, base columns)
        Cross-product of the patients' column sums, one for each of `sizes`.
    level_patients : mapping of str to mapping
        Patients with at least one session at each level of each factor.
    n_missing : int
        Rows left out because a value in the formula was missing.
    outer : OuterSums or None
        Only for nested groupings.
    """

    formula: ModelFormula
    categorical: Mapping[str, FactorLevels]
    keys: tuple[Key, ...]
    centres: Mapping[str, float]
    means: Mapping[str, float]
    total: Floats
    sizes: Whole
    patients: Whole
    classes: Floats
    level_patients: Mapping[str, Mapping[Any, int]]
    n_missing: int
    outer: OuterSums | None = None

    # --- what it rests on ---

    @property
    def n_sessions(self) -> int:
        """Sessions with every value the formula needs."""
        return int((self.sizes * self.patients).sum())

    @property
    def n_patients(self) -> int:
        """Patients with at least one such session."""
        return int(self.patients.sum())

    @property
    def small_classes(self) -> pd.DataFrame:
        """Patients per number of sessions (and outer group): the smallest cells a shared file would show.

        Returns
        -------
        pandas.DataFrame
            ``group, sessions_per_patient, patients``, fewest patients first.
        """
        if self.outer is None:
            rows = {"group": "", "sessions_per_patient": self.sizes, "patients": self.patients}
        else:
            labels = np.array(self.outer.labels, dtype=object)[self.outer.group]
            rows = {
                "group": labels,
                "sessions_per_patient": self.outer.sizes,
                "patients": self.outer.patients,
            }
        return pd.DataFrame(rows).sort_values(["patients", "sessions_per_patient"], ignore_index=True)

    def columns_of(self, expression: str, cell: Cell) -> list[int]:
        """Base columns whose sum is `expression` within `cell`."""
        exact = self._position.get((expression, cell))
        if exact is not None:
            return [exact]
        wanted = dict(cell)
        for base, members in self._by_set.items():
            if base.expression == expression and wanted.keys() <= set(base.factors):
                return [
                    i for i, levels in members if all(level == wanted.get(f, level) for f, level in levels)
                ]
        raise ReductionError(
            f"The moments of {self.formula.text!r} hold no sums of {expression or '1'!r} by {cell}."
        )

    @cached_property
    def _position(self) -> dict[Key, int]:
        return {key: index for index, key in enumerate(self.keys)}

    @cached_property
    def _by_set(self) -> dict[BaseSet, list[tuple[int, Cell]]]:
        """Base columns of each base set."""
        found: dict[BaseSet, list[tuple[int, Cell]]] = {
            base: [] for base in base_sets(self.formula, self.categorical)
        }
        for index, (expression, cell) in enumerate(self.keys):
            found[BaseSet(expression, tuple(f for f, _ in cell))].append((index, cell))
        return found

    def sessions_at(self, factor: str, level: Any) -> int:
        """Sessions at one level of one factor."""
        index = self.columns_of(ONE, ((factor, level),))
        return round(float(self.total[index, index].sum()))

    def seen_levels(self) -> dict[str, list[Any]]:
        """Levels of each factor that have a session, in coding order."""
        return {
            name: [level for level in factor.levels if self.level_patients[name].get(level, 0) > 0]
            for name, factor in self.categorical.items()
        }

    # --- smaller models ---

    def narrowed(self, formula: str) -> Self:
        """Take the sums of a smaller model of the same sessions: reduce once, fit many.

        Parameters
        ----------
        formula : str
            With the same response and grouping, and no term that is not in this one's.

        Returns
        -------
        Sums or Moments, as this is
            Of the sessions that have every value the larger model needs.

        Raises
        ------
        ReductionError
            If these sums do not hold what the smaller model needs.
        """
        smaller = parse_formula(formula)
        categorical = {
            name: levels for name, levels in self.categorical.items() if name in smaller.expressions
        }
        sets = base_sets(smaller, categorical)
        known = {(base.expression, set_) for base in self._by_set for set_ in _parts_of(base.factors)}
        if smaller.groups != self.formula.groups or not {(b.expression, b.factors) for b in sets} <= known:
            raise ReductionError(
                f"The moments of {self.formula.text!r} do not hold those of {smaller.text!r}."
            )
        keys = base_keys(sets, {base.factors: self._cells(base) for base in sets})
        added = np.zeros((len(self.keys), len(keys)))
        for place, key in enumerate(keys):
            added[self.columns_of(*key), place] = 1.0
        outer, expressions = self.outer, {base.expression for base in sets}
        return dataclasses.replace(
            self,
            formula=smaller,
            categorical=categorical,
            keys=keys,
            centres={name: value for name, value in self.centres.items() if name in expressions},
            means={name: value for name, value in self.means.items() if name in smaller.columns},
            total=added.T @ self.total @ added,
            classes=added.T @ self.classes @ added,
            level_patients={name: self.level_patients[name] for name in categorical},
            outer=None if outer is None else dataclasses.replace(outer, sums=outer.sums @ added),
        )

    def _cells(self, base: BaseSet) -> list[Cell]:
        """Cells of some factors that have a session, in the order of the base columns."""
        found = (
            tuple(pair for pair in cell if pair[0] in base.factors)
            for expression, cell in self.keys
            if expression == base.expression and {name for name, _ in cell} >= set(base.factors)
        )
        return list(dict.fromkeys(found))


def _parts_of(factors: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every choice of some of the factors."""
    return [part for size in range(len(factors) + 1) for part in itertools.combinations(factors, size)]


def outer_sums(
    column: str, labels: tuple[str, ...], group: Whole, sizes: Whole, patients: Whole, sums: Floats
) -> OuterSums:
    """Add up rows of the same group and number of sessions, in their order."""
    order = np.lexsort((sizes, group))
    group, sizes, patients = group[order], sizes[order], patients[order]
    new = (
        np.r_[True, (np.diff(group) != 0) | (np.diff(sizes) != 0)] if len(group) else np.zeros(0, dtype=bool)
    )
    starts = np.flatnonzero(new)
    ends = np.append(starts, len(order))
    adding = csr_array((np.ones(len(order)), order, ends), shape=(len(starts), len(order)))
    return OuterSums(
        column,
        labels,
        group[starts],
        sizes[starts],
        np.add.reduceat(patients, starts),
        np.asarray(adding @ sums),
    )


def base_keys(sets: Iterable[BaseSet], cells: Mapping[tuple[str, ...], Sequence[Cell]]) -> tuple[Key, ...]:
    """Base columns of some sets, given the cells that have a session."""
    return tuple((base.expression, cell) for base in sets for cell in cells[base.factors])


def rounded_centre(mean: float, low: float, high: float) -> float:
    """A centre near the mean on a coarse binary grid.

    Whole numbers (and other short binary fractions) stay such when it is subtracted, so that their sums are exact and
    do not depend on the order in which an engine adds.

    Examples
    --------
    >>> rounded_centre(4.37, 0.0, 10.0)
    4.0
    """
    spread = (high - low) / 4.0
    if not spread > 0 or not np.isfinite(spread):
        return float(mean)
    grid = 2.0 ** np.floor(np.log2(spread))
    return float(np.round(mean / grid) * grid)
