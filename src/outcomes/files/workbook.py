"""A workbook as a raw table: Excel (``.xlsx``, ``.xls``, ``.xlsb``) and OpenDocument (``.ods``).

Comes in: a path. Goes out: the sheet that holds session records, else the largest, with the sheets that have the same
headings below it; headings may stand below title rows. Refuses what is unsafe to open, damaged, or behind a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.outline import LOOKED_AT, distinct_headings, heading_row
from outcomes.files.source import Source, refuse_bad_names, without_totals
from outcomes.files.workbook_safety import refuse_unsafe
from outcomes.record.columns import own_name

__all__ = ["read_workbook"]


@dataclass(frozen=True)
class _Sheet:
    """The cells of a sheet as text, and where its table lies."""

    name: str
    names: tuple[str, ...]
    heading_line: int
    rows: tuple[tuple[int, list[str | None]], ...]
    said: tuple[str, ...]

    @property
    def filled(self) -> int:
        """How many cells say something."""
        return sum(cell is not None for _, row in self.rows for cell in row)

    @property
    def is_record(self) -> bool:
        """Whether its headings are those of session records."""
        return "session_id" in map(own_name, self.names)


def read_workbook(path: Path, sheet: str | None = None) -> Source:
    """Read a sheet of a workbook.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        By default the first that looks like session records, else the largest.

    Raises
    ------
    UnreadableFileError
    """
    import pyarrow as pa

    with path.open("rb") as file:
        if file.read(2) == b"PK":
            refuse_unsafe(path)
    sheets = _sheets(path, sheet)
    if not sheets:
        raise UnreadableFileError(f"{path.name} has no rows. Enter the session records below the header.")
    first = _chosen(sheets)
    refuse_bad_names(path, first.names, line=first.heading_line)
    if not first.rows:
        raise UnreadableFileError(
            f"{path.name} has a header but no rows. Enter the session records below it."
        )
    alike = [other for other in sheets if other.names == first.names and other.rows and not first.is_record]
    body = [row for one in alike or [first] for row in one.rows]
    columns = {
        name: pa.array([row[at] if at < len(row) else None for _, row in body], pa.string())
        for at, name in enumerate(first.names)
    }
    numbers = [number for number, _ in body]
    said = (*first.said, *_which(sheets, first, alike))
    return without_totals(
        Source(path, "excel", pa.table(columns), lambda at: [numbers[row] for row in at], said)
    )


def _chosen(sheets: Sequence[_Sheet]) -> _Sheet:
    return next((one for one in sheets if one.is_record), max(sheets, key=lambda one: one.filled))


def _which(sheets: Sequence[_Sheet], first: _Sheet, alike: Sequence[_Sheet]) -> Iterator[str]:
    others = sum(bool(one.rows) and one not in alike and one != first for one in sheets)
    if len(alike) > 1:
        yield f"{len(alike)} sheets with the same headings read as one table"
    if others:
        yield f"sheet {sheets.index(first) + 1} read; {others} other{'s' if others > 1 else ''} not"


def _sheets(path: Path, wanted: str | None) -> list[_Sheet]:
    """The sheets that hold anything, or the one asked for."""
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(str(path))
        names = workbook.sheet_names
        if wanted is not None and wanted not in names:
            raise UnreadableFileError(f"{path.name} has no sheet {wanted!r}; it has {', '.join(names)}.")
        found = [_sheet(workbook.get_sheet_by_name(name)) for name in ([wanted] if wanted else names)]
    except calamine.PasswordError:
        raise UnreadableFileError(
            f"{path.name} is protected by a password. Save it without a password, or as CSV UTF-8."
        ) from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(
            f"{path.name} cannot be read as a workbook ({error}). Save it again as .xlsx, without a password."
        ) from None
    return [one for one in found if one.names]


def _sheet(page: Any) -> _Sheet:
    cells = page.to_python(skip_empty_area=True)
    start = (page.start or (0, 0))[0] + 1
    text = [[_cell_text(cell) for cell in row] for row in cells]
    if not text:
        return _Sheet(page.name, (), start, (), ())
    at = heading_row([[cell or "" for cell in row] for row in text[:LOOKED_AT]])
    width = max(
        number for row in text for number, cell in enumerate(row, start=1) if cell is not None or number == 1
    )
    names, said = distinct_headings([cell or "" for cell in text[at][:width]])
    if not any(text[at]):
        names = [""]
    if at:
        said = [f"headings on row {start + at}; the {at} rows above them are no records", *said]
    body = tuple(
        (number, row)
        for number, row in enumerate(text[at + 1 :], start=start + at + 1)
        if any(c is not None for c in row)
    )
    return _Sheet(page.name, tuple(names), start + at, body, tuple(said))


def _cell_text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell).strip()
    return text or None
