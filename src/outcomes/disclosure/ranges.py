"""Unknown counts and the sums they are part of in, the range each must lie in out.

What a reader can work out: in closed form where one sum is all that ties the unknowns, else by linear programming.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from outcomes.disclosure.constraints import Relation, System
from outcomes.disclosure.counts import Cell, in_order
from outcomes.disclosure.limits import Limits

if TYPE_CHECKING:
    from outcomes.disclosure.suppression import Hidden

__all__ = ["SLACK", "Attack", "Program", "one_sum"]

SLACK = 1e-6
"""A range this little short of the limit is as wide as the limit: what the solver rounds."""

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


class Attack:
    """What can be worked out about the withheld cells of a system from the visible ones."""

    def __init__(self, system: System, limits: Limits) -> None:
        self.system = system
        self.limits = limits
        self._relations: dict[Cell, list[Relation]] = defaultdict(list)
        self._orders: dict[Cell, list[tuple[Cell, Cell]]] = defaultdict(list)
        self._seen: dict[frozenset[Cell], dict[Cell, float]] = {}
        for relation in system.relations:
            for cell in relation.cells():
                self._relations[cell].append(relation)
        for pair in system.orders:
            for cell in pair:
                self._orders[cell].append(pair)

    def is_unknown(self, hidden: Hidden, cell: Cell) -> bool:
        """Tell whether a reader does not see the cell."""
        return cell in hidden.cells or cell not in self.system.shown_in

    def guarded(self, hidden: Hidden) -> set[Cell]:
        """Every cell that may not be pinned: the withheld ones, and small margins and rests no table shows.

        Zero may be shown, so a withheld part that is zero (of a row withheld as a whole) needs no guard.
        """
        derived = (cell for cell in self._relations if cell not in self.system.shown_in)
        small = {cell for cell in derived if self.limits.is_small(cell.value)}
        withheld = (c for c in hidden.cells if c.value is None or c.value > 0)
        return set(withheld) - hidden.harmless | small

    def pinned_by_one_sum(self, hidden: Hidden) -> set[Cell]:
        """Guarded cells that one sum by itself pins: found without linear programming."""
        return {cell for cell in self.guarded(hidden) if self.tight(hidden, cell) is not None}

    def pinned(self, hidden: Hidden, given_up: set[Cell]) -> set[Cell]:
        """Guarded cells whose range is narrower than the limit: first those a single sum gives away."""
        return (self.pinned_by_one_sum(hidden) - given_up) or (self.pinned_by_all(hidden) - given_up)

    def pinned_by_all(self, hidden: Hidden) -> set[Cell]:
        """Guarded cells that everything visible together pins."""
        found: dict[Cell, float] = {}
        left = self.guarded(hidden)
        guarded = set(left)
        while left:
            component = self.component(hidden, min(left, key=in_order))
            key = frozenset(component)
            if key not in self._seen:
                wanted = [cell for cell in component if cell in guarded]
                ranges = self.ranges(component, wanted)
                self._seen[key] = {c: high - low for c, (low, high) in ranges.items()}
            found.update(self._seen[key])
            left -= component.keys()
        return {cell for cell, width in found.items() if width < self.limits.least_patients - SLACK}

    def width(self, hidden: Hidden, cell: Cell) -> float:
        """Width of the range of one cell."""
        low, high = self.ranges(self.component(hidden, cell), [cell])[cell]
        return high - low

    def is_pinned(self, hidden: Hidden, cell: Cell) -> bool:
        """Tell whether a cell's range is narrower than the limit."""
        return (
            self.tight(hidden, cell) is not None
            or self.width(hidden, cell) < self.limits.least_patients - SLACK
        )

    def component(self, hidden: Hidden, start: Cell) -> dict[Cell, int]:
        """Unknown cells tied to one another, numbered."""
        order, queue = {start: 0}, [start]
        while queue:
            cell = queue.pop()
            tied = [c for relation in self._relations[cell] for c in relation.cells()]
            tied += [c for pair in self._orders[cell] for c in pair]
            for other in tied:
                if other not in order and self.is_unknown(hidden, other):
                    order[other] = len(order)
                    queue.append(other)
        return order

    def candidates(self, hidden: Hidden, cell: Cell) -> list[Cell]:
        """Visible cells that could guard this one: of the same count first, the smallest first."""
        near = self._visible_beside(hidden, [cell])
        return near or self._visible_beside(hidden, self.component(hidden, cell), cell.name)

    def width_in(self, hidden: Hidden, relation: Relation, cell: Cell) -> float:
        """Width of the range of a cell by one of its sums alone."""
        unknown = {c: i for i, c in enumerate(c for c in relation.cells() if self.is_unknown(hidden, c))}
        bounds = dict.fromkeys(unknown, (0.0, np.inf))
        low, high = one_sum(relation, unknown, bounds, [cell])[cell]
        return high - low

    def tight(self, hidden: Hidden, cell: Cell) -> Relation | None:
        """Find a sum that by itself pins the cell."""
        for relation in self._relations[cell]:
            if self.width_in(hidden, relation, cell) < self.limits.least_patients - SLACK:
                return relation
        return None

    def visible_in(self, hidden: Hidden, relation: Relation, name: str) -> list[Cell]:
        """Visible cells of one sum: of the same count first, the smallest first."""
        visible = [c for c in relation.cells() if not self.is_unknown(hidden, c) and (c.value or 0.0) > 0]
        return sorted(visible, key=lambda c: (c.name != name, *in_order(c)))

    def with_patients(self, hidden: Hidden, cell: Cell, candidate: Cell) -> tuple[Cell, ...]:
        """What guards the sessions of a row withheld as a whole goes as a whole as well."""
        whole = cell.name == "sessions" and any(row.key in hidden.rows for row in self.system.shown_in[cell])
        if not whole or candidate.name != "sessions":
            return (candidate,)
        rows = self.system.shown_in[candidate]
        return (candidate, *dict.fromkeys(row.main["patients"] for row in rows if "patients" in row.main))

    def at_every_time(self, hidden: Hidden, group: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """A group's cells with those of the same count at the other times."""
        found = dict.fromkeys(group)
        queue = list(group)
        while queue:
            cell = queue.pop()
            for other in [c for pair in self._orders[cell] for c in pair]:
                if other not in found and other.where == cell.where and not self.is_unknown(hidden, other):
                    found[other] = None
                    queue.append(other)
        return tuple(found)

    def at_other_times(self, hidden: Hidden, cell: Cell) -> tuple[Cell, ...]:
        """What is still visible at other times of the groups withheld beside this one, and of its own."""
        beside = {c for relation in self._relations[cell] for c in relation.cells() if c in hidden.cells} | {
            cell
        }
        found = self.at_every_time(hidden, tuple(sorted(beside, key=in_order)))
        return tuple(c for c in found if not self.is_unknown(hidden, c))

    def _visible_beside(self, hidden: Hidden, cells: Iterable[Cell], name: str = "") -> list[Cell]:
        every = list(cells)
        tied = {c for cell in every for relation in self._relations[cell] for c in relation.cells()}
        tied |= {c for cell in every for pair in self._orders[cell] for c in pair}
        visible = [c for c in tied if not self.is_unknown(hidden, c) and (c.value or 0.0) > 0]
        name = name or every[0].name
        return sorted(visible, key=lambda c: (c.name != name, *in_order(c)))

    def ranges(self, component: dict[Cell, int], wanted: list[Cell]) -> dict[Cell, tuple[float, float]]:
        """Least and greatest value each wanted cell may have, given all that is visible."""
        bounds = dict.fromkeys(component, (0.0, np.inf))
        relations = list(dict.fromkeys(r for cell in component for r in self._relations[cell]))
        pairs: list[tuple[Cell, Cell]] = []
        for pair in dict.fromkeys(pair for cell in component for pair in self._orders[cell]):
            self._bound(component, bounds, pair, pairs)
        if len(relations) == 1 and not pairs:
            return one_sum(relations[0], component, bounds, wanted)
        program = Program(relations, pairs, component, bounds)
        return program.ranges(wanted, self.limits.least_patients)

    @staticmethod
    def _bound(
        component: dict[Cell, int],
        bounds: dict[Cell, tuple[float, float]],
        pair: tuple[Cell, Cell],
        pairs: list[tuple[Cell, Cell]],
    ) -> None:
        small, large = pair
        if small in component and large in component:
            pairs.append(pair)
        elif small in component:
            bounds[small] = (bounds[small][0], min(bounds[small][1], large.value or 0.0))
        else:
            bounds[large] = (max(bounds[large][0], small.value or 0.0), bounds[large][1])
