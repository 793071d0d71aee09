"""Whether a workbook is safe to open, seen before it is opened.

Comes in: the path of a zip archive that says it is an ``.xlsx`` workbook. Refuses archives that are no workbook, that
take values from other workbooks, that would unpack without end (whatever their own directory claims), or whose cells
lie so far apart that the table between them would fill the memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from outcomes.errors import UnreadableFileError

__all__ = ["refuse_unsafe_workbook"]

MOST_UNPACKED = 512 * 1024**2
MOST_RATIO = 200
MOST_CELLS = 40_000_000
_SMALL = 50_000
_CELL = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{0,3})(\d{1,7})[\"']")
_RUN_ON = 64


def refuse_unsafe_workbook(path: Path) -> None:
    """Refuse a workbook that must not be opened.

    Raises
    ------
    UnreadableFileError
    """
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
