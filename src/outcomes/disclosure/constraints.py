"""Tables of one export in, what ties their counts together out: sums, parts and groups within groups.

Whatever a reader could reckon with is here: margins over every key, in a table or across tables; parts of a
row's sessions; the same patients seen at two times; counts that run on along a curve. Where a patient may be
in two groups (two conditions), the reader is taken to know the overlap.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

import numpy as np

from outcomes.disclosure.counts import FOLLOWUP, Cell, Keys, Row, Sheet
from outcomes.disclosure.limits import Limits

__all__ = ["Relation", "System", "relate"]

MOST_COMBINATIONS = 2000
"""More combinations of keys than this are not looked at: so many hide in each other."""
Sums = list[tuple[tuple[Cell, ...], Cell]]


@dataclass(frozen=True)
class Relation:
    """``sum(children) - parent == overlap``; without a parent the sum itself."""

    children: tuple[Cell, ...]
    parent: Cell
    overlap: float

    def cells(self) -> tuple[Cell, ...]:
        """Every cell of the relation."""
        return (*self.children, self.parent)


@dataclass
class System:
    """The counts of an export and what ties them.

    Attributes
    ----------
    rows : dict
        By (table, number).
    relations : list of Relation
    orders : dict of (Cell, Cell)
        Pairs, in order: the first is never greater than the second.
    shown_in : dict
        The rows that show a cell; a cell in none is a margin, or a rest, which no table shows.
    """

    rows: dict[tuple[str, int], Row] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    seen: set[Relation] = field(default_factory=set)
    orders: dict[tuple[Cell, Cell], None] = field(default_factory=dict)
    shown_in: dict[Cell, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, children: Iterable[Cell], parent: Cell, *, exactly: bool = False) -> None:
        """Tie children to their sum; nothing where already withheld counts leave nothing to reckon with."""
        kept = tuple(children)
        known = [cell.value for cell in kept if cell.value is not None]
        overlap = 0.0
        if len(known) == len(kept) and parent.value is not None:
            overlap = sum(known) - parent.value
        elif not exactly and parent.value is not None and parent.value - sum(known) < len(kept) - len(known):
            return
        relation = Relation(kept, parent, round(overlap, 6))
        if relation not in self.seen:
            self.seen.add(relation)
            self.relations.append(relation)


def relate(sheets: Iterable[Sheet], limits: Limits) -> System:
    """Tie the counts of all tables of one export together; small margins of no table are kept to be guarded."""
    system = System()
    every = list(sheets)
    for sheet in every:
        for row in sheet.rows:
            system.rows[row.key] = row
            for cell in row.cells():
                system.shown_in[cell].append(row)
            _relate_parts(system, row)
    groups = _groups_by_sessions(every)
    for sheet in every:
        _relate_margins(system, sheet, groups)
        _relate_times(system, sheet)
    _relate_contexts(system)
    for combinations, cell in _combinations_behind(system.rows.values()):
        system.add(combinations, cell, exactly=True)
    _drop_idle_margins(system, limits)
    return system


def _relate_parts(system: System, row: Row) -> None:
    partitions: dict[tuple[str, Cell], list[Cell]] = defaultdict(list)
    for part in row.parts.values():
        if part.partition and part.of is not None:
            partitions[part.partition, part.of].append(part.cell)
        elif part.rest is not None and part.of is not None:
            system.add((part.cell, part.rest), part.of)
    for (name, of), cells in partitions.items():
        if name != FOLLOWUP or len(cells) > 1:
            _relate_partition(system, row, (name, of), cells)


def _relate_partition(system: System, row: Row, partition: tuple[str, Cell], cells: list[Cell]) -> None:
    """Parts of one partition add up to the row's sessions, with a rest where a part is not given."""
    name, of = partition
    known = [cell.value for cell in cells if cell.value is not None]
    left = None if of.value is None or len(known) < len(cells) else max(of.value - sum(known), 0.0)
    tag = str(row.key) if left is None else ""
    rest = Cell(f"rest of {name}", row.where, row.context, left, tag)
    system.add(cells if left is not None and left < 0.5 else (*cells, rest), of)


def _groups_by_sessions(sheets: Iterable[Sheet]) -> dict[tuple[Keys, float | None], Cell]:
    """Find a group's patients by the group and its sessions: how one table knows another's margin."""
    found: dict[tuple[Keys, float | None], Cell] = {}
    for sheet in sheets:
        for row in sheet.rows:
            if {"patients", "sessions"} <= set(row.main) and row.main["patients"].value is not None:
                found.setdefault((row.where, row.main["sessions"].value), row.main["patients"])
    return found


def _relate_margins(system: System, sheet: Sheet, groups: dict[tuple[Keys, float | None], Cell]) -> None:
    contexts: dict[Keys, list[Row]] = defaultdict(list)
    for row in sheet.rows:
        contexts[row.context].append(row)
    for rows in contexts.values():
        sums: dict[Keys, float | None] = {}
        counts = dict.fromkeys(count for row in rows for count in (*row.main, *row.parts))
        for count in sorted(counts, key=lambda c: c != "sessions"):
            found = {row.where: cell for row in rows if (cell := row.cell(count)) is not None}
            made = _margins(system, found, (rows[0].context, sheet.limits))
            if count == "sessions":
                sums = {where: cell.value for where, cell in {**made, **found}.items()}
            if count == "patients":
                _tie_across_tables(system, made, sums, groups)


