"""A table in, its counts out: which group each row is of, and which counts each of its figures gives away.

A share beside its denominator is a count as well: 0.05 of 100 sessions is 5. So every row is read as a set of
counts, whether a column holds them or only implies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from outcomes.disclosure.columns import ColumnKind, kinds_of
from outcomes.disclosure.limits import Limits
from outcomes.errors import DisclosureError

__all__ = [
    "NUMBERS",
    "WITHHELD",
    "WITHHELD_IN_PART",
    "Cell",
    "Part",
    "Row",
    "Sheet",
    "in_order",
    "main_figure",
    "read_sheet",
]

Keys = frozenset[tuple[str, str]]
WITHHELD = "withheld: "
WITHHELD_IN_PART = "withheld in part: "
NUMBERS = frozenset(("patients", "sessions", "part", "curve", "share", "estimate", "interval", "quantile"))
"""Kinds of columns that hold numbers computed from patients."""
FOLLOWUP = "followup"
"""Partition of sessions by whether a reading is there: what it leaves (no reading) is not guarded."""
CURVE = "curve"
"""Partition of sessions along a curve: resolved, censored, still sore."""
_EVERYONE = frozenset(("all", "overall", "total", "everyone", "any"))
_CURVE_COUNTS = ("resolved", "censored")


class Cell(NamedTuple):
    """One count of an export: what is counted, in which group, and the number (None where already withheld).

    Patients and sessions that are not small have no context: the same number for the same group in two tables is
    one cell, and goes from both or neither. Small ones are withheld anyway, and nobody sees that they are equal.
    """

    name: str
    where: Keys
    context: Keys
    value: float | None
    tag: str = ""


def in_order(cell: Cell) -> tuple[Any, ...]:
    """Sort key of cells, the smallest first, in a way that does not depend on the run."""
    return (cell.value or 0.0), sorted(cell.where), sorted(cell.context), cell.name, cell.tag


@dataclass(frozen=True)
class Part:
    """A count that is part of the row's own: ``rest`` is what is left of ``of``."""

    cell: Cell
    of: Cell | None
    rest: Cell | None
    partition: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table as counts.

    Attributes
    ----------
    where : frozenset of (key, value)
        The group, by the keys that divide sessions; empty for everybody.
    context : frozenset of (key, value)
        What is counted there: measure, time, threshold, ...
    main : dict
        The cells of ``patients`` and ``sessions``.
    parts : dict
        Other counts, by name: responders of sessions.
    closed : bool
        Withheld already, in whole.
    """

    table: str
    number: int
    where: Keys
    context: Keys
    closed: bool
    main: dict[str, Cell] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int]:
        """Where the row is: its table and its number."""
        return self.table, self.number

    def cells(self) -> list[Cell]:
        """Every cell the row shows."""
        return [*self.main.values(), *(part.cell for part in self.parts.values())]

    def cell(self, count: str) -> Cell | None:
        """Look a cell up by the name of its count."""
        part = self.parts.get(count)
        return part.cell if part else self.main.get(count)


@dataclass(frozen=True)
class Sheet:
    """A table with the kinds of its columns and its rows as counts."""

    name: str
    frame: pd.DataFrame
    kinds: dict[str, ColumnKind]
    rows: tuple[Row, ...]
    limits: Limits

    def columns(self, *kinds: str) -> list[str]:
        """Columns of these kinds, in order."""
        return [name for name, kind in self.kinds.items() if kind.kind in kinds]


def read_sheet(name: str, frame: pd.DataFrame, limits: Limits) -> Sheet:
    """Read a table as counts.

    Raises
    ------
    DisclosureError
        Where a column is unknown, given twice, or may never pass, or no column says how many patients.
    """
    kinds = kinds_of(frame.columns, name)
    _refuse(name, frame, kinds)
    sheet = Sheet(name, frame, kinds, (), limits)
    values = _with_running_counts(
        sheet,
        [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)],
    )
    rows = tuple(_row(sheet, number, value) for number, value in enumerate(values))
    return Sheet(name, frame, kinds, rows, limits)


def main_figure(sheet: Sheet) -> str:
    """Name the column an unnamed interval (``conf_low``) belongs to."""
    if "estimate" in sheet.kinds:
        return "estimate"
    shares = sheet.columns("share")
    first = [c for c in ("proportion", "still_sore", "share") if c in shares]
    return (first or shares or [""])[0]


def _refuse(name: str, frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> None:
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DisclosureError(f"the table {name!r} has the column {twice!r} twice; rename one.")
    for column, kind in kinds.items():
        if kind.kind in ("extreme", "record"):
            raise DisclosureError(
                f"the column {column!r} of the table {name!r} holds single readings or extremes, which never "
                "leave the clinic. Give quantiles (p10, p90) instead, or write it for the audience clinician."
            )
    if "patients" not in kinds:
        raise DisclosureError(
            f"the table {name!r} has no column 'patients', so nothing says how many people its rows rest on. "
            "Add the number of patients to each row; a table without any patient's data (a dictionary, "
            "thresholds) passes as kind='reference'."
        )


def _with_running_counts(sheet: Sheet, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Along a curve, add the counts so far: what a row adds can be had from two rows."""
    if "time_h" not in sheet.kinds:
        return values
    so_far: dict[tuple[Keys, Keys], dict[str, float]] = {}
    for value in sorted(values, key=lambda v: _hour(v["time_h"])):
        keys = _keys(sheet, value, skip="time_h")
        running = so_far.setdefault(keys, dict.fromkeys(_CURVE_COUNTS, 0.0))
        for count in _CURVE_COUNTS:
            if count in value:
                new = _number(value[count])
                running[count] += new or 0.0
                value[f"{count}_by"] = None if new is None else running[count]
    return values


