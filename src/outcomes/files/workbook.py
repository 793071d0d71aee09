"""A workbook as a raw table, once it is seen to be safe to open.

Comes in: the path of a zip archive that says it is an ``.xlsx`` workbook. Goes out: the sheet that holds session
records, else the first. Refuses archives that are no workbook, that take values from other workbooks, that would unpack
without end (whatever their own directory claims), or whose cells lie so far apart that the table between them would
fill the memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.source import Source, refuse_bad_names

__all__ = ["read_workbook"]

MOST_UNPACKED = 512 * 1024**2
MOST_RATIO = 200
MOST_CELLS = 40_000_000
_SMALL = 50_000
_CELL = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{0,3})(\d{1,7})[\"']")
_RUN_ON = 64


def read_workbook(path: Path, sheet: str | None = None) -> Source:
    """Read a sheet of a workbook.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        By default the first that looks like session records, else the first.

    Raises
    ------
    UnreadableFileError
    """
    import pyarrow as pa

    _refuse_unsafe(path)
    rows, first = _sheet_rows(path, sheet)
    if not rows:
        raise UnreadableFileError(f"{path.name} has no rows. Enter the session records below the header.")
    names = [_cell_text(cell) or "" for cell in rows[0]]
    while names and not names[-1]:
        names.pop()
    refuse_bad_names(path, names)
    body = [
        (number, row)
        for number, row in enumerate(rows[1:], start=first + 1)
        if any(c not in ("", None) for c in row)
    ]
    if not body:
        raise UnreadableFileError(
            f"{path.name} has a header but no rows. Enter the session records below it."
        )
    columns = {
        name: pa.array([_cell_text(row[at]) if at < len(row) else None for _, row in body], pa.string())
        for at, name in enumerate(names)
    }
    numbers = [number for number, _ in body]
    return Source(path, "excel", pa.table(columns), lambda at: [numbers[row] for row in at])


def _sheet_rows(path: Path, sheet: str | None) -> tuple[list[list[Any]], int]:
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(str(path))
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise UnreadableFileError(f"{path.name} has no sheet {sheet!r}; it has {', '.join(names)}.")
        best: tuple[list[list[Any]], int] = ([], 1)
        for name in [sheet] if sheet else names:
            page = workbook.get_sheet_by_name(name)
            rows = page.to_python(skip_empty_area=True)
            start = (page.start or (0, 0))[0] + 1
            if rows and (sheet or "session_id" in [str(cell).strip() for cell in rows[0]]):
                return rows, start
            if not best[0]:
                best = (rows, start)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(
            f"{path.name} cannot be read as a workbook ({error}). Save it again as .xlsx, without a password."
        ) from None
    return best


def _cell_text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell).strip()
    return text or None


# --- whether it is safe to open ----------------------------------------------------------------------------------


def _refuse_unsafe(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _refuse_by_names(path, [part.filename for part in parts])
            most = min(MOST_UNPACKED, MOST_RATIO * max(path.stat().st_size, _SMALL))
            claimed = sum(part.file_size for part in parts)
            if claimed > most:
                raise _too_large(path, claimed)
            _refuse_by_content(path, archive, most)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        raise UnreadableFileError(f"{path.name} is a damaged workbook. Save it again as .xlsx.") from None


def _refuse_by_names(path: Path, names: list[str]) -> None:
    if not any(name.startswith("xl/") for name in names):
        raise UnreadableFileError(
            f"{path.name} is a zip archive, not a workbook. Unpack it and give the file inside."
        )
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise UnreadableFileError(
            f"{path.name} takes values from other workbooks. Copy its cells as values into a new workbook."
        )


def _too_large(path: Path, unpacked: int) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} would unpack to {unpacked / 1e6:,.0f} MB or more, too much for a workbook. "
        "Save it as CSV UTF-8."
    )


def _refuse_by_content(path: Path, archive: zipfile.ZipFile, most: int) -> None:
    """Unpack every part piece by piece, keeping nothing: how much there is, and how far its cells reach."""
    unpacked = 0
    for part in archive.infolist():
        sheet = part.filename.startswith("xl/worksheets/")
        rows = columns = 0
        before = b""
        for piece in _pieces(path, part):
            unpacked += len(piece)
            if unpacked > most:
                raise _too_large(path, unpacked)
            if sheet:
                rows, columns = _reach(before + piece, rows, columns)
                before = piece[-_RUN_ON:]
        if rows * columns > MOST_CELLS:
            raise UnreadableFileError(
                f"{path.name}: a sheet has cells as far out as row {rows:,} and column {columns:,}. Delete the "
                "empty rows and columns beyond the records, or save the sheet as CSV UTF-8."
            )


def _pieces(path: Path, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a part as it really is: the sizes that the archive's directory gives are not believed."""
    with path.open("rb") as file:
        file.seek(part.header_offset + 26)
        name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
        file.seek(name + extra, 1)
        if part.compress_type == zipfile.ZIP_STORED:
            yield from (
                iter(lambda: file.read(1 << 20), b"")
                if part.file_size > 1 << 20
                else [file.read(part.file_size)]
            )
            return
        if part.compress_type != zipfile.ZIP_DEFLATED:
            raise NotImplementedError(f"compression {part.compress_type}")
        unpack = zlib.decompressobj(-15)
        packed = file.read(1 << 16)
        while packed and not unpack.eof:
            yield unpack.decompress(packed, 1 << 20)
            packed = unpack.unconsumed_tail or file.read(1 << 16)


def _reach(piece: bytes, rows: int, columns: int) -> tuple[int, int]:
    for letters, number in _CELL.findall(piece):
        rows = max(rows, int(number))
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        columns = max(columns, column)
    return rows, columns
