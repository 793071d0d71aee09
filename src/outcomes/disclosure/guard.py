"""Counts, what ties them and how they are told in; told so that no small group can be worked out.

For every count of 1 to 10 that is in an export or follows from it, linear programming asks what is the least and what
is the most that it could be, given everything told. Where that leaves fewer numbers than the limit, and not each number
below it, another count is told less closely: the one that helps most, small before large, parts before totals.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, groupby
from math import floor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from outcomes.disclosure.constraints import Relation, System
from outcomes.disclosure.counts import PART, Cell, Keys, in_order
from outcomes.disclosure.windows import LEVELS, Windows

__all__ = ["guard"]

TRIED = 12
"""So many counts are tried before the one that helps most is taken."""
ROUNDS = 12
"""So many times all counts are pushed at once, before one after the other."""
_SLACK = 1e-6
Range = tuple[float, float]
Floats = npt.NDArray[np.float64]


class Unknown(NamedTuple):
    """A count of one reading, as a reader of tables knows it.

    That the same number of a group stands behind two readings is what nobody is told: both are read as their bands,
    and what ties one to other counts says nothing of the other. All patients and sessions of a group are one number.
    """

    cell: Cell
    about: Keys


def guard(windows: Windows) -> None:
    """Tell of counts less closely until no small one can be worked out."""
    reader = Reader(windows)
    given_up: set[Unknown] = set()
    while left := [one for one in reader.pinned([*reader.guarded, *reader.rounded]) if one not in given_up]:
        # What is safe mostly stays safe, so only what was not is looked at again, and all at the end.
        while left:
            for one in left:
                if reader.is_pinned(one) and not _loosen_another(reader, one):
                    given_up.add(one)
            left = [one for one in reader.pinned(left) if one not in given_up]


def _loosen_another(reader: Reader, one: Unknown) -> bool:
    """Tell less of a count that widens the range of one: one that is enough, else the one that helps most.

    Counts of readings go before those of whole groups, and these before those of everybody. Where one sum by itself
    gives it away only what stands in it can help. Where no step helps, more are tried of readings: a wider band
    may end where the narrower one did. Where nothing helps alone, the largest is told less closely, so that others can
    help with it. Says whether anything was left to do.
    """
    choices = [c for c in reader.near(one) if reader.windows.can_loosen(c)]
    before = reader.width(one)
    groups = [list(group)[:TRIED] for _, group in groupby(choices, key=reader.reluctance)]
    readings = [group for group in groups if not any(reader.reluctance(group[0]))]
    for steps, tried in ((1, groups), (LEVELS, [] if one in reader.stuck else readings)):
        for group in tried:
            found = {c: reader.widened(c, one, before, steps) for c in group}
            helps = {c: level for c, (width, level) in found.items() if width > before + _SLACK}
            if helps:
                enough = [c for c in helps if found[c][0] >= reader.enough]
                best = enough[0] if enough else max(helps, key=lambda c: found[c][0])
                reader.windows.put_back(best, helps[best])
                return True
    reader.stuck.add(one)
    if choices:
        reader.windows.loosen(max(choices, key=lambda c: ([-n for n in reader.reluctance(c)], in_order(c))))
    return bool(choices)


class Reader:
    """What a reader can work out from what is told."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.system: System = windows.system
        self.enough = self.system.limits.least_patients - 1.0
        self._tied = {
            id(relation): [self._unknown(cell, relation.about) for cell in relation.cells()]
            for relation in self.system.relations
        }
        self.relations: dict[Unknown, list[Relation]] = defaultdict(list)
        for relation in self.system.relations:
            for one in dict.fromkeys(self._unknowns(relation)):
                self.relations[one].append(relation)
        tied = {one.cell for one in self.relations}
        alone = [Unknown(cell, frozenset()) for cell in sorted(self.system.shown - tied, key=in_order)]
        self.guarded = [one for one in [*self.relations, *alone] if self._is_guarded(one.cell)]
        self._small = frozenset(one.cell for one in self.guarded)
        self.stuck: set[Unknown] = set()

    def _unknown(self, cell: Cell, about: Keys) -> Unknown:
        """A count as it is known of one reading; what all of a group are is one number whatever is asked of them."""
        return Unknown(cell, frozenset() if cell.kind != PART and self.system.is_whole(cell) else about)

    def _unknowns(self, relation: Relation) -> list[Unknown]:
        return self._tied[id(relation)]

    def _is_guarded(self, cell: Cell) -> bool:
        """Small counts, estimated or not, and none where it is told as fewer than the limit; not none of nobody."""
        is_none = cell.kind == PART and cell.value == 0.0 and cell.of != 0.0
        return any(map(self.system.limits.is_small, (cell.value, floor(cell.value)))) or is_none

    @property
    def rounded(self) -> list[Unknown]:
        """Whole groups told as a band: a sum that narrows it narrows how many of the group lack a reading as well."""
        whole = [c for c in self.windows.level if self.system.is_whole(c) and c not in self._small]
        return [self._unknown(cell, frozenset()) for cell in whole if cell.kind != PART]

    def near(self, one: Unknown) -> list[Cell]:
        """Counts that could widen the range of one, in the order in which to tell less of them."""
        tight = self._tight(one)
        relations = [tight] if tight is not None else self.relations[one]
        tied = dict.fromkeys(o for relation in relations for o in self._unknowns(relation) if o != one)
        if tight is None:
            further = [o for t in tied for r in self.relations[t] for o in self._unknowns(r) if o != one]
            tied |= dict.fromkeys(further)
        cells = dict.fromkeys(o.cell for o in tied if o.cell != one.cell)
        return sorted(cells, key=lambda c: (*self.reluctance(c), in_order(c)))

    def reluctance(self, cell: Cell) -> tuple[bool, bool]:
        """How much a page would lose without a count: that of everybody most, that of a whole group next."""
        whole = cell.kind != PART and self.system.is_whole(cell)
        return whole and not cell.where, whole

    def widened(self, other: Cell, one: Unknown, before: float, steps: int) -> tuple[float, int]:
        """Width of the range of one, were less told of another by so many steps or until it helps; its level."""
        level, found = self.windows.level.get(other), before
        for _ in range(steps):
            if found > before + _SLACK or not self.windows.can_loosen(other):
                break
            self.windows.loosen(other)
            found = self.width(one)
        reached = self.windows.at(other)
        self.windows.put_back(other, level)
        return found, reached

    def pinned(self, ones: list[Unknown]) -> list[Unknown]:
        """Small counts that one sum by itself gives away, and those that all of them together do."""
        alone = [one for one in ones if self._width_by_one(one) < self.enough]
        together = self._pinned_by_all([one for one in ones if one not in alone])
        return sorted([*alone, *together], key=lambda one: (in_order(one.cell), sorted(one.about)))

    def is_pinned(self, one: Unknown) -> bool:
        """Whether the range of one holds fewer numbers than the limit."""
        return self.width(one) < self.enough

    def width(self, one: Unknown) -> float:
        """Width of the range of one count."""
        alone = self._width_by_one(one)
        if alone < self.enough:
            return alone
        return self._width(one, self.ranges(self._component(one), [one])[one])

    def _width_by_one(self, one: Unknown) -> float:
        """Width of the range that single sums leave."""
        low, high = self.windows.of(one.cell)
        for relation in self.relations[one]:
            least, most = self._by_one(relation, one)
            low, high = max(low, least), min(high, most)
        return self._width(one, (low, high))

    def _width(self, one: Unknown, ends: Range) -> float:
        """Width of a range; of those who lack a reading no more is to be hidden than that the others are enough."""
        if one.cell.kind.startswith("without"):
            most = (one.cell.of or 0.0) - self.system.limits.least_patients
            if ends[0] <= 1.0 + _SLACK and ends[1] >= most - _SLACK:
                return max(ends[1] - ends[0], self.enough)
        return _width(ends, self.enough)

    def _tight(self, one: Unknown) -> Relation | None:
        """A sum that by itself leaves too narrow a range."""
        low, high = self.windows.of(one.cell)
        for relation in self.relations[one]:
            least, most = self._by_one(relation, one)
            if self._width(one, (max(low, least), min(high, most))) < self.enough:
                return relation
        return None

    def _by_one(self, relation: Relation, one: Unknown) -> Range:
        others = [self.windows.of(c) for c in relation.children if c != one.cell]
        low, high = sum(w[0] for w in others), sum(w[1] for w in others)
        if one.cell == relation.parent:
            return low, high
        total = self.windows.of(relation.parent)
        times = relation.children.count(one.cell)
        return (total[0] - high) / times, (total[1] - low) / times

    def _pinned_by_all(self, ones: list[Unknown]) -> list[Unknown]:
        """Those whose range is too narrow by all sums: each part by itself, once all parts have been pushed at once."""
        parts = self._components(ones)
        joined = {one: at for at, one in enumerate(chain.from_iterable(parts))}
        wide = self._program(joined).pushed(ones, self.enough) if ones else {}
        left = [one for one in ones if self._width(one, wide[one]) < self.enough]
        found: dict[Unknown, Range] = {}
        for part in parts:
            found.update(self.ranges(part, [one for one in left if one in part]))
        return [one for one, ends in found.items() if self._width(one, ends) < self.enough]

    def _components(self, ones: list[Unknown]) -> list[dict[Unknown, int]]:
        """The counts each of these is tied to, those that are tied to one another once."""
        parts: list[dict[Unknown, int]] = []
        seen: set[Unknown] = set()
        for one in ones:
            if one not in seen:
                parts.append(self._component(one))
                seen.update(parts[-1])
        return parts

    def _component(self, start: Unknown) -> dict[Unknown, int]:
        """Counts tied to one another through what is not told exactly, numbered."""
        order, queue = {start: 0}, [start]
        while queue:
            for relation in self.relations[queue.pop()]:
                for other in self._unknowns(relation):
                    low, high = self.windows.of(other.cell)
                    if other not in order and low < high:
                        order[other] = len(order)
                        queue.append(other)
        return order

    def ranges(self, component: dict[Unknown, int], wanted: list[Unknown]) -> dict[Unknown, Range]:
        """Least and most of each wanted count; a range known to be wide enough is not sought further."""
        return self._program(component).ranges(wanted, self.enough) if wanted else {}

    def _program(self, component: dict[Unknown, int]) -> _Program:
        relations = [*{id(r): r for one in component for r in self.relations[one]}.values()]
        bounds = [self.windows.of(one.cell) for one in component]
        return _Program(component, bounds, [self._equation(r, component) for r in relations])

    def _equation(self, relation: Relation, component: dict[Unknown, int]) -> tuple[dict[int, float], float]:
        signs: dict[int, float] = defaultdict(float)
        total = 0.0
        ones = self._unknowns(relation)  # the parent is the last
        for one, sign in zip(ones, [*[1.0] * len(relation.children), -1.0], strict=True):
            if one in component:
                signs[component[one]] += sign
            else:
                total -= sign * one.cell.value
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
        component: dict[Unknown, int],
        bounds: list[Range],
        equations: list[tuple[dict[int, float], float]],
    ) -> None:
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import coo_array

        self.component = component
        low, high = np.array(bounds, dtype=float).T
        self._asked: dict[str, Any] = {"bounds": Bounds(low, high)}
        self._least, self._most = (low, high) if not equations else (np.inf + 0 * low, -np.inf + 0 * low)
        if equations:
            entries = [(i, j, sign) for i, (signs, _) in enumerate(equations) for j, sign in signs.items()]
            i, j, sign = zip(*entries, strict=True)
            matrix = coo_array((sign, (i, j)), shape=(len(equations), len(component))).tocsc()
            total = np.array([total for _, total in equations])
            self._asked["constraints"] = LinearConstraint(matrix, total, total)

    def pushed(self, wanted: list[Unknown], enough: float) -> dict[Unknown, Range]:
        """Ranges as far as pushing all at once shows them."""
        places = np.array([self.component[one] for one in wanted], dtype=np.int64)
        self._push_all(places, enough)
        return {one: (self._least[at], self._most[at]) for one, at in zip(wanted, places, strict=True)}

    def ranges(self, wanted: list[Unknown], enough: float) -> dict[Unknown, Range]:
        """Ranges; of one that is known to be wide enough, as far as that."""
        if len(wanted) > 2:
            self.pushed(wanted, enough)
        places = [self.component[one] for one in wanted]
        for at in places:
            for sign in (1.0, -1.0):
                if _width((self._least[at], self._most[at]), enough) < enough:
                    cost = np.zeros(len(self.component))
                    cost[at] = sign
                    self._push(cost)
        return {one: (self._least[at], self._most[at]) for one, at in zip(wanted, places, strict=True)}

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
            milp  # of no whole numbers: `linprog` takes longer to look at a question than to solve it
        )
        solved = solve(cost, **self._asked)
        if solved.status == 0:
            self._least = np.minimum(self._least, solved.x)
            self._most = np.maximum(self._most, solved.x)
