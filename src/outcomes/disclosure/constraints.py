"""Counts of one export in, what ties them together out: the sums a reader could work with.

Margins over every key, in a table or across tables; the parts of a row's sessions; patients who are in two groups;
sessions beyond one per patient. A count that follows from others and that no table shows is a cell like those shown:
it is among these that small groups hide. By how much two counts of one group differ needs no guard here: both are
told in bands (``windows``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outcomes.disclosure.counts import PART, Cell, Keys, Row, Sheet, in_order
from outcomes.disclosure.limits import Limits

__all__ = ["Relation", "System", "relate"]


@dataclass(frozen=True)
class Relation:
    """``sum(children) == parent``: exact counts, each child and the parent a cell; ``about`` says of which reading."""

    children: tuple[Cell, ...]
    parent: Cell
    about: Keys = frozenset()

    def cells(self) -> tuple[Cell, ...]:
        """Every cell of the relation."""
        return (*self.children, self.parent)


@dataclass
class System:
    """The counts of an export and what ties them.

    Attributes
    ----------
    rows : list of Row
        Those that are shown.
    relations : dict of Relation to None
        In order.
    shown : set of Cell
        The cells that some row shows; the others follow from them.
    wholes : dict of Keys to dict
        The patients and sessions of each group, readings or no readings.
    """

    limits: Limits
    rows: list[Row] = field(default_factory=list)
    relations: dict[Relation, None] = field(default_factory=dict)
    shown: set[Cell] = field(default_factory=set)
    wholes: dict[Keys, dict[str, float]] = field(default_factory=dict)

    def is_whole(self, cell: Cell) -> bool:
        """Whether a count is that of all patients or sessions of its group."""
        return self.wholes.get(cell.where, {}).get(cell.unit) == cell.value

    def tie(self, children: Iterable[Cell], parent: Cell, kind: str, about: Keys) -> None:
        """Tie children to their sum; what they lack of it, or have beyond it, is a cell of its own."""
        kept = tuple(sorted(children, key=in_order))
        lacking = round(parent.value - sum(cell.value for cell in kept), 6)
        if kept == (parent,):
            return
        if lacking > 0:
            rest = Cell(parent.unit, parent.where, lacking, parent.value, f"{kind} {len(kept)}")
            self.relations[Relation((*kept, rest), parent, about)] = None
        elif lacking < 0:
            twice = Cell(parent.unit, parent.where, -lacking, parent.value, f"twice {len(kept)}")
            total = Cell(parent.unit, parent.where, parent.value - lacking, None, f"sum {len(kept)}")
            self.relations[Relation((parent, twice), total, about)] = None
            self.relations[Relation(kept, total, about)] = None
        else:
            self.relations[Relation(kept, parent, about)] = None


def relate(sheets: Iterable[Sheet], limits: Limits, wholes: Mapping[Keys, Mapping[str, float]]) -> System:
    """Tie the counts of all tables of one export together."""
    every = list(sheets)
    system = System(limits, rows=[row for sheet in every for row in sheet.rows if not row.small])
    system.wholes = {where: dict(counts) for where, counts in wholes.items()}
    for row in system.rows:
        system.shown.update(row.main.values())
        system.shown.update(part.cell for part in row.parts)
        _relate_parts(system, row)
        _relate_to_whole(system, row)
    for sheet in every:
        _relate_margins(system, sheet)
    _relate_estimates(system)
    return system


def _relate_parts(system: System, row: Row) -> None:
    """The parts of one partition add up to the row's sessions."""
    partitions: dict[tuple[str, Cell], list[Cell]] = defaultdict(list)
    for part in row.parts:
        if part.partition:
            partitions[part.partition, part.of].append(part.cell)
    for (name, of), cells in partitions.items():
        if len(cells) > 1:
            system.tie(cells, of, name, row.context)


