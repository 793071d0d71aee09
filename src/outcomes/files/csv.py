"""A text file described once, for all who read it: compression, encoding, delimiter, headings, what a blank cell is.

Comes in: the path of a CSV or TSV file (gzip too). Goes out: a :class:`CsvFile`, and the table it holds. Refuses, with
a message that says what to do, what is no text, no table, not UTF-8, ragged, or has quotes left open.
"""

from __future__ import annotations

import csv
import gzip
import io
import mmap
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from outcomes.errors import UnreadableFileError
from outcomes.files.source import Source, refuse_bad_names

__all__ = ["MOST_CELL", "CsvFile", "describe", "read_csv"]

MOST_UNPACKED = 2 * 1024**3
MOST_RATIO = 200
MOST_CELL = 131_072
DELIMITERS = ",;\t|"
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class CsvFile:
    """How a text file is written.

    Attributes
    ----------
    path : Path
    packed : bool
        Whether it is gzip.
    delimiter : str
    names : tuple of str
        Its headings, trimmed.
    """

    path: Path
    packed: bool
    delimiter: str
    names: tuple[str, ...]

    def bytes(self) -> IO[bytes]:
        """The file, unpacked, to read from its beginning."""
        return _opened(self.path, packed=self.packed)

    def text(self) -> io.TextIOWrapper:
        """The file as text, line ends as they are."""
        return io.TextIOWrapper(self.bytes(), encoding="utf-8-sig", newline="")

    def rows(self, text: Iterator[str], *, strict: bool = False) -> Any:
        """A reader of the rows in some lines of the file; it counts the lines."""
        return csv.reader(text, delimiter=self.delimiter, strict=strict)

    @contextmanager
    def content(self) -> Iterator[Any]:
        """Yield the whole file, unpacked, as a buffer."""
        if self.packed:
            yield _gunzip(self.path)
            return
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data

    def fault(self) -> UnreadableFileError:
        """The first line at fault; where every line is a row of the table, that no row could be read."""
        from outcomes.files.csv_faults import first_fault

        return first_fault(self) or UnreadableFileError(
            f"{self.path.name} has a header but no rows that can be read. Export the session records again."
        )


