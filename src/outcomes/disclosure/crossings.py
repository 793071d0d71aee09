"""Tables that cross three keys or more two by two in, the combinations of all keys they imply out.

Tables by condition and sex, by condition and age, and by sex and age have margins in common, but a reader can
reckon further: all three are sums over the same combinations of condition, sex and age, none below zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np

from outcomes.disclosure.counts import Cell, Keys, Row

__all__ = ["combinations_behind"]

MOST = 2000
"""More combinations than this are not looked at: so many hide in each other."""
Sums = list[tuple[tuple[Cell, ...], Cell]]


def combinations_behind(rows: Iterable[Row]) -> Sums:
    """Return the sums of combinations each row is of, where three or more sets of keys cross.

    Nothing is returned where the counts do not add up over combinations (patients with two conditions), which
    leaves a reader nothing exact to reckon with.
    """
    found: dict[tuple[str, Keys], dict[Keys, Cell]] = defaultdict(dict)
    for row in rows:
        for name, cell in row.main.items():
            if cell.value is not None:
                found[name, row.context].setdefault(row.where, cell)
    return [pair for (_, context), cells in found.items() for pair in _sums(cells, context)]


def _sums(cells: dict[Keys, Cell], context: Keys) -> Sums:
    crossed: dict[frozenset[str], set[Keys]] = defaultdict(set)
    for where in cells:
        crossed[frozenset(key for key, _ in where)].add(where)
    largest = [names for names in crossed if not any(names < other for other in crossed)]
    if len(largest) < 3:
        return []
    combinations = _combinations(crossed, sorted(largest, key=sorted))
    parts = {where: [c for c in combinations if where <= c] for where in cells}
    if not combinations or len(combinations) > MOST or not _adds_up(cells, parts, combinations):
        return []
    name, about = next(iter(cells.values())).name, "combination"
    leaf = {c: Cell(name, c, context, None, about) for c in combinations}
    return [(tuple(leaf[c] for c in parts[where]), cell) for where, cell in cells.items() if parts[where]]


def _combinations(crossed: dict[frozenset[str], set[Keys]], largest: list[frozenset[str]]) -> list[Keys]:
    """Combinations of all keys whose every part is a row of some table."""
    keys = sorted(frozenset().union(*largest))
    levels = [
        sorted({pair for group in crossed.values() for w in group for pair in w if pair[0] == k})
        for k in keys
    ]
    if np.prod([len(level) for level in levels], dtype=float) > 20 * MOST:
        return []
    every = (frozenset(combination) for combination in product(*levels))
    return [
        c
        for c in every
        if all(frozenset(p for p in c if p[0] in names) in crossed[names] for names in largest)
    ]


def _adds_up(cells: dict[Keys, Cell], parts: dict[Keys, list[Keys]], combinations: list[Keys]) -> bool:
    """Whether some counts of combinations, none below zero, add up to every row."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    place = {combination: i for i, combination in enumerate(combinations)}
    sums = np.zeros((len(cells), len(combinations)))
    for i, where in enumerate(cells):
        sums[i, [place[c] for c in parts[where]]] = 1.0
    total = np.array([cell.value for cell in cells.values()], dtype=float)
    solve: Any = linprog
    return bool(
        solve(np.zeros(len(combinations)), A_eq=csr_array(sums), b_eq=total, method="highs").status == 0
    )
