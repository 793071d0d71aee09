"""Unknown counts and the sums they are part of in, the range each must lie in out.

What a reader can reckon: in closed form where one sum is all that ties the unknowns, else by linear programming.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

from outcomes.disclosure.constraints import Relation
from outcomes.disclosure.counts import Cell

__all__ = ["Program", "one_sum"]

ROUNDS = 12
"""So many times all unknowns are pushed at once, before one after the other."""
_FAR = 1e4


def _signed(relation: Relation, component: dict[Cell, int]) -> tuple[dict[Cell, float], float]:
    """Split a relation into its unknown cells with their signs, and what they sum to."""
    signs: dict[Cell, float] = defaultdict(float)
    total = relation.overlap
    for cell, sign in [*((c, 1.0) for c in relation.children), (relation.parent, -1.0)]:
        if cell in component:
            signs[cell] += sign
        else:
            total -= sign * (cell.value or 0.0)
    return {cell: sign for cell, sign in signs.items() if sign}, total


def one_sum(
    relation: Relation,
    component: dict[Cell, int],
    bounds: dict[Cell, tuple[float, float]],
    wanted: list[Cell],
) -> dict[Cell, tuple[float, float]]:
    """Ranges where one sum is all that ties the cells: in closed form."""
    signs, total = _signed(relation, component)
    found = {}
    for cell in wanted:
        low, high = bounds[cell]
        if cell in signs:
            others = [(s, bounds[c]) for c, s in signs.items() if c != cell]
            least = sum(s * (b[0] if s > 0 else b[1]) for s, b in others)
            most = sum(s * (b[1] if s > 0 else b[0]) for s, b in others)
            ends = sorted(((total - most) * signs[cell], (total - least) * signs[cell]))
            low, high = max(low, ends[0]), min(high, ends[1])
        found[cell] = (low, high)
    return found


class Program:
    """The linear program of one component: unknown cells, what they sum to, which lies within which.

    Parameters
    ----------
    relations : list of Relation
    pairs : list of (Cell, Cell)
        The first is never greater than the second.
    component : dict of Cell to int
        The unknowns, numbered.
    bounds : dict of Cell to (float, float)
    """

    def __init__(
        self,
        relations: list[Relation],
        pairs: list[tuple[Cell, Cell]],
        component: dict[Cell, int],
        bounds: dict[Cell, tuple[float, float]],
    ) -> None:
        from scipy.sparse import csr_array

        self.component = component
        self.bounds = np.array([bounds[cell] for cell in component])
        size = len(component)
        equal, total = np.zeros((len(relations), size)), np.zeros(len(relations))
        for i, relation in enumerate(relations):
            signs, total[i] = _signed(relation, component)
            for cell, sign in signs.items():
                equal[i, component[cell]] = sign
        within = np.zeros((len(pairs), size))
        for i, (small, large) in enumerate(pairs):
            within[i, component[small]], within[i, component[large]] = 1.0, -1.0
        self._equal: Any = (csr_array(equal), total) if relations else (None, None)
        self._within: Any = (csr_array(within), np.zeros(len(pairs))) if pairs else (None, None)
        self._least, self._most = np.full(size, np.inf), np.full(size, -np.inf)

    def ranges(self, wanted: list[Cell], enough: float) -> dict[Cell, tuple[float, float]]:
        """Least and greatest value of each cell; a range known to be wide ``enough`` is not sought further."""
        places = np.array([self.component[cell] for cell in wanted])
        if len(wanted) > 2:
            self._push_all(places, enough)
        for at in places:
            for sign in (1.0, -1.0):
                if self._most[at] - self._least[at] < enough:
                    self._push(at, sign)
        return {cell: (self._least[at], self._most[at]) for cell, at in zip(wanted, places, strict=True)}

    def _push_all(self, places: npt.NDArray[np.int64], enough: float) -> None:
        """Push all unknowns at once, each up or down at random: most ranges show themselves wide at once."""
        rng = np.random.default_rng(1)
        true = np.array([_FAR if cell.value is None else cell.value for cell in self.component])
        upper = np.minimum(self.bounds[:, 1], np.maximum(true, self.bounds[:, 0]) + 2 * enough)
        near = np.column_stack([self.bounds[:, 0], upper])
        for turn in range(ROUNDS):
            left = places[self._most[places] - self._least[places] < enough]
            if not len(left):
                return
            cost = np.zeros(len(self.component))
            signs = (-1.0) ** turn if turn < 2 else rng.choice([-1.0, 1.0], len(left))
            cost[left] = signs * rng.uniform(0.5, 1.5, len(left))
            self._keep(self._solve(cost, near))

    def _push(self, at: int, sign: float) -> None:
        cost = np.zeros(len(self.component))
        cost[at] = sign
        if not self._keep(self._solve(cost, self.bounds)):
            self._least[at] = -np.inf if sign > 0 else self._least[at]
            self._most[at] = np.inf if sign < 0 else self._most[at]

    def _keep(self, solution: npt.NDArray[np.float64] | None) -> bool:
        if solution is None:
            return False
        self._least = np.minimum(self._least, solution)
        self._most = np.maximum(self._most, solution)
        return True

    def _solve(
        self, cost: npt.NDArray[np.float64], bounds: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64] | None:
        """Solve for one end; None where there is no end (or no solution, which tells a reader nothing)."""
        from scipy.optimize import linprog

        solve: Any = linprog
        solved = solve(cost, *self._within, *self._equal, bounds, method="highs")
        return solved.x if solved.status == 0 else None