def _relate_to_whole(system: System, row: Row) -> None:
    """A few of a group may lack a reading; and no patient of a group is without a session, so some have a second."""
    for cell in row.main.values():
        whole = system.wholes.get(row.where, {}).get(cell.unit, 0.0)
        if system.limits.is_small(whole - cell.value):
            system.tie([cell], Cell(cell.unit, row.where, whole), "without", row.context)
    patients, sessions = row.main.get("patients"), row.main.get("sessions")
    if patients is None or sessions is None or not system.is_whole(sessions):
        return
    if sessions.value > patients.value:
        system.tie([patients], sessions, "again", row.context)


def _relate_margins(system: System, sheet: Sheet) -> None:
    """Each group is the sum of its parts by one key: in the table, or wherever its number stands."""
    found: dict[tuple[Keys, str], dict[Keys, Cell]] = defaultdict(dict)
    for row in sheet.rows:
        if row.small:
            for name in ("patients", "sessions"):
                cell = row.main.get(name) or Cell(
                    name, row.where, 0.0, 0.0, f"unknown {sheet.name} {row.number}"
                )
                found[row.context, name][row.where] = cell
            continue
        for name, cell in row.main.items():
            found[row.context, name][row.where] = cell
        for part in row.parts:
            found[row.context, part.name][row.where] = part.cell
    for (about, _), cells in found.items():
        _sum_out(system, cells, about)


def _relate_estimates(system: System) -> None:
    """Shares that are estimated add up to that of everybody but nearly; a reader adds them up all the same."""
    totals: dict[tuple[Keys, str], dict[Cell, None]] = defaultdict(dict)
    groups: dict[tuple[Keys, str, str, str], list[Cell]] = defaultdict(list)
    for row in system.rows:
        for part in row.parts:
            if not row.where:
                totals[row.context, part.name][part.cell] = None
            elif len(row.where) == 1:
                groups[row.context, part.name, row.table, next(iter(row.where))[0]].append(part.cell)
    for (context, name, _, _), cells in groups.items():
        for total in totals[context, name]:
            off = abs(sum(cell.value for cell in cells) - total.value)
            if len(cells) > 1 and 0 < off < system.limits.least_patients:
                system.relations[Relation(tuple(sorted(cells, key=in_order)), total, context)] = None


def _sum_out(system: System, cells: dict[Keys, Cell], about: Keys) -> None:
    """Sum every key out, the most finely divided groups first: a margin made on the way is itself summed next."""
    largest = max(map(len, cells), default=0)
    for size in range(largest, 0, -1):
        margins: dict[tuple[Keys, frozenset[str]], list[Cell]] = defaultdict(list)
        for where, cell in list(cells.items()):
            if len(where) == size:
                for pair in sorted(where):
                    keys = frozenset(key for key, _ in where)
                    margins[where - {pair}, keys].append(cell)
        for (where, _), children in margins.items():
            if len(children) > 1:
                margin = cells.setdefault(where, _margin(system, where, children))
                if _adds_up(system, children, margin):
                    system.tie(children, margin, "overlap", about)


def _adds_up(system: System, children: list[Cell], margin: Cell) -> bool:
    """Whether a reader can add up: not patients of whom an unknown number is in several groups at some reading."""
    exactly = sum(cell.value for cell in children) == margin.value
    return margin.unit != "patients" or exactly or all(system.is_whole(cell) for cell in children)


def _margin(system: System, where: Keys, children: list[Cell]) -> Cell:
    """A margin no row of the table shows: patients are those of the group if that is shown, sessions add up."""
    total = round(sum(cell.value for cell in children), 6)
    unit, is_part = children[0].unit, any(cell.kind == PART for cell in children)
    if is_part:
        wholes = [cell.of for cell in children]
        few = None if None in wholes or not system.limits.is_few(total) else sum(filter(None, wholes))
        return Cell(unit, where, total, few, PART)  # few of one whole are not the few of another
    whole = system.wholes.get(where, {}).get(unit)
    close = whole is not None and unit == "patients" and total - whole >= 0
    return Cell(unit, where, whole if close and whole is not None else total)
