"""A text file as a raw table.

Comes in: how the file is written. Goes out: a :class:`~outcomes.files.source.Source` whose text columns are as in the
file, and which says what it left out: remarks below the table, rows of totals. Refuses what is ragged or has quotes
left open, with the line.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.csv import SURELY_DECIMAL, CsvFile, describe
from outcomes.files.outline import is_footer
from outcomes.files.source import LeftOut, Source, without_totals

__all__ = ["has_footers", "read_csv"]

_TAIL = 8_192
_MOST_FOOTERS = 10
_DECIMAL = r"^[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$"


def read_csv(path: Path, types: dict[str, Any] | None = None, *, coded: bool = False) -> Source:
    """Read a text file as a table.

    Parameters
    ----------
    path : Path
    types : dict, optional
        Column name to Arrow type. Where any value does not fit, every column comes back as text.
    coded : bool
        Whether text comes back as dictionaries.

    Raises
    ------
    UnreadableFileError
    """
    import pyarrow as pa

    file = describe(path)
    text = pa.dictionary(pa.int32(), pa.string()) if coded else pa.string()
    try:
        return _read(file, text, types)
    except UnicodeDecodeError:  # not UTF-8 further down
        return _read(describe(path, encoding="cp1252"), text, types)


def _read(file: CsvFile, text: Any, types: dict[str, Any] | None) -> Source:
    with file.content() as data:
        nothing, quotes = _marks(data)
        if nothing and file.encoding == "utf-8-sig":
            _refuse_nul(file.path, data)
        end, footers = _end(file, data)
        if (
            not bytes(data[file.start : file.start + 4096]).strip()
            and not bytes(data[file.start : end]).strip()
        ):
            raise UnreadableFileError(
                f"{file.path.name} has a header but no rows. Export the session records again."
            )
        types = {**dict.fromkeys(file.names, text), **(types or {})}
        table = _parse(file, data, end, types, quotes=quotes)
        said = list(file.said)
        if file.delimiter != ",":
            table, decimals = _with_decimal_points(table, text)
            said += [f"decimal commas in {', '.join(decimals)}"] if decimals else []
        table = _without_empty_columns(file, table)
    left = (LeftOut("remarks below the table", tuple(footers), rows=0),) if footers else ()
    return without_totals(Source(file.path, "csv", table, _line_finder(file), tuple(said), left))


def has_footers(file: CsvFile) -> bool:
    """Whether remarks stand below the table; a packed file is gone through, not kept."""
    tail = b""
    with file.bytes() as data:
        if not file.packed:
            data.seek(max(file.path.stat().st_size - _TAIL, 0))
        while piece := data.read(1 << 20):
            tail = (tail + piece)[-_TAIL:]
    return bool(_end(file, tail)[1])


def _refuse_nul(path: Path, data: Any) -> None:
    nul = data.find(b"\x00")
    raise UnreadableFileError(
        f"{path.name}, line {data[:nul].count(10) + 1}: holds a NUL byte, which no text has. "
        "Export the file again; if it came from a damaged disk, use another copy."
    )


def _end(file: CsvFile, data: Any) -> tuple[int, list[int]]:
    """Where the rows end, and the lines of the remarks below them."""
    tail = bytes(data[max(len(data) - _TAIL, min(file.start, len(data))) :])
    lines = tail.decode("utf-8", "replace").splitlines(keepends=True)
    at, kept, number = len(data), len(lines), None
    found: list[int] = []
    while kept > 1 and len(found) < _MOST_FOOTERS:
        line = lines[kept - 1]
        if line.strip() and not is_footer(line, file.delimiter, len(file.names)):
            break
        kept -= 1
        at -= len(line.encode())
        if line.strip():
            number = sum(chunk.count(b"\n") for chunk in _chunks(data)) if number is None else number
            found.append(number - sum(later.count("\n") for later in lines[kept:]) + 1)
    return (at, found[::-1]) if found else (len(data), [])


def _parse(file: CsvFile, data: Any, end: int, types: dict[str, Any], *, quotes: int) -> Any:
    """Parse as typed columns; as text where a value does not fit; say what is wrong where neither works."""
    import pyarrow as pa

    text = dict.fromkeys(file.names, pa.string())
    if quotes % 2:
        raise file.fault()
    for column_types in [types, text] if types != text else [text]:
        try:
            table = _arrow_csv(file, _rows(file, data, end), column_types, line_breaks=quotes > 0)
        except pa.ArrowInvalid:
            continue
        if table.num_rows:
            return table
    _refuse_utf8_faults(file, data)
    raise file.fault()


def _refuse_utf8_faults(file: CsvFile, data: Any) -> None:
    """Raise UnicodeDecodeError where a file thought to be UTF-8 is not."""
    if file.encoding == "utf-8-sig":
        bytes(data).decode("utf-8")


def _chunks(data: Any) -> Iterator[bytes]:
    """The text in pieces of bytes, whose methods are many times as fast as those of a memory map."""
    step = 4 << 20
    for at in range(0, len(data), step):
        yield bytes(data[at : at + step])
        if isinstance(data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            data.madvise(mmap.MADV_DONTNEED, at, min(step, len(data) - at))  # seen: not to be held in memory


def _marks(data: Any) -> tuple[bool, int]:
    """Whether any byte is nothing, and how many are quotation marks, in one pass."""
    nothing, quotes = False, 0
    for chunk in _chunks(data):
        nothing = nothing or b"\x00" in chunk
        quotes += chunk.count(b'"')
    return nothing, quotes


def _rows(file: CsvFile, data: Any, end: int) -> Any:
    """The rows as Arrow reads them: from the file as it goes where they reach to its end, else out of its bytes."""
    import pyarrow as pa

    if not isinstance(data, bytes) and end == len(data):
        rows = pa.OSFile(str(file.path))
        rows.seek(file.start)
        return rows
    whole = pa.py_buffer(data) if isinstance(data, bytes) else pa.memory_map(str(file.path)).read_buffer()
    return pa.BufferReader(whole.slice(file.start, end - file.start))


def _arrow_csv(file: CsvFile, rows: Any, types: dict[str, Any], *, line_breaks: bool) -> Any:
    import pyarrow.csv as pc

    return pc.read_csv(
        rows,
        read_options=pc.ReadOptions(column_names=list(file.names), block_size=1 << 20),
        parse_options=pc.ParseOptions(delimiter=file.delimiter, newlines_in_values=line_breaks),
        convert_options=pc.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
        ),
    )


def _without_empty_columns(file: CsvFile, table: Any) -> Any:
    """Without the columns that have neither a heading nor a value: commas left at the ends of lines."""
    empty = [
        name
        for at, name in enumerate(file.names, start=1)
        if name == f"column {at}" and table[name].null_count == table.num_rows
    ]
    return table.drop_columns(empty) if empty and len(empty) < len(file.names) else table


# --- decimal commas -----------------------------------------------------------------------------------------------


def _with_decimal_points(table: Any, text: Any) -> tuple[Any, list[str]]:
    """Columns of numbers with decimal commas, with points; only where some comma can be no thousands separator.

    Parameters
    ----------
    table : pyarrow.Table
    text : pyarrow.DataType
        What columns of plain text are held as.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def cells(name: str) -> Any:
        return table[name].cast(pa.string())

    written = [name for name in table.column_names if table[name].type == text]
    numbers = [name for name in written if _all_match(cells(name), _DECIMAL)]
    if not any(pc.any(pc.match_substring_regex(cells(name), SURELY_DECIMAL)).as_py() for name in numbers):
        return table, []
    changed = []
    for name in numbers:
        if pc.any(pc.match_substring(cells(name), ",")).as_py():
            points = pc.replace_substring(pc.replace_substring(cells(name), ".", ""), ",", ".")
            points = points.dictionary_encode() if pa.types.is_dictionary(text) else points
            table = table.set_column(table.column_names.index(name), name, points)
            changed.append(name)
    return table, changed


def _all_match(cells: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(cells)
    fits = pc.all(pc.or_(pc.match_substring_regex(trimmed, pattern), pc.equal(trimmed, ""))).as_py()
    return bool(fits) and cells.null_count < len(cells)


# --- lines --------------------------------------------------------------------------------------------------------


def _line_finder(file: CsvFile) -> Callable[[Sequence[int]], list[int]]:
    """File line on which each row starts: rows and lines part ways at blank lines and quoted line breaks."""
    straight: list[bool] = []

    def lines(rows: Sequence[int]) -> list[int]:
        if not straight:
            straight.append(_rows_are_lines(file))
        return [row + file.body_line for row in rows] if straight[0] else _counted_lines(file, rows)

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
        for _ in range(file.body_line - 1):
            text.readline()
        reader = file.rows(text)
        row, before = 0, 0
        for cells in reader:
            if cells:
                if row in wanted:
                    found[row] = before + file.body_line
                    if len(found) == len(wanted):
                        break
                row += 1
            before = reader.line_num
    return [found.get(row, row + file.body_line) for row in rows]