def describe(path: Path) -> CsvFile:
    """Tell from the beginning of a text file how it is written.

    Raises
    ------
    UnreadableFileError
        Where it is no text, or its first line is no header.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    most = MOST_CELL * 8 + len(_BOM) + 1
    try:
        with _opened(path, packed=packed) as file:
            head = file.read(most)
    except (EOFError, OSError, zlib.error):
        raise _damaged_gzip(path) from None
    if not head:
        raise UnreadableFileError(f"{path.name} is empty once unpacked. Export the session records again.")
    _refuse_binary(path, head)
    line = _first_line(path, head.removeprefix(_BOM), packed=packed)
    delimiter = max(DELIMITERS, key=line.count) if any(d in line for d in DELIMITERS) else ","
    names = tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter), []))
    refuse_bad_names(path, names)
    return CsvFile(path, packed, delimiter, names)


def read_csv(path: Path, types: dict[str, Any] | None = None) -> Source:
    """Read a text file as a table.

    Parameters
    ----------
    path : Path
    types : dict, optional
        Column name to Arrow type. Where any value does not fit, every column comes back as text.

    Raises
    ------
    UnreadableFileError
    """
    file = describe(path)
    with file.content() as data:
        _refuse_nul(path, data)
        _refuse_no_rows(path, data)
        table = _parse(file, data, types)
    return Source(path, "csv", table, _line_finder(file))


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
        raise _damaged_gzip(path) from None
    if size > most:
        raise UnreadableFileError(
            f"{path.name} unpacks to more than {most / 1e6:,.0f} MB, too much for its size. Unpack it, or save it "
            "as Parquet instead."
        )
    return b"".join(pieces)


def _damaged_gzip(path: Path) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} is a gzip file that breaks off or is damaged. Copy or export it again."
    )


# --- what is no text ----------------------------------------------------------------------------------------------


def _refuse_binary(path: Path, head: bytes) -> None:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableFileError(
            f"{path.name} is encoded as UTF-16. Save it as 'CSV UTF-8' (in Excel: Save as, CSV UTF-8)."
        )
    if b"\x00" in head and _looks_binary(head[:4096]):
        raise UnreadableFileError(
            f"{path.name} is not a table: it holds binary data. Give a CSV, TSV, Excel (.xlsx), Parquet or "
            "Feather file."
        )


def _looks_binary(sample: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\r\n" for byte in sample)
    try:
        sample[: sample.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return controls > max(10, len(sample) // 20)


def _first_line(path: Path, head: bytes, *, packed: bool) -> str:
    end = min(at for at in (head.find(b"\n"), head.find(b"\r"), len(head)) if at >= 0)
    if end > MOST_CELL * 8:
        raise UnreadableFileError(f"{path.name}, line 1: is too long to be a header. Is this a table?")
    try:
        line = head[:end].decode("utf-8")
    except UnicodeDecodeError:
        raise CsvFile(path, packed, ",", ()).fault() from None
    if sum(not c.isprintable() and c != "\t" for c in line) > 2:
        raise UnreadableFileError(
            f"{path.name} is not a table: its first line is not text. Give a CSV, TSV, Excel (.xlsx), Parquet "
            "or Feather file."
        )
    return line


def _refuse_nul(path: Path, data: Any) -> None:
    if not _holds(data, b"\x00"):
        return
    nul = data.find(b"\x00")
    raise UnreadableFileError(
        f"{path.name}, line {data[:nul].count(10) + 1}: holds a NUL byte, which no text has. "
        "Export the file again; if it came from a damaged disk, use another copy."
    )


def _refuse_no_rows(path: Path, data: Any) -> None:
    end = min(at for at in (data.find(b"\n"), data.find(b"\r"), len(data)) if at >= 0)
    if not bytes(data[end : end + 4096]).strip() and not bytes(data[end:]).strip():
        raise UnreadableFileError(f"{path.name} has a header but no rows. Export the session records again.")


# --- parsing ------------------------------------------------------------------------------------------------------


def _parse(file: CsvFile, data: Any, types: dict[str, Any] | None) -> Any:
    """Parse as typed columns; as text where a value does not fit; say what is wrong where neither works."""
    import pyarrow as pa

    text = dict.fromkeys(file.names, pa.string())
    quotes = sum(chunk.count(b'"') for chunk in _chunks(data))
    if quotes % 2:
        raise file.fault()
    for column_types in [{**text, **types}, text] if types else [text]:
        try:
            table = _arrow_csv(file, data, column_types, line_breaks=quotes > 0)
        except pa.ArrowInvalid:
            continue
        if table.num_rows:
            return table
    raise file.fault()


def _chunks(data: Any) -> Iterator[bytes]:
    """The text in pieces of bytes, whose methods are many times as fast as those of a memory map."""
    step = 4 << 20
    return (bytes(data[at : at + step]) for at in range(0, len(data), step))


def _holds(data: Any, mark: bytes) -> bool:
    return any(mark in chunk for chunk in _chunks(data))


def _arrow_csv(file: CsvFile, data: Any, types: dict[str, Any], *, line_breaks: bool) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pc

    return pc.read_csv(
        pa.BufferReader(data) if isinstance(data, bytes) else pa.memory_map(str(file.path)),
        read_options=pc.ReadOptions(column_names=list(file.names), skip_rows=1, block_size=1 << 20),
        parse_options=pc.ParseOptions(delimiter=file.delimiter, newlines_in_values=line_breaks),
        convert_options=pc.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
        ),
    )


# --- lines --------------------------------------------------------------------------------------------------------


def _line_finder(file: CsvFile) -> Callable[[Sequence[int]], list[int]]:
    """File line on which each row starts: rows and lines part ways at blank lines and quoted line breaks."""
    straight: list[bool] = []

    def lines(rows: Sequence[int]) -> list[int]:
        if not straight:
            straight.append(_rows_are_lines(file))
        return [row + 2 for row in rows] if straight[0] else _counted_lines(file, rows)

    return lines


def _rows_are_lines(file: CsvFile) -> bool:
    """Whether no blank line and no quotation mark parts rows from lines."""
    if file.packed:
        return False
    with file.content() as data:
        return not any(mark in chunk for chunk in _chunks(data) for mark in (b'"', b"\n\n", b"\n\r", b"\r\r"))


def _counted_lines(file: CsvFile, rows: Sequence[int]) -> list[int]:
    wanted, found = set(rows), dict[int, int]()
    with file.text() as text:
        reader = file.rows(text)
        next(reader, None)
        row, before = 0, reader.line_num
        for cells in reader:
            if cells:
                if row in wanted:
                    found[row] = before + 1
                    if len(found) == len(wanted):
                        break
                row += 1
            before = reader.line_num
    return [found.get(row, row + 2) for row in rows]
