"""A text file described once, for all who read it: compression, encoding, delimiter, headings, where the rows are.

Comes in: the path of a CSV or TSV file (gzip too), in UTF-8, UTF-16 or Windows-1252. Goes out: a :class:`CsvFile`, and
what it says of itself. Refuses, with a message that says what to do, what is no text or no table.
"""

from __future__ import annotations

import csv
import gzip
import io
import mmap
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

from outcomes.errors import UnreadableFileError
from outcomes.files.outline import LOOKED_AT, distinct_headings, heading_row
from outcomes.files.source import refuse_bad_names

__all__ = ["MOST_CELL", "MOST_UNPACKED", "SURELY_DECIMAL", "CsvFile", "describe"]

MOST_UNPACKED = 2 * 1024**3
MOST_RATIO = 200
MOST_CELL = 131_072
DELIMITERS = ",;\t|"
_MOST_HEAD = MOST_CELL * 8
SURELY_DECIMAL = r"^[-+]?[\d.]*\d,(\d{1,2}|\d{4,})$"
"""A number whose comma can be no thousands separator."""
_BOM = b"\xef\xbb\xbf"
_DECIMAL = re.compile(SURELY_DECIMAL)
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CALLED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_NO_TABLE = "Give a CSV, TSV, Excel, OpenDocument, Parquet, Feather, SPSS, Stata or SAS file."


@dataclass(frozen=True)
class CsvFile:
    """How a text file is written.

    Attributes
    ----------
    path : Path
    packed : bool
        Whether it is gzip.
    encoding : str
        ``utf-8-sig``, ``utf-16`` or ``cp1252``.
    delimiter : str
    names : tuple of str
        Its headings: trimmed, told apart.
    heading_line, body_line : int
        Lines of the file (from 1) on which the headings and the first row stand.
    start : int
        Bytes (of UTF-8) above the first row.
    decimal_commas : bool
        Whether one of the first rows has a number with a decimal comma.
    said : tuple of str
        What is not as in a plain CSV file, in words.
    """

    path: Path
    packed: bool = False
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    names: tuple[str, ...] = ()
    heading_line: int = 1
    body_line: int = 2
    start: int = 0
    decimal_commas: bool = False
    said: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether any reader of CSV can read it: in UTF-8, headings in the first line, decimal points."""
        written = self.encoding == "utf-8-sig" and not self.decimal_commas
        return written and self.heading_line == 1 and self.body_line == 2

    def bytes(self) -> IO[bytes]:
        """The file, unpacked, to read from its beginning."""
        return _opened(self.path, packed=self.packed)

    def text(self) -> io.TextIOWrapper:
        """The file as text, line ends as they are."""
        return io.TextIOWrapper(self.bytes(), encoding=self.encoding, newline="")

    def rows(self, text: Iterator[str], *, strict: bool = False) -> Any:
        """A reader of the rows in some lines of the file; it counts the lines."""
        return csv.reader(text, delimiter=self.delimiter, strict=strict)

    @contextmanager
    def content(self) -> Iterator[Any]:
        """Yield the whole file, unpacked, as a buffer of UTF-8."""
        if self.encoding != "utf-8-sig":
            whole = _gunzip(self.path) if self.packed else self.path.read_bytes()
            yield _as_utf8(self, whole)
        elif self.packed:
            yield _gunzip(self.path)
        else:
            with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data

    def fault(self) -> UnreadableFileError:
        """The first line at fault; where every line is a row of the table, that no row could be read."""
        from outcomes.files.csv_faults import first_fault

        return first_fault(self) or UnreadableFileError(
            f"{self.path.name} has a header but no rows that can be read. Export the session records again."
        )


def describe(path: Path, *, encoding: str | None = None) -> CsvFile:
    """Tell from the beginning of a text file how it is written.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        Where it is known already; by default recognized from the first bytes.

    Raises
    ------
    UnreadableFileError
        Where it is no text, or has no line of headings.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    try:
        with _opened(path, packed=packed) as file:
            head = file.read(_MOST_HEAD + len(_BOM) + 1)
    except (EOFError, OSError, zlib.error):
        raise damaged_gzip(path) from None
    if not head:
        raise UnreadableFileError(f"{path.name} is empty once unpacked. Export the session records again.")
    described = CsvFile(path, packed, encoding or _encoding(path, head))
    lines = _first_lines(described, head)
    described = replace(described, delimiter=_delimiter(lines))
    return _with_headings(described, lines, head)


# --- opening ----------------------------------------------------------------------------------------------------


def _opened(path: Path, *, packed: bool) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _gunzip(path: Path) -> bytes:
    pieces, size, most = [], 0, min(MOST_UNPACKED, MOST_RATIO * max(path.stat().st_size, 1 << 20))
    try:
        with gzip.open(path) as file:
            while size <= most and (piece := file.read(1 << 24)):
                pieces.append(piece)
                size += len(piece)
    except (EOFError, OSError, zlib.error):
        raise damaged_gzip(path) from None
    if size > most:
        raise UnreadableFileError(
            f"{path.name} unpacks to more than {most / 1e6:,.0f} MB, too much for its size. Unpack it, or save it "
            "as Parquet instead."
        )
    return b"".join(pieces)