def _margins(system: System, found: dict[Keys, Cell], about: tuple[Keys, Limits]) -> dict[Keys, Cell]:
    """Tie each group to its margins, one key after the other; return the margins no row of the table shows."""
    levels: dict[frozenset[str], dict[Keys, Cell]] = defaultdict(dict)
    for where, cell in found.items():
        levels[frozenset(key for key, _ in where)][where] = cell
    made: dict[Keys, Cell] = {}
    # The most finely divided groups first: a margin made on the way is itself summed at the next size down.
    for size in range(max(map(len, levels), default=0), 0, -1):
        for names in [names for names in levels if len(names) == size]:
            for key in sorted(names):
                made.update(_sum_out(system, levels, (names, key), about))
    return made


def _sum_out(
    system: System,
    levels: dict[frozenset[str], dict[Keys, Cell]],
    over: tuple[frozenset[str], str],
    about: tuple[Keys, Limits],
) -> dict[Keys, Cell]:
    names, key = over
    children: dict[Keys, list[Cell]] = defaultdict(list)
    for where, cell in levels[names].items():
        children[frozenset(pair for pair in where if pair[0] != key)].append(cell)
    above, made = levels[names - {key}], {}
    for where, cells in children.items():
        # A margin that no row shows is an unknown like any other: a reader adds the rows up.
        if where not in above:
            above[where] = made[where] = _margin(where, cells, about)
        system.add(cells, above[where])
    return made


def _margin(where: Keys, cells: list[Cell], about: tuple[Keys, Limits]) -> Cell:
    """Add cells up to a margin: one cell with any row that shows the same number for the same group."""
    context, limits = about
    name = cells[0].name
    known = [cell.value for cell in cells if cell.value is not None]
    if len(known) < len(cells):
        return Cell(name, where, context, None, f"margin of {sorted(map(str, cells))}")
    value = round(sum(known), 6)
    shared = name in ("patients", "sessions") and not limits.is_small(value)
    return Cell(name, where, frozenset() if shared else context, value)


def _tie_across_tables(
    system: System,
    made: dict[Keys, Cell],
    sums: dict[Keys, float | None],
    groups: dict[tuple[Keys, float | None], Cell],
) -> None:
    """A margin with the same sessions as another table's row is of the same patients, who may overlap."""
    for where, margin in made.items():
        # Patients cannot be added up where some have two conditions; sessions can, and name the row they are of.
        sessions = sums.get(where)
        other = groups.get((where, sessions)) if sessions is not None else None
        if other is not None and other != margin and margin.value is not None:
            system.add((margin,), other)


def _drop_idle_margins(system: System, limits: Limits) -> None:
    """Leave out margins that no table shows and nothing else is reckoned from."""
    while True:
        uses = Counter(cell for relation in system.relations for cell in relation.cells())
        kept = [
            relation
            for relation in system.relations
            if relation.parent in system.shown_in
            or uses[relation.parent] > 1
            or limits.is_small(relation.parent.value)
        ]
        if len(kept) == len(system.relations):
            return
        system.relations = kept


def _relate_times(system: System, sheet: Sheet) -> None:
    """Counts of one group at several times, hours, thresholds or steps lie within each other."""
    running = set(sheet.columns("time", "ordered"))
    if not running:
        return
    counts = ("patients", "sessions")
    groups: dict[tuple[Keys, Keys, str], list[Cell]] = defaultdict(list)
    ordered = bool(sheet.columns("ordered"))
    for row in sheet.rows:
        fixed = frozenset(pair for pair in row.context if pair[0] not in running)
        for count in (*counts, *row.parts) if ordered else counts:
            cell = row.cell(count)
            if cell is not None and cell.value is not None:
                groups[row.where, fixed, count].append(cell)
    for cells in groups.values():
        distinct = sorted(dict.fromkeys(cells), key=lambda cell: (cell.value or 0.0, sorted(cell.context)))
        system.orders.update(dict.fromkeys(pairwise(distinct)))


def _relate_contexts(system: System) -> None:
    """A group is no smaller in a table that asks for less (without a measure) than in one that asks for more."""
    by_group: dict[tuple[Keys, str], dict[Cell, set[Keys]]] = defaultdict(lambda: defaultdict(set))
    for row in system.rows.values():
        for count, cell in row.main.items():
            if cell.value is not None:
                by_group[row.where, count][cell].add(row.context)
    for cells in by_group.values():
        for inner, narrow in cells.items():
            for outer, wide in cells.items():
                nested = any(w < n for n in narrow for w in wide)
                if nested and (inner.value or 0.0) < (outer.value or 0.0):
                    system.orders[inner, outer] = None


# Tables by condition and sex, by condition and age, and by sex and age have margins in common, but a reader can
# work out more: all three are sums over the same combinations of condition, sex and age, none below zero.


def _combinations_behind(rows: Iterable[Row]) -> Sums:
    """Return the sums of combinations each row is of, where three or more sets of keys cross.

    Nothing is returned where the counts do not add up over combinations (patients with two conditions), which
    leaves a reader nothing exact to work with.
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
    # Sets of keys within a larger set are its margins, which are tied already.
    largest = [names for names in crossed if not any(names < other for other in crossed)]
    if len(largest) < 3:
        return []
    combinations = _combinations(crossed, sorted(largest, key=sorted))
    parts = {where: [c for c in combinations if where <= c] for where in cells}
    if not combinations or len(combinations) > MOST_COMBINATIONS or not _adds_up(cells, parts, combinations):
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
    if np.prod([len(level) for level in levels], dtype=float) > 20 * MOST_COMBINATIONS:
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
