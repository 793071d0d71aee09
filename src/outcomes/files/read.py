"""Any file in, a raw table out: CSV, TSV (gzip too), Excel, Parquet, Feather.

Comes in: a path. Goes out: a :class:`Source`, an Arrow table whose text is still text, and a way to say on which
line of the file a row stands. Refuses, with a message that says what to do, whatever is not a table: absent, a
folder, empty, header only, binary, truncated, not UTF-8, ragged, quotes left open, absurdly wide, or a workbook
that would unpack without end or reach outside itself.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import mmap
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError, shown
from outcomes.files.text_faults import MOST_CELL, text_fault
from outcomes.files.workbook import refuse_unsafe_workbook

__all__ = ["Source", "read_source", "sha256_of"]

MOST_COLUMNS = 1_000
MOST_UNPACKED = 2 * 1024**3
MOST_RATIO = 200
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Source:
    """A file read as a table.

    Attributes
    ----------
    path : Path
    format : str
        ``csv``, ``excel``, ``parquet`` or ``feather``.
    table : pyarrow.Table
        Column names trimmed; text columns as in the file (blank is missing), other columns typed.
    lines : callable
        Row positions (from 0) to line numbers in the file (from 1); for Parquet and Feather, row numbers.
    """

    path: Path
    format: str
    table: Any
    lines: Callable[[Sequence[int]], list[int]]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_source(path: str | Path, *, types: dict[str, Any] | None = None, sheet: str | None = None) -> Source:
    """Read a file as a raw table.

    Parameters
    ----------
    path : str or Path
        CSV, TSV (also ``.gz``), ``.xlsx``, Parquet or Feather; told apart by content, not by name.
    types : dict, optional
        Column name to Arrow type: what a text file's columns should be parsed as straight away. Where any
        value does not fit, every column comes back as text, for the caller to say which.
    sheet : str, optional
        Sheet of a workbook; by default the first that looks like session records, else the first.

    Raises
    ------
    UnreadableFileError
    """
    path = Path(path)
    head = _head(path)
    if head[:4] == b"PAR1":
        return _read_arrow(path, "parquet")
    if head[:6] == b"ARROW1":
        return _read_arrow(path, "feather")
    if head[:4] == b"PK\x03\x04":
        return _read_excel(path, sheet)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFileError(
            f"{path.name} is an old .xls workbook or is protected by a password. Save it as an .xlsx workbook "
            "without a password, or as CSV UTF-8."
        )
    return _read_text(path, head, types)


def _head(path: Path) -> bytes:
    """First bytes of the file, or the reason there are none."""
    try:
        if path.is_dir():
            raise UnreadableFileError(f"{path} is a folder. Name the file of session records inside it.")
        if path.exists() and not path.is_file():
            raise UnreadableFileError(
                f"{path} is a pipe or a device, not a file. Save the session records to a file and name that."
            )
        with path.open("rb") as file:
            head = file.read(65_536)
    except FileNotFoundError:
        raise UnreadableFileError(f"There is no file {path}. Check the name and the folder.") from None
    except PermissionError:
        raise UnreadableFileError(
            f"{path} may not be read by this user. Ask for the right to read it."
        ) from None
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} cannot be opened: {error}.") from None
    if not head:
        raise UnreadableFileError(f"{path.name} is empty. Export the session records again.")
    return head


# --- text -------------------------------------------------------------------------------------------------


def _read_text(path: Path, head: bytes, types: dict[str, Any] | None) -> Source:
    with _contents(path, head) as data:
        _refuse_wrong_encoding(path, data)
        start = 3 if data[:3] == b"\xef\xbb\xbf" else 0
        delimiter, names = _header(path, data, start)
        table = _parse(path, data, (delimiter, names), types)
    return Source(path, "csv", table, _line_finder(path, delimiter))


@contextmanager
def _contents(path: Path, head: bytes) -> Iterator[Any]:
    """Yield the whole text as a buffer, unpacked where it is gzip."""
    if head[:2] == b"\x1f\x8b":
        yield _gunzip(path)
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _gunzip(path: Path) -> bytes:
    pieces, size, most = [], 0, min(MOST_UNPACKED, MOST_RATIO * max(path.stat().st_size, 1 << 20))
    try:
        with gzip.open(path) as file:
            while size <= most and (piece := file.read(1 << 24)):
                pieces.append(piece)
                size += len(piece)
    except (EOFError, OSError, zlib.error):
        raise UnreadableFileError(
            f"{path.name} is a gzip file that breaks off or is damaged. Copy or export it again."
        ) from None
    if size > most:
        raise UnreadableFileError(
            f"{path.name} unpacks to more than {most / 1e6:,.0f} MB, too much for its size. Unpack it, or save it "
            "as Parquet instead."
        )
    if not size:
        raise UnreadableFileError(f"{path.name} is empty once unpacked. Export the session records again.")
    return b"".join(pieces)


def _refuse_wrong_encoding(path: Path, data: Any) -> None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableFileError(
            f"{path.name} is encoded as UTF-16. Save it as 'CSV UTF-8' (in Excel: Save as, CSV UTF-8)."
        )
    if not _holds(data, b"\x00"):
        return
    nul = data.find(b"\x00")
    if _looks_binary(data[:4096]):
        raise UnreadableFileError(
            f"{path.name} is not a table: it holds binary data. Give a CSV, TSV, Excel (.xlsx), Parquet or "
            "Feather file."
        )
    raise UnreadableFileError(
        f"{path.name}, line {data[:nul].count(10) + 1}: holds a NUL byte, which no text has. "
        "Export the file again; if it came from a damaged disk, use another copy."
    )


def _looks_binary(sample: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\r\n" for byte in sample)
    try:
        sample[: sample.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return controls > max(10, len(sample) // 20)


def _header(path: Path, data: Any, start: int) -> tuple[str, list[str]]:
    end = min(at for at in (data.find(b"\n", start), data.find(b"\r", start), len(data)) if at >= 0)
    if end - start > MOST_CELL * 8:
        raise UnreadableFileError(f"{path.name}, line 1: is too long to be a header. Is this a table?")
    try:
        line = bytes(data[start:end]).decode("utf-8")
    except UnicodeDecodeError:
        raise _fault(path, (",", [])) from None
    if sum(not c.isprintable() and c != "\t" for c in line) > 2:
        raise UnreadableFileError(
            f"{path.name} is not a table: its first line is not text. Give a CSV, TSV, Excel (.xlsx), Parquet "
            "or Feather file."
        )
    delimiter = max(DELIMITERS, key=line.count) if any(d in line for d in DELIMITERS) else ","
    names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    _refuse_bad_names(path, names)
    if not bytes(data[end : end + 4096]).strip() and not bytes(data[end:]).strip():
        raise UnreadableFileError(f"{path.name} has a header but no rows. Export the session records again.")
    return delimiter, names


def _refuse_bad_names(path: Path, names: list[str]) -> None:
    if not any(names):
        raise UnreadableFileError(
            f"{path.name}, line 1: the header is blank. The first line must name the columns."
        )
    if len(names) > MOST_COLUMNS:
        raise UnreadableFileError(
            f"{path.name}, line 1: has {len(names):,} columns; at most {MOST_COLUMNS:,} are read. "
            "Is the table turned on its side?"
        )
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name:
            raise UnreadableFileError(
                f"{path.name}, line 1: column {position} has no name. Name it, or remove it."
            )
        if name in seen:
            raise UnreadableFileError(
                f"{path.name}, line 1: columns {seen[name]} and {position} have the same name: {shown(name)}. "
                "Rename or remove one."
            )
        seen[name] = position


def _parse(path: Path, data: Any, layout: tuple[str, list[str]], types: dict[str, Any] | None) -> Any:
    """Parse as typed columns; as text where a value does not fit; say what is wrong where neither works."""
    import pyarrow as pa

    text = dict.fromkeys(layout[1], pa.string())
    quotes = sum(chunk.count(b'"') for chunk in _chunks(data))
    quoted = quotes > 0
    if quotes % 2:
        raise _fault(path, layout)
    for column_types in [{**text, **types}, text] if types else [text]:
        try:
            table = _arrow_csv(path, data, layout, column_types, line_breaks=quoted)
        except pa.ArrowInvalid:
            continue
        if table.num_rows:
            return table
    raise _fault(path, layout)


def _chunks(data: Any) -> Iterator[bytes]:
    """The text in pieces of bytes, whose methods are many times as fast as those of a memory map."""
    step = 4 << 20
    return (bytes(data[at : at + step]) for at in range(0, len(data), step))


def _holds(data: Any, mark: bytes) -> bool:
    return any(mark in chunk for chunk in _chunks(data))


def _arrow_csv(
    path: Path, data: Any, layout: tuple[str, list[str]], types: dict[str, Any], *, line_breaks: bool
) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pc

    delimiter, names = layout
    return pc.read_csv(
        pa.BufferReader(data) if isinstance(data, bytes) else pa.memory_map(str(path)),
        read_options=pc.ReadOptions(column_names=names, skip_rows=1, block_size=1 << 20),
        parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=line_breaks),
        convert_options=pc.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
        ),
    )


def _fault(path: Path, layout: tuple[str, list[str]]) -> UnreadableFileError:
    """The first line at fault; where every line is a row of the table, that no row could be read."""
    return text_fault(path, layout[0], len(layout[1])) or UnreadableFileError(
        f"{path.name} has a header but no rows that can be read. Export the session records again."
    )


def _rows_are_lines(path: Path) -> bool:
    """Whether no blank line and no quotation mark parts rows from lines."""
    if _head(path)[:2] == b"\x1f\x8b":
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return not any(mark in chunk for chunk in _chunks(data) for mark in (b'"', b"\n\n", b"\n\r", b"\r\r"))


def _line_finder(path: Path, delimiter: str) -> Callable[[Sequence[int]], list[int]]:
    """File line on which each row starts: rows and lines part ways at blank lines and quoted line breaks."""
    straight: list[bool] = []

    def lines(rows: Sequence[int]) -> list[int]:
        if not straight:
            straight.append(_rows_are_lines(path))
        return [row + 2 for row in rows] if straight[0] else _counted_lines(path, rows, delimiter)

    return lines


def _counted_lines(path: Path, rows: Sequence[int], delimiter: str) -> list[int]:
    wanted, found = set(rows), dict[int, int]()
    opener = gzip.open if _head(path)[:2] == b"\x1f\x8b" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
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


# --- workbooks --------------------------------------------------------------------------------------------


def _read_excel(path: Path, sheet: str | None) -> Source:
    import pyarrow as pa

    refuse_unsafe_workbook(path)
    rows, first = _sheet_rows(path, sheet)
    if not rows:
        raise UnreadableFileError(f"{path.name} has no rows. Enter the session records below the header.")
    names = [_cell_text(cell) or "" for cell in rows[0]]
    while names and not names[-1]:
        names.pop()
    _refuse_bad_names(path, names)
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


# --- columnar files ---------------------------------------------------------------------------------------


def _read_arrow(path: Path, kind: str) -> Source:
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    try:
        read = pyarrow.parquet.read_table if kind == "parquet" else pyarrow.feather.read_table
        table = read(path)
        table.validate(full=True)  # a damaged file can hold offsets that point outside the memory
        names = [str(name).strip() for name in table.column_names]
        table = table.rename_columns(names).replace_schema_metadata(table.schema.metadata)
    except (pa.ArrowException, OSError, ValueError):
        raise UnreadableFileError(
            f"{path.name} is a {kind.title()} file that breaks off or is damaged. Copy or export it again."
        ) from None
    _refuse_bad_names(path, table.column_names)
    if not table.num_rows:
        raise UnreadableFileError(f"{path.name} has columns but no rows. Export the session records again.")
    return Source(path, kind, _bytes_as_text(path, table), lambda rows: [row + 1 for row in rows])


def _bytes_as_text(path: Path, table: Any) -> Any:
    """Columns of bytes as text, where they hold UTF-8; some writers do not say that their text is text."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            try:
                text = table.column(at).cast(pa.binary()).cast(pa.string())
            except pa.ArrowInvalid:
                raise UnreadableFileError(
                    f"{path.name}: column {at + 1} ({shown(field.name)}) holds bytes that are not UTF-8 text. Leave it "
                    "out, or write it as text."
                ) from None
            table = table.set_column(at, field.name, text)
    return table
