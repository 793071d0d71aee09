"""The pieces moments are made of: labelled base columns, their centres, and sums per outer group.

A base column is a numeric expression within a cell of factors; see :mod:`outcomes.design`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from outcomes.models.mixed.design import BaseSet, Cell

__all__ = ["Floats", "Key", "OuterSums", "Whole", "base_keys", "outer_sums", "rounded_centre"]

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.intp]
Key: TypeAlias = tuple[str, Cell]


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
