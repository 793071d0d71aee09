"""Counts and what ties them in, the cells to withhold out: small ones, and the next smallest that guard them.

Every withheld cell is attacked with linear programming before anything is shown: from all that stays
visible, how small and how great could it be? Where that range is narrower than the limit, the smallest
further cell that widens it is withheld too, and the attack starts again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from outcomes.disclosure.constraints import System
from outcomes.disclosure.counts import Cell, Row, in_order
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.ranges import SLACK, Attack

__all__ = ["Hidden", "guard", "withhold_small"]

TRIED = 6
"""So many candidates are tried before the smallest is taken anyway."""


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
    # Chosen one by one, some were needed only until others came: give back what is not needed, the greatest first.
    for group in sorted(chosen, key=lambda g: in_order(max(g, key=in_order)), reverse=True):
        fewer = [other for other in chosen if other is not group]
        if not attack.pinned(primary.with_cells(*fewer), given_up):
            chosen = fewer
    hidden.take(primary.with_cells(*chosen))


def _withhold_more(attack: Attack, hidden: Hidden) -> tuple[list[tuple[Cell, ...]], set[Cell]]:
    """Withhold one group after the other; return them, and the cells nothing is left to guard with."""
    chosen: list[tuple[Cell, ...]] = []
    given_up: set[Cell] = set()
    while pinned := attack.pinned(hidden, given_up):
        for cell in sorted(pinned, key=in_order):
            if not attack.is_pinned(hidden, cell):  # what was withheld for another cell guards this one too
                continue
            group = _complement(attack, hidden, cell)
            if not group:
                given_up.add(cell)
                continue
            chosen.append(group)
            hidden.take(hidden.with_cells(group))
    return chosen, given_up


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
        if found >= attack.limits.least_patients - SLACK:
            return group
        if found > widest + SLACK:
            widest, chosen = found, group
        if tried >= 2 * TRIED and chosen is not groups[0]:
            break
    return chosen
