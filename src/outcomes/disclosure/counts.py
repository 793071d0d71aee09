"""A table in, its counts out: which group each row is of, and which counts each of its figures gives away.

A share beside its denominator is a count as well: 0.05 of 100 sessions is 5. So every row is read as a set of
counts, whether a column holds them or only implies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from outcomes.disclosure.columns import UNDIVIDED, ColumnKind, kinds_of
from outcomes.disclosure.limits import Limits
from outcomes.errors import DisclosureError

__all__ = [
    "NUMBERS",
    "WITHHELD",
    "Cell",
    "Keys",
    "Part",
    "Row",
    "Sheet",
    "in_order",
    "main_figure",
    "read_sheet",
    "values_of",
]

Keys = frozenset[tuple[str, str]]
WITHHELD = "withheld: "
NUMBERS = frozenset(("patients", "sessions", "part", "share", "estimate", "interval", "quantile"))
"""Kinds of columns that hold numbers computed from patients."""
FORBIDDEN = {
    "extreme": "single readings or extremes, which never leave the clinic. Give quantiles (p10, p90) instead",
    "record": "single readings or extremes, which never leave the clinic. Give quantiles (p10, p90) instead",
    "curve": "counts along a curve, each step of which is somebody's hour. Give shares at fixed hours instead",
}
PART = "part"
FOLLOWUP = "followup"
"""Partition of sessions by whether a reading is there."""
ELIGIBLE = ("patients_eligible", "sessions_eligible")
_EVERYONE = frozenset(("all", "overall", "total", "everyone", "any"))


class Cell(NamedTuple):
    """One count of an export: what is counted, in which group, and the number.

    The same number of the same thing in the same group is one cell, in whatever tables and columns it stands: what
    is not told on one page is then not told on another. Small counts are one cell only where they are part of the
    same whole. ``kind`` is empty for a row's patients and sessions and ``part`` for parts of them; a count that no
    table shows, but that follows from those shown, says how it does.
    """

    unit: str
    where: Keys
    value: float
    of: float | None = None
    kind: str = ""


def in_order(cell: Cell) -> tuple[Any, ...]:
    """Sort key of cells, the smallest first, in a way that does not depend on the run."""
    return cell.value, sorted(cell.where), cell.unit, cell.of or 0.0, cell.kind


@dataclass(frozen=True)
class Part:
    """A count that is part of the row's own, and the columns that show it: as a count, or as a share of ``of``."""

    cell: Cell
    of: Cell
    name: str
    partition: str
    columns: tuple[str, ...]


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
    parts : list of Part
        Other counts: responders of sessions.
    small : bool
        Whether too few patients, or an unknown number, stand behind the row.
    """

    table: str
    number: int
    where: Keys
    context: Keys
    small: bool = False
    main: dict[str, Cell] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


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
    rows = tuple(_row(sheet, i, value) for i, value in enumerate(values_of(frame)))
    return Sheet(name, frame, kinds, rows, limits)


def values_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The values of each row, by column: by columns first, since tables of an export have few rows and many columns."""
    names, columns = [*map(str, frame.columns)], [frame[name].tolist() for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def main_figure(kinds: Mapping[str, ColumnKind]) -> str:
    """Name the column an unnamed interval (``conf_low``) belongs to."""
    if "estimate" in kinds:
        return "estimate"
    shares = [name for name, kind in kinds.items() if kind.kind == "share"]
    first = [name for name in ("proportion", "still_sore", "share") if name in shares]
    figures = [name for name, kind in kinds.items() if kind.kind in ("estimate", "quantile")]
    return (first or shares or figures or [""])[0]


def _refuse(name: str, frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> None:
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DisclosureError(f"the table {name!r} has the column {twice!r} twice; rename one.")
    for column, kind in kinds.items():
        if kind.kind in FORBIDDEN:
            raise DisclosureError(
                f"the column {column!r} of the table {name!r} holds {FORBIDDEN[kind.kind]}, or write it for the "
                "audience clinician."
            )
    if "patients" not in kinds:
        raise DisclosureError(
            f"the table {name!r} has no column 'patients', so nothing says how many people its rows rest on. "
            "Add the number of patients to each row; a table without any patient's data (a dictionary, "
            "thresholds) passes as kind='reference'."
        )


def _row(sheet: Sheet, number: int, value: Mapping[str, Any]) -> Row:
    where, context = _keys(sheet, value)
    main = {name: _number(value[name]) for name in ("patients", "sessions") if name in sheet.kinds}
    small = any(n is None or sheet.limits.is_small(n) for n in main.values())
    row = Row(sheet.name, number, where, context, small)
    eligible = {name: _number(value[name]) for name in ELIGIBLE if name in sheet.kinds}
    for name, n in [*main.items(), *eligible.items()]:
        if n is not None:
            row.main[name] = Cell(name.removesuffix("_eligible"), where, n)
    if not small:
        for kind in sheet.kinds.values():
            if kind.kind in ("part", "share"):
                _add_part(sheet, row, kind, value)
    return row


def _keys(sheet: Sheet, value: Mapping[str, Any]) -> tuple[Keys, Keys]:
    where = {(c, str(value[c])) for c in sheet.columns("split") if not _is_everyone(value[c])}
    labels = sheet.columns(*UNDIVIDED)
    return frozenset(where), frozenset((c, str(value[c])) for c in labels)


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


def _add_part(sheet: Sheet, row: Row, kind: ColumnKind, value: Mapping[str, Any]) -> None:
    """Add the count a part holds or a share implies; a share whose count has a column is one with it."""
    if kind.name in ELIGIBLE:
        return
    of = row.main.get(kind.of) or row.main.get("sessions") or row.main["patients"]
    eligible = row.main.get(f"{of.unit}_eligible")
    if kind.kind == "part":
        shares = [s.name for s in sheet.kinds.values() if s.kind == "share" and s.count == kind.name]
        count, columns = _number(value[kind.name]), (kind.name, *shares)
    elif kind.count in sheet.kinds or pd.isna(value[kind.name]):
        return
    elif (
        kind.part == FOLLOWUP and eligible is not None
    ):  # the row's own sessions are the part that was followed up
        count, of, columns = of.value, eligible, (kind.name,)
    else:
        count, columns = _implied(float(value[kind.name]), of.value), (kind.name,)
    if count is not None and count <= of.value + 1e-6:
        cell = _part_cell(sheet.limits, of, count, followup=kind.part == FOLLOWUP)
        row.parts.append(Part(cell, of, kind.count or kind.name, kind.part, columns))
    elif count is not None:
        raise DisclosureError(
            f"the column {kind.name!r} of the table {sheet.name!r} counts more than the {of.unit} it is part of."
        )


def _part_cell(limits: Limits, of: Cell, count: float, *, followup: bool) -> Cell:
    """A part of another count; few, or all but a few, are one cell with others only where the whole is the same."""
    least = limits.least_patients
    if followup and count >= least:
        return Cell(of.unit, of.where, count)  # the sessions of other tables that rest on this reading
    near_an_end = count < least or of.value - count < least
    return Cell(of.unit, of.where, count, of.value if near_an_end else None, PART)


def _implied(share: float, whole: float) -> float:
    """Count a share implies: a whole number wherever the share is one of whole numbers."""
    count = share * whole
    nearest = float(round(count))
    return nearest if abs(count - nearest) < max(1e-3, 1e-5 * whole) else round(count, 6)
