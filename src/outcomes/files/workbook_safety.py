"""Whether a workbook is safe to open, seen before it is opened.

Comes in: the path of a zip archive that says it is a workbook (``.xlsx``, ``.xlsb``, ``.ods``). Refuses archives that
are no workbook, that take values from other workbooks, that would unpack without end (whatever their own directory
claims), or whose cells lie so far apart that the table between them would fill the memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from outcomes.errors import UnreadableFileError

__all__ = ["refuse_unsafe"]

MOST_UNPACKED = 512 * 1024**2
MOST_RATIO = 200
MOST_CELLS = 40_000_000
_SMALL = 50_000
_CELL = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{0,3})(\d{1,7})[\"']")
_RUN_ON = 64
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_VALUE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"


def refuse_unsafe(path: Path) -> None:
    """Refuse a zip archive that must not be opened as a workbook.

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
    if not any(name.startswith("xl/") for name in names) and "content.xml" not in names:
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
        sheet = _Sheet(part.filename)
        for piece in _pieces(path, part):
            unpacked += len(piece)
            if unpacked > most:
                raise _too_large(path, unpacked)
            sheet.read(piece)
        rows, columns = sheet.reach()
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


class _Sheet:
    """How far the cells of a sheet reach, as its pieces go by; nothing for what is no sheet."""

    def __init__(self, part: str) -> None:
        self.named = part.startswith("xl/worksheets/") and part.endswith(".xml")
        self.repeated: Any = ElementTree.XMLPullParser(("start", "end")) if part == "content.xml" else None
        self.rows = self.columns = self.width = self.far = 0
        self.before = b""

    def read(self, piece: bytes) -> None:
        """Go through a piece."""
        if self.named:
            for letters, number in _CELL.findall(self.before + piece):
                self.rows, self.columns = max(self.rows, int(number)), max(self.columns, _position(letters))
            self.before = piece[-_RUN_ON:]
        elif self.repeated is not None:
            try:
                self.repeated.feed(piece)
                for event, element in self.repeated.read_events():
                    self._count(event, element)
            except ElementTree.ParseError as error:
                raise ValueError(error) from None

    def _count(self, event: str, element: Any) -> None:
        """OpenDocument says how often rows and cells are repeated; empty ones at an end count nothing."""
        kind = element.tag.rpartition("}")[2]
        if event == "start" and kind == "table-row":
            self.width = self.far = 0
        elif event == "end" and kind == "table-cell":
            self.far += int(element.get(f"{_TABLE}number-columns-repeated", "1"))
            if element.get(_VALUE) is not None:
                self.width = self.far
        elif event == "end" and kind == "table-row":
            if self.width:
                self.rows += int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                self.columns = max(self.columns, self.width)
            element.clear()

    def reach(self) -> tuple[int, int]:
        """Rows and columns, once every piece has gone by."""
        return self.rows, self.columns


def _position(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column
