"""Counts, what ties them and how they are told in; told so that no small group can be worked out.

For every count of 1 to 10 that is in an export or follows from it, linear programming asks what is the least and what
is the most that it could be, given everything told. Where that leaves fewer numbers than the limit, and not each number
below it, another count is told less closely: the one that helps most, small before large, parts before totals.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

from outcomes.disclosure.constraints import Relation, System
from outcomes.disclosure.counts import PART, Cell, in_order
from outcomes.disclosure.windows import LEVELS, Windows

__all__ = ["guard"]

TRIED = 12
"""So many counts are tried before the one that helps most is taken."""
ROUNDS = 12
"""So many times all counts are pushed at once, before one after the other."""
_SLACK = 1e-6
Range = tuple[float, float]
Floats = npt.NDArray[np.float64]


def guard(windows: Windows) -> None:
    """Tell of counts less closely until no small one can be worked out."""
    reader = Reader(windows)
    given_up: set[Cell] = set()
    while left := [
        cell for cell in reader.pinned([*reader.guarded, *reader.rounded]) if cell not in given_up
    ]:
        # What is safe mostly stays safe, so only what was not is looked at again, and all at the end.
        while left:
            for cell in left:
                if reader.is_pinned(cell) and not _loosen_another(reader, cell):
                    given_up.add(cell)
            left = [cell for cell in reader.pinned(left) if cell not in given_up]


def _loosen_another(reader: Reader, cell: Cell) -> bool:
    """Tell less of a count that widens the range of a cell: one that is enough, else the one that helps most.

    Counts of readings go before those of whole groups, and these before those of everybody. Where one sum by itself
    gives the cell away only what stands in it can help. Where no step helps, more are tried of readings: a wider band
    may end where the narrower one did. Where nothing helps alone, the largest is told less closely, so that others can
    help with it. Says whether anything was left to do.
    """
    choices = [c for c in reader.near(cell) if reader.windows.can_loosen(c)]
    before = reader.width(cell)
    groups = [list(group)[:TRIED] for _, group in groupby(choices, key=reader.reluctance)]
    readings = [
        group for group in groups if not any(reader.reluctance(group[0])) and cell not in reader.stuck
    ]
    for steps, tried in ((1, groups), (LEVELS, readings)):
        for group in tried:
            found = {c: reader.widened(c, cell, steps) for c in group}
            helps = {c: level for c, (width, level) in found.items() if width > before + _SLACK}
            if helps:
                enough = [c for c in helps if found[c][0] >= reader.enough]
                best = enough[0] if enough else max(helps, key=lambda c: found[c][0])
                reader.windows.put_back(best, helps[best])
                return True
    reader.stuck.add(cell)
    if choices:
        reader.windows.loosen(max(choices, key=lambda c: ([-n for n in reader.reluctance(c)], in_order(c))))
    return bool(choices)


class Reader:
    """What a reader can work out from what is told."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.system: System = windows.system
        self.enough = self.system.limits.least_patients - 1.0
        self.relations: dict[Cell, list[Relation]] = defaultdict(list)
        for relation in self.system.relations:
            for cell in dict.fromkeys(relation.cells()):
                self.relations[cell].append(relation)
        every = dict.fromkeys([*self.relations, *sorted(self.system.shown, key=in_order)])
        self.guarded = [cell for cell in every if self._is_guarded(cell)]
        self._small = frozenset(self.guarded)
        self.stuck: set[Cell] = set()

    def _is_guarded(self, cell: Cell) -> bool:
        """Small counts, estimated or not, and none where it is told as fewer than the limit; not none of nobody."""
        is_none = cell.kind == PART and cell.value == 0.0 and cell.of != 0.0
        return any(map(self.system.limits.is_small, (cell.value, floor(cell.value)))) or is_none

    @property
    def rounded(self) -> list[Cell]:
        """Whole groups told as a band: a sum that narrows it narrows how many of the group lack a reading as well."""
        return [c for c in self.windows.level if self.system.is_whole(c) and c not in self._small]

    def near(self, cell: Cell) -> list[Cell]:
        """Counts that could widen the range of a cell, in the order in which to tell less of them."""
        tight = self._tight(cell)
        relations = [tight] if tight is not None else self.relations[cell]
        tied = dict.fromkeys(c for relation in relations for c in relation.cells() if c != cell)
        if tight is None:
            further = [
                c for t in tied for relation in self.relations[t] for c in relation.cells() if c != cell
            ]
            tied |= dict.fromkeys(further)
        return sorted(tied, key=lambda c: (*self.reluctance(c), in_order(c)))

    def reluctance(self, cell: Cell) -> tuple[bool, bool]:
        """How much a page would lose without a count: that of everybody most, that of a whole group next."""
        whole = cell.kind != PART and self.system.is_whole(cell)
        return whole and not cell.where, whole

    def widened(self, other: Cell, cell: Cell, steps: int) -> tuple[float, int]:
        """Width of the range of a cell, were less told of another by so many steps or until it helps; its level."""
        level, before = self.windows.level.get(other), self.width(cell)
        found = before
        for _ in range(steps):
            if found > before + _SLACK or not self.windows.can_loosen(other):
                break
            self.windows.loosen(other)
            found = self.width(cell)
        reached = self.windows.at(other)
        self.windows.put_back(other, level)
        return found, reached

    def pinned(self, cells: list[Cell]) -> list[Cell]:
        """Small counts that one sum by itself gives away, and those that all of them together do."""
        alone = [cell for cell in cells if self._width_by_one(cell) < self.enough]
        together = self._pinned_by_all([cell for cell in cells if cell not in alone])
        return sorted([*alone, *together], key=in_order)

    def is_pinned(self, cell: Cell) -> bool:
        """Whether the range of a cell holds fewer numbers than the limit."""
        return self.width(cell) < self.enough

    def width(self, cell: Cell) -> float:
        """Width of the range of one cell."""
        alone = self._width_by_one(cell)
        if alone < self.enough:
            return alone
        return self._width(cell, self.ranges(self._component(cell), [cell])[cell])

    def _width_by_one(self, cell: Cell) -> float:
        """Width of the range that single sums leave."""
        low, high = self.windows.of(cell)
        for relation in self.relations[cell]:
            least, most = self._by_one(relation, cell)
            low, high = max(low, least), min(high, most)
        return self._width(cell, (low, high))

    def _width(self, cell: Cell, ends: Range) -> float:
        """Width of a range; of those who lack a reading no more is to be hidden than that the others are enough."""
        if cell.kind.startswith("without"):
            most = (cell.of or 0.0) - self.system.limits.least_patients
            if ends[0] <= 1.0 + _SLACK and ends[1] >= most - _SLACK:
                return max(ends[1] - ends[0], self.enough)
        return _width(ends, self.enough)

    def _tight(self, cell: Cell) -> Relation | None:
        """A sum that by itself leaves too narrow a range."""
        low, high = self.windows.of(cell)
        for relation in self.relations[cell]:
            least, most = self._by_one(relation, cell)
            if self._width(cell, (max(low, least), min(high, most))) < self.enough:
                return relation
        return None

    def _by_one(self, relation: Relation, cell: Cell) -> Range:
        others = [self.windows.of(c) for c in relation.children if c != cell]
        low, high = sum(w[0] for w in others), sum(w[1] for w in others)
        if cell == relation.parent:
            return low, high
        total = self.windows.of(relation.parent)
        times = relation.children.count(cell)
        return (total[0] - high) / times, (total[1] - low) / times

    def _pinned_by_all(self, cells: list[Cell]) -> list[Cell]:
        found: dict[Cell, Range] = {}
        for cell in cells:
            if cell not in found:
                component = self._component(cell)
                found.update(self.ranges(component, [c for c in cells if c in component]))
        return [cell for cell, ends in found.items() if self._width(cell, ends) < self.enough]

    def _component(self, start: Cell) -> dict[Cell, int]:
        """Cells tied to one another through what is not told exactly, numbered."""
        order, queue = {start: 0}, [start]
        while queue:
            for relation in self.relations[queue.pop()]:
                for other in relation.cells():
                    low, high = self.windows.of(other)
                    if other not in order and low < high:
                        order[other] = len(order)
                        queue.append(other)
        return order

    def ranges(self, component: dict[Cell, int], wanted: list[Cell]) -> dict[Cell, Range]:
        """Least and most of each wanted cell; a range known to be wide enough is not sought further."""
        relations = list(dict.fromkeys(r for cell in component for r in self.relations[cell]))
        bounds = [self.windows.of(cell) for cell in component]
        if not relations:
            return {cell: bounds[component[cell]] for cell in wanted}
        program = _Program(component, bounds, [self._equation(r, component) for r in relations])
        return program.ranges(wanted, self.enough)

    def _equation(self, relation: Relation, component: dict[Cell, int]) -> tuple[dict[int, float], float]:
        signs: dict[int, float] = defaultdict(float)
        total = 0.0
        for cell, sign in [*((c, 1.0) for c in relation.children), (relation.parent, -1.0)]:
            if cell in component:
                signs[component[cell]] += sign
            else:
                total -= sign * cell.value
        return signs, total


