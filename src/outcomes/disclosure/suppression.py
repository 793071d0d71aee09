"""Counts and what ties them in, the cells to withhold out: small ones, and the next smallest that guard them.

Every withheld cell is attacked with linear programming before anything is shown: from all that stays
visible, how small and how great could it be? Where that range is narrower than the limit, the smallest
further cell that widens it is withheld too, and the attack starts again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from outcomes.disclosure.constraints import Relation, System
from outcomes.disclosure.counts import Cell, Row
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.ranges import Program, one_sum

__all__ = ["Hidden", "guard", "withhold_small"]

TRIED = 6
"""So many candidates are tried before the smallest is taken anyway."""
_SLACK = 1e-6


@dataclass
class Hidden:
    """What is withheld: single cells, and rows as a whole.

    Attributes
    ----------
    cells, rows : set
    harmless : set of Cell
        Cells that go only because they stand beside a withheld one: knowing them gives nothing small away.
    """

    system: System
    cells: set[Cell] = field(default_factory=set)
    rows: set[tuple[str, int]] = field(default_factory=set)
    harmless: set[Cell] = field(default_factory=set)

    def hide_row(self, row: Row) -> None:
        """Withhold a row and, with its patients, every row of the same patients."""
        if row.key in self.rows:
            return
        self.rows.add(row.key)
        for cell in row.cells():
            self.hide(cell)

    def hide(self, cell: Cell, *, complement: bool = False) -> None:
        """Withhold a cell; without its patients a row is withheld as a whole."""
        if cell in self.cells:
            return
        self.cells.add(cell)
        if complement and cell.name.endswith("_by"):
            self.harmless.add(cell)
        if cell.name == "patients":
            for row in self.system.shown_in.get(cell, []):
                self.hide_row(row)

    def with_cells(self, *groups: Iterable[Cell]) -> Hidden:
        """Return a copy with more cells withheld, to guard others."""
        copy = Hidden(self.system, set(self.cells), set(self.rows), set(self.harmless))
        for group in groups:
            for cell in group:
                copy.hide(cell, complement=True)
        return copy

    def take(self, other: Hidden) -> None:
        """Withhold what another withholds, no more and no less."""
        self.cells, self.rows, self.harmless = other.cells, other.rows, other.harmless


def withhold_small(hidden: Hidden, limits: Limits) -> None:
    """Withhold rows of few patients, and small parts: of a part both what it counts and what it leaves."""
    for row in hidden.system.rows.values():
        patients = row.main["patients"]
        if any(limits.is_small(cell.value) for cell in row.main.values()) or patients.value is None:
            hidden.hide_row(row)
        for part in row.parts.values():
            small = limits.is_small(part.cell.value)
            if (
                small
                or (part.rest is not None and limits.is_small(part.rest.value))
                or part.cell.value is None
            ):
                hidden.hide(part.cell)
        if "sessions" in row.main and row.main["sessions"].value is None:
            hidden.hide(row.main["sessions"])


def guard(hidden: Hidden, limits: Limits) -> None:
    """Withhold further cells until no withheld cell can be pinned within a range narrower than the limit."""
    attack = Attack(hidden.system, limits)
    primary = hidden.with_cells(())
    chosen, given_up = _withhold_more(attack, hidden)
    for group in sorted(chosen, key=lambda g: _place(max(g, key=_place)), reverse=True):
        fewer = [other for other in chosen if other is not group]
        if not attack.pinned(primary.with_cells(*fewer), given_up):
            chosen = fewer
    hidden.take(primary.with_cells(*chosen))


def _withhold_more(attack: Attack, hidden: Hidden) -> tuple[list[tuple[Cell, ...]], set[Cell]]:
    """Withhold one group after the other; return them, and the cells nothing is left to guard with."""
    chosen: list[tuple[Cell, ...]] = []
    given_up: set[Cell] = set()
    while pinned := attack.pinned(hidden, given_up):
        for cell in sorted(pinned, key=_place):
            if not attack.is_pinned(hidden, cell):
                continue
            group = _complement(attack, hidden, cell)
            if not group:
                given_up.add(cell)
                continue
            chosen.append(group)
            hidden.take(hidden.with_cells(group))
    return chosen, given_up


def _place(cell: Cell) -> tuple[Any, ...]:
    """Order cells in a way that does not depend on the run."""
    return (cell.value or 0.0), sorted(cell.where), sorted(cell.context), cell.name, cell.tag


def _complement(attack: Attack, hidden: Hidden, cell: Cell) -> tuple[Cell, ...]:
    """Choose the smallest visible group that widens the range enough, else the one that widens it most.

    Where one sum by itself pins the cell, only that sum's cells can help, and it is looked at alone. Otherwise a
    group may have to go at every time: its patients at 2 days are no more than those right after.
    """
    tight = attack.tight(hidden, cell)

    def width(state: Hidden) -> float:
        return attack.width_in(state, tight, cell) if tight else attack.width(state, cell)

    visible = attack.visible_in(hidden, tight, cell.name) if tight else attack.candidates(hidden, cell)
    groups = [attack.with_patients(hidden, cell, candidate) for candidate in visible]
    if not tight:
        every = [attack.at_every_time(hidden, group) for group in groups[:TRIED]]
        together = attack.at_other_times(hidden, cell)
        groups = [*([together] if together else []), *groups[:TRIED], *every, *groups[TRIED:]]
    widest, chosen = width(hidden), (groups[0] if groups else ())
    for tried, group in enumerate(groups, start=1):
        found = width(hidden.with_cells(group))
        if found >= attack.limits.least_patients - _SLACK:
            return group
        if found > widest + _SLACK:
            widest, chosen = found, group
        if tried >= 2 * TRIED and chosen is not groups[0]:
            break
    return chosen


class Attack:
    """What can be reckoned about the withheld cells of a system from the visible ones."""

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
            component = self.component(hidden, min(left, key=_place))
            key = frozenset(component)
            if key not in self._seen:
                wanted = [cell for cell in component if cell in guarded]
                ranges = self.ranges(component, wanted)
                self._seen[key] = {c: high - low for c, (low, high) in ranges.items()}
            found.update(self._seen[key])
            left -= component.keys()
        return {cell for cell, width in found.items() if width < self.limits.least_patients - _SLACK}

    def width(self, hidden: Hidden, cell: Cell) -> float:
        """Width of the range of one cell."""
        low, high = self.ranges(self.component(hidden, cell), [cell])[cell]
        return high - low

    def is_pinned(self, hidden: Hidden, cell: Cell) -> bool:
        """Tell whether a cell's range is narrower than the limit."""
        return (
            self.tight(hidden, cell) is not None
            or self.width(hidden, cell) < self.limits.least_patients - _SLACK
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
            if self.width_in(hidden, relation, cell) < self.limits.least_patients - _SLACK:
                return relation
        return None

    def visible_in(self, hidden: Hidden, relation: Relation, name: str) -> list[Cell]:
        """Visible cells of one sum: of the same count first, the smallest first."""
        visible = [c for c in relation.cells() if not self.is_unknown(hidden, c) and (c.value or 0.0) > 0]
        return sorted(visible, key=lambda c: (c.name != name, *_place(c)))

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
        found = self.at_every_time(hidden, tuple(sorted(beside, key=_place)))
        return tuple(c for c in found if not self.is_unknown(hidden, c))

    def _visible_beside(self, hidden: Hidden, cells: Iterable[Cell], name: str = "") -> list[Cell]:
        every = list(cells)
        tied = {c for cell in every for relation in self._relations[cell] for c in relation.cells()}
        tied |= {c for cell in every for pair in self._orders[cell] for c in pair}
        visible = [c for c in tied if not self.is_unknown(hidden, c) and (c.value or 0.0) > 0]
        name = name or every[0].name
        return sorted(visible, key=lambda c: (c.name != name, *_place(c)))

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
