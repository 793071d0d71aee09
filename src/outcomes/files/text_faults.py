"""What is wrong with a text file that will not parse as a table: the first line at fault, found slowly.

Comes in: the path of a CSV file (gzip too). Goes out: the error that names the line and what to do, or None where
nothing is wrong. Reads line by line, so that a cell of a gigabyte is not held in memory.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from outcomes.errors import UnreadableFileError

__all__ = ["text_fault"]

MOST_LINE = 1 << 26
MOST_CELL = 131_072


def text_fault(path: Path, delimiter: str, columns: int) -> UnreadableFileError | None:
    """Find the first line that is no row of the table.

    Parameters
    ----------
    path : Path
    delimiter : str
    columns : int
        How many columns the header has.
    """
    try:
        with io.TextIOWrapper(_opened(path), encoding="utf-8-sig", newline="") as text:
            return _first_fault(path, text, delimiter, columns)
    except UnicodeDecodeError:
        return _not_utf8(path)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return UnreadableFileError(
            f"{path.name} is a gzip file that breaks off or is damaged. Copy or export it again."
        )


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _first_fault(
    path: Path, text: io.TextIOWrapper, delimiter: str, columns: int
) -> UnreadableFileError | None:
    reader = csv.reader(_lines(path, text), delimiter=delimiter, strict=True)
    before = 0
    try:
        for row in reader:
            if row and len(row) != columns:
                return UnreadableFileError(
                    f"{path.name}, line {before + 1}: has {len(row)} cells; the header has {columns} columns. "
                    "Look for a missing or extra separator, or for text with a separator that is not in quotes."
                )
            before = reader.line_num
    except UnreadableFileError as error:
        return error
    except csv.Error as error:
        if "field larger" in str(error):
            return _long_cell(path, before + 1)
        return UnreadableFileError(
            f"{path.name}, line {before + 1}: a quotation mark is opened and never closed, or stands inside a "
            "cell that is not quoted. Close it, or remove it."
        )
    return None


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MOST_LINE):
        number += 1
        if len(line) == MOST_LINE:
            raise _long_cell(path, number)
        yield line


def _long_cell(path: Path, line: int) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name}, line {line}: holds a cell of more than {MOST_CELL:,} characters. "
        "Remove it; free text does not belong in the record."
    )


def _not_utf8(path: Path) -> UnreadableFileError:
    before, after_sign = 0, "Save the file as 'CSV UTF-8' (in Excel: Save as, CSV UTF-8)."
    with _opened(path) as file:
        while piece := file.read(1 << 22) + file.readline(1 << 20):
            try:
                piece.decode("utf-8")
            except UnicodeDecodeError as error:
                before += piece[: error.start].count(b"\n")
                break
            before += piece.count(b"\n")
    return UnreadableFileError(
        f"{path.name}, line {before + 1}: is not UTF-8 text (it looks like Latin-1 or Windows-1252). {after_sign}"
    )