def _width(ends: Range, enough: float) -> float:
    """Width of a range; one that holds every number from 1 to the limit is wide enough, it says no more than "few"."""
    low, high = ends
    says_few = low <= 1.0 + _SLACK and high >= enough - _SLACK
    return max(high - low, enough) if says_few or high - low >= enough - _SLACK else high - low


class _Program:
    """The linear program of one component."""

    def __init__(
        self,
        component: dict[Cell, int],
        bounds: list[Range],
        equations: list[tuple[dict[int, float], float]],
    ) -> None:
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import coo_array

        self.component = component
        entries = [(i, j, sign) for i, (signs, _) in enumerate(equations) for j, sign in signs.items()]
        i, j, sign = zip(*entries, strict=True)
        matrix = coo_array((sign, (i, j)), shape=(len(equations), len(component))).tocsr()
        total = np.array([total for _, total in equations])
        self._asked = {
            "bounds": Bounds(*np.array(bounds, dtype=float).T),
            "constraints": LinearConstraint(matrix, total, total),
        }
        self._least, self._most = np.full(len(component), np.inf), np.full(len(component), -np.inf)

    def ranges(self, wanted: list[Cell], enough: float) -> dict[Cell, Range]:
        places = np.array([self.component[cell] for cell in wanted])
        if len(wanted) > 2:
            self._push_all(places, enough)
        for at in places:
            for sign in (1.0, -1.0):
                if _width((self._least[at], self._most[at]), enough) < enough:
                    cost = np.zeros(len(self.component))
                    cost[at] = sign
                    self._push(cost)
        return {c: (self._least[at], self._most[at]) for c, at in zip(wanted, places, strict=True)}

    def _push_all(self, places: npt.NDArray[np.int64], enough: float) -> None:
        """Push all counts at once, up or down at random: most ranges show themselves wide at once."""
        rng = np.random.default_rng(1)
        for turn in range(ROUNDS):
            ends = zip(self._least[places], self._most[places], strict=True)
            left = places[[_width(pair, enough) < enough for pair in ends]]
            if not len(left):
                return
            cost = np.zeros(len(self.component))
            signs = (-1.0) ** turn if turn < 2 else rng.choice([-1.0, 1.0], len(left))
            cost[left] = signs * rng.uniform(0.5, 1.5, len(left))
            self._push(cost)

    def _push(self, cost: Floats) -> None:
        from scipy.optimize import milp

        solve: Any = (
            milp  # with no whole numbers asked for; `linprog` looks longer at what it is given than it solves
        )
        solved = solve(cost, **self._asked)
        if solved.status == 0:
            self._least = np.minimum(self._least, solved.x)
            self._most = np.maximum(self._most, solved.x)