def _row(sheet: Sheet, number: int, value: Mapping[str, Any]) -> Row:
    where, context = _keys(sheet, value)
    closed = str(value.get("note", "")).startswith(WITHHELD)
    row = Row(sheet.name, number, where, context, closed)
    for count in ("patients", "sessions"):
        if count in sheet.kinds:
            found = _number(value[count])
            row.main[count] = _cell(row, count, found, shared=not sheet.limits.is_small(found))
    for kind in sheet.kinds.values():
        if kind.kind in ("part", "share"):
            _add_part(sheet, row, kind, value)
    for count in _CURVE_COUNTS:
        if f"{count}_by" in value:
            _add_running(row, f"{count}_by", value[f"{count}_by"])
    return row


def _keys(sheet: Sheet, value: Mapping[str, Any], skip: str = "") -> tuple[Keys, Keys]:
    where = {(c, str(value[c])) for c in sheet.columns("split") if not _is_everyone(value[c])}
    labels = sheet.columns("label", "mention", "time", "ordered")
    return frozenset(where), frozenset((c, str(value[c])) for c in labels if c != skip)


def _is_everyone(value: Any) -> bool:
    text = str(value).strip().casefold()
    return text in _EVERYONE or text.startswith(("all ", "all_"))


def _number(value: Any) -> float | None:
    """Read a count; None where it is missing."""
    if value is None or pd.isna(value):
        return None
    try:
        number = round(float(value), 6)
    except (TypeError, ValueError) as error:
        raise DisclosureError("a column of counts holds text; give counts as numbers.") from error
    if not 0 <= number < 1e15:
        raise DisclosureError(
            "a column of counts holds a number that is no count; give counts of zero or more."
        )
    return number


def _hour(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _cell(row: Row, count: str, value: float | None, *, shared: bool = False) -> Cell:
    tag = f"{row.table} {row.number}" if value is None else ""
    return Cell(count, row.where, frozenset() if shared else row.context, value, tag)


def _rest(row: Row, cell: Cell, of: Cell | None) -> Cell | None:
    if of is None or of.value is None or cell.value is None:
        return None
    return _cell(row, f"rest of {of.name} beside {cell.name}", round(max(of.value - cell.value, 0.0), 6))


def _add_part(sheet: Sheet, row: Row, kind: ColumnKind, value: Mapping[str, Any]) -> None:
    """Add the count a part holds or a share implies; a share whose count has a column adds nothing."""
    of = (row.main.get(kind.of) or row.main["patients"]) if kind.of else None
    if kind.kind == "part":
        _keep_part(row, kind.name, _number(value[kind.name]), of, kind.part)
        return
    if kind.count in sheet.kinds or (kind.name == "still_sore" and "resolved" in sheet.kinds):
        return
    if kind.part == FOLLOWUP and "sessions_eligible" in sheet.kinds:
        return
    share = value[kind.name]
    unknown = of is None or of.value is None or pd.isna(share)
    _keep_part(row, kind.count, None if unknown else _implied(float(share), of), of, kind.part)


def _implied(share: float, of: Cell | None) -> float:
    """Count a share implies: a whole number wherever the share is one of whole numbers."""
    whole = 0.0 if of is None or of.value is None else of.value
    count = share * whole
    nearest = float(round(count))
    return nearest if abs(count - nearest) < max(1e-3, 1e-5 * whole) else round(count, 6)


def _keep_part(row: Row, name: str, value: float | None, of: Cell | None, partition: str) -> None:
    cell = _cell(row, name, value)
    rest = None if partition in (FOLLOWUP, CURVE) else _rest(row, cell, of)
    row.parts[name] = Part(cell, of, rest, partition)


def _add_running(row: Row, name: str, value: float | None) -> None:
    row.parts[name] = Part(_cell(row, name, value), row.main.get("sessions"), None, CURVE)
