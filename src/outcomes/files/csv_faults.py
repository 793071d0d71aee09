"""What is wrong with a text file that will not parse as a table: the first line at fault, found slowly.

Comes in: how the file is written. Goes out: the error that names the line and what to do, or None where nothing is
wrong. Reads line by line, so that a cell of a gigabyte is not held in memory.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from outcomes.errors import UnreadableFileError
from outcomes.files.csv import MOST_CELL, CsvFile

__all__ = ["first_fault", "not_text"]

MOST_LINE = 1 << 26


def first_fault(file: CsvFile) -> UnreadableFileError | None:
    """Find the first line that is no row of the table."""
    try:
        with file.text() as text:
            return _first_fault(file, text)
    except UnicodeDecodeError:
        return not_text(file)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return UnreadableFileError(
            f"{file.path.name} is a gzip file that breaks off or is damaged. Copy or export it again."
        )


def _first_fault(file: CsvFile, text: io.TextIOWrapper) -> UnreadableFileError | None:
    path, columns = file.path, len(file.names)
    for _ in range(file.heading_line - 1):
        text.readline()
    reader = file.rows(_lines(path, text, file.heading_line - 1), strict=True)
    line = file.heading_line
    try:
        for row in reader:
            if row and len(row) != columns:
                return UnreadableFileError(
                    f"{path.name}, line {line}: has {len(row)} cells; the header has {columns} columns. "
                    "Look for a missing or extra separator, or for text with a separator that is not in quotes."
                )
            line = reader.line_num + file.heading_line
    except UnreadableFileError as error:
        return error
    except csv.Error as error:
        if "field larger" in str(error):
            return _long_cell(path, line)
        return UnreadableFileError(
            f"{path.name}, line {line}: a quotation mark is opened and never closed, or stands inside a cell "
            "that is not quoted. Close it, or remove it."
        )
    return None


def _lines(path: Path, text: io.TextIOWrapper, number: int) -> Iterator[str]:
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


def not_text(file: CsvFile) -> UnreadableFileError:
    """Say on which line a file is not in its encoding."""
    before = 0
    with file.bytes() as data:
        while piece := data.read(1 << 22) + data.readline(1 << 20):
            try:
                piece.decode(file.encoding.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                before += piece[: error.start].count(b"\n")
                break
            before += piece.count(b"\n")
    return UnreadableFileError(
        f"{file.path.name}, line {before + 1}: is neither UTF-8 nor Windows-1252 text. Save the file as 'CSV UTF-8' "
        "(in Excel: Save as, CSV UTF-8)."
    )
