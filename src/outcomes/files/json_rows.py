"""JSON as a raw table: a list of records, or one record a line; or FHIR resources, with one row a session.

Comes in: a path. Goes out: one row a record, one column a key, what is nested as JSON text. Refuses what is damaged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.csv import MOST_UNPACKED
from outcomes.files.fhir.sessions import is_fhir, read_fhir
from outcomes.files.outline import distinct_headings
from outcomes.files.source import Source, refuse_bad_names, without_totals
from outcomes.files.text_table import as_utf8

__all__ = ["json_records", "read_json"]


def json_records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The records of a JSON file, each with the line it stands on (of a list: its position).

    Raises
    ------
    UnreadableFileError
        Where the file is no JSON, or holds something other than records.
    """
    if path.stat().st_size > MOST_UNPACKED:
        raise UnreadableFileError(f"{path.name} is too large for JSON. Save it as Parquet instead.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFileError(
            f"{path.name} is not UTF-8 text, as JSON must be. Export it again."
        ) from None
    whole = _whole(text)
    found = list(_lines(path, text)) if whole is None else whole
    for line, record in found:
        if not isinstance(record, dict):
            raise UnreadableFileError(f"{path.name}, line {line}: holds no record, which in JSON is {{...}}.")
    return found


def _whole(text: str) -> list[tuple[int, Any]] | None:
    """The records of a text that is one JSON value; None where it is not."""
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return list(enumerate(value, start=1)) if isinstance(value, list) else [(1, value)]


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                raise UnreadableFileError(
                    f"{path.name}, line {number}: is not JSON. Export one record a line, or a list of records."
                ) from None


def read_json(path: Path) -> Source:
    """Read a file of JSON records.

    Raises
    ------
    UnreadableFileError
    """
    import pyarrow as pa

    records = json_records(path)
    if is_fhir(records):
        return read_fhir(path, records)
    keys = list(dict.fromkeys(key for _, record in records for key in record))
    if not records or not keys:
        raise UnreadableFileError(f"{path.name} holds no records. Export the session records again.")
    names, said = distinct_headings(keys)
    refuse_bad_names(path, names)
    columns = {
        name: pa.array([_text(record.get(key)) for _, record in records], pa.string())
        for name, key in zip(names, keys, strict=True)
    }
    lines = [line for line, _ in records]
    return without_totals(
        Source(path, "json", pa.table(columns), lambda rows: [lines[row] for row in rows], tuple(said))
    )


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return as_utf8(value)