def damaged_gzip(path: Path) -> UnreadableFileError:
    """What is said of a gzip file that does not unpack."""
    return UnreadableFileError(
        f"{path.name} is a gzip file that breaks off or is damaged. Copy or export it again."
    )


def _as_utf8(file: CsvFile, whole: bytes) -> bytes:
    try:
        return whole.decode(file.encoding).encode()
    except UnicodeError:
        raise _not_text(file) from None


def _not_text(file: CsvFile) -> UnreadableFileError:
    from outcomes.files.csv_faults import not_text

    return not_text(file)


# --- encoding -----------------------------------------------------------------------------------------------------


def _encoding(path: Path, head: bytes) -> str:
    if head[:2] in _UTF16:
        return "utf-16"
    if (half := _utf16_without_mark(head)) is not None:
        return half
    if b"\x00" in head and _looks_binary(head[:4096]):
        raise UnreadableFileError(f"{path.name} is not a table: it holds binary data. {_NO_TABLE}")
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 that does not say so: every other byte of its first characters is nothing."""
    even, odd = head[:200:2], head[1:200:2]
    if len(odd) > 10 and not any(odd) and all(even):
        return "utf-16-le"
    if len(odd) > 10 and not any(even) and all(odd):
        return "utf-16-be"
    return None


def _looks_binary(sample: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\r\n" for byte in sample)
    try:
        sample[: sample.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return controls > max(10, len(sample) // 20)


# --- headings -----------------------------------------------------------------------------------------------------


def _first_lines(file: CsvFile, head: bytes) -> list[str]:
    """The first lines, their ends kept; the last is left out where it breaks off."""
    path = file.path
    try:
        text = head[: len(head) // 2 * 2 if "16" in file.encoding else len(head)].decode(
            file.encoding, "ignore" if len(head) > _MOST_HEAD else "strict"
        )
    except UnicodeDecodeError:
        raise _not_text(file) from None
    lines = list(io.StringIO(text, newline=""))
    if len(lines[0]) > _MOST_HEAD - 4:
        raise UnreadableFileError(f"{path.name}, line 1: is too long to be a header. Is this a table?")
    if sum(not c.isprintable() and c not in "\t\r\n" for c in lines[0]) > 2:
        raise UnreadableFileError(f"{path.name} is not a table: its first line is not text. {_NO_TABLE}")
    if len(head) > _MOST_HEAD and len(lines) > 1:
        lines.pop()
    return lines[: LOOKED_AT * 4]


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that parts most rows into the same number of cells."""
    best, delimiter = (0.0, 0), ","
    for mark in DELIMITERS:
        widths = Counter(len(row) for row in _sample(lines, mark) if any(row))
        width, rows = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(0, 0))
        score = (rows / max(widths.total(), 1), width)
        if width > 1 and score > best:
            best, delimiter = score, mark
    return delimiter


def _sample(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            rows.append([cell.strip() for cell in row])
            if len(rows) == LOOKED_AT:
                break
    except csv.Error:  # a cell too long: found again, with its line, where the file is parsed
        pass
    return rows


def _with_headings(file: CsvFile, lines: Sequence[str], head: bytes) -> CsvFile:
    """Find the line of headings, and what stands above it."""
    reader, rows, ends = csv.reader(lines, delimiter=file.delimiter), [], [0]
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) == LOOKED_AT:
                break
    except csv.Error:
        pass
    at = heading_row(rows)
    names, said = distinct_headings(rows[at] if rows else [])
    if not any(name.strip() for name in rows[at] if rows):
        names = []
    refuse_bad_names(file.path, names, line=ends[at] + 1)
    mark = len(_BOM) if head[:3] == _BOM and file.encoding == "utf-8-sig" else 0
    above = sum(len(line.encode()) for line in lines[: ends[at + 1]])
    return replace(
        file,
        names=tuple(names),
        heading_line=ends[at] + 1,
        body_line=ends[at + 1] + 1,
        start=mark + above,
        decimal_commas=file.delimiter != "," and any(_DECIMAL.match(cell) for row in rows for cell in row),
        said=(*_how_written(file, ends[at]), *said),
    )


def _how_written(file: CsvFile, above: int) -> Iterator[str]:
    if file.encoding.startswith("utf-16"):
        yield "read as UTF-16"
    elif file.encoding == "cp1252":
        yield "read as Windows-1252, for it is not UTF-8"
    if file.delimiter != ",":
        yield f"cells parted by {_CALLED[file.delimiter]}"
    if above:
        yield f"headings on line {above + 1}; the {above} lines above them are no records"
