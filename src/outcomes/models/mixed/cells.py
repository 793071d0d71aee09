"""Combinations of factor levels that have a session, and sums of products within them.

In come codes of factors, out come the combinations, where they fall among the cells of fewer factors, and the total
cross-product of the base columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models import Floats, Whole
from outcomes.models.mixed.design import BaseSet, Cell, FactorLevels

__all__ = ["CellGrid", "cell_grid", "cell_products", "compressed", "total_product"]


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Combinations of factor levels that have a session.

    Attributes
    ----------
    codes : mapping of str to ndarray of int, shape (cells,)
        Level of each factor in each combination.
    categorical : mapping of str to FactorLevels
    of_row : ndarray of int, shape (rows,)
        Combination of each row; empty if the rows were never here.
    """

    codes: Mapping[str, Whole]
    categorical: Mapping[str, FactorLevels]
    of_row: Whole
    n_cells: int

    def positions(self, factors: tuple[str, ...]) -> tuple[Whole, Whole]:
        """Where each combination falls among the cells of fewer factors, and one combination for each of those."""
        if not factors:
            return np.zeros(self.n_cells, dtype=np.intp), np.zeros(1, dtype=np.intp)
        mixed = np.zeros(self.n_cells, dtype=np.intp)
        for name in factors:
            mixed = mixed * len(self.categorical[name].levels) + self.codes[name]
        _, first, position = np.unique(mixed, return_index=True, return_inverse=True)
        return position.astype(np.intp), first.astype(np.intp)

    def cells(self, sets: Iterable[BaseSet]) -> dict[tuple[str, ...], list[Cell]]:
        """Cells with a session, for the factors of each base set."""
        found: dict[tuple[str, ...], list[Cell]] = {}
        for factors in dict.fromkeys(base.factors for base in sets):
            _, first = self.positions(factors)
            found[factors] = [
                tuple((name, self.categorical[name].levels[self.codes[name][row]]) for name in factors)
                for row in first
            ]
        return found


def cell_grid(codes: Mapping[str, Whole], categorical: Mapping[str, FactorLevels]) -> CellGrid:
    """Combinations of factor levels that occur in rows of codes."""
    if not codes:
        return CellGrid({}, {}, np.zeros(0, dtype=np.intp), 1)
    names = sorted(codes)
    row = codes[names[0]]
    width = len(categorical[names[0]].levels)
    for name in names[1:]:
        levels = len(categorical[name].levels)
        if width * levels > 1_000_000:
            row, width = compressed(row)
        row, width = row * levels + codes[name], width * levels
    row, n_cells = compressed(row, width)
    first = np.zeros(n_cells, dtype=np.intp)
    first[row[::-1]] = np.arange(len(row) - 1, -1, -1)
    return CellGrid({name: codes[name][first] for name in names}, categorical, row, n_cells)


def compressed(codes: Whole, width: int | None = None) -> tuple[Whole, int]:
    """Codes renumbered without gaps, in their order."""
    if width is not None and width <= 1_000_000:
        present = np.bincount(codes, minlength=width) > 0
        if present.all():
            return codes, width
        return (np.cumsum(present) - 1)[codes], int(present.sum())
    values, inverse = np.unique(codes, return_inverse=True)
    return inverse.astype(np.intp), len(values)


def cell_products(centred: Mapping[str, Floats | None], grid: CellGrid) -> dict[tuple[str, str], Floats]:
    """Sums of products of every two expressions within each combination of factor levels."""
    found: dict[tuple[str, str], Floats] = {}
    rows = next(len(column) for column in centred.values() if column is not None)
    for a, b in itertools.combinations_with_replacement(centred, 2):
        x, y = centred[a], centred[b]
        if grid.n_cells == 1:
            sums = np.array([rows if y is None else y.sum() if x is None else x @ y], dtype=np.float64)
        else:
            weights = y if x is None or y is None else x * y
            sums = np.bincount(grid.of_row, weights=weights, minlength=grid.n_cells).astype(np.float64)
        found[a, b] = found[b, a] = sums
    return found


def total_product(
    sets: Sequence[BaseSet], grid: CellGrid, products: Mapping[tuple[str, str], Floats]
) -> Floats:
    """Cross-product of all base columns, from the products within combinations of factor levels."""
    places, start = [], 0
    for base in sets:
        position, first = grid.positions(base.factors)
        places.append(position + start)
        start += len(first)
    total = np.zeros((start, start))
    for (a, at_a), (b, at_b) in itertools.product(zip(sets, places, strict=True), repeat=2):
        np.add.at(total, (at_a, at_b), products[a.expression, b.expression])
    return total
