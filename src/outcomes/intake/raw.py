"""Records wherever they lie become one raw table, with the headings the record knows them by.

Comes in: an :class:`~outcomes.files.origin.Origin`, and the mapping that will read it. Goes out: a
:class:`~outcomes.files.source.Source`. Refuses, of several files, one that lacks a column every record needs and the
others have.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outcomes.deidentify.detect import headings_that_are_data
from outcomes.errors import UnreadableFileError
from outcomes.files.database import read_database
from outcomes.files.origin import Origin
from outcomes.files.read import read_source
from outcomes.files.several import names_of, together
from outcomes.files.source import Source
from outcomes.files.text_table import arrow_table
from outcomes.intake.fhir import in_own_words
from outcomes.intake.mapping import Mapping
from outcomes.intake.spelling import own_headings
from outcomes.record.columns import COLUMNS, KNOWN_NAMES, MOVEMENT_COLUMNS, own_name

__all__ = ["raw_source"]


def raw_source(origin: Origin, mapping: Mapping | None) -> Source:
    """Read records as a raw table.

    Parameters
    ----------
    origin : Origin
    mapping : Mapping or None
        Without one columns are parsed as the record's straight away.

    Raises
    ------
    UnreadableFileError
    """
    if origin.kind == "frame":
        return _of_frame(origin.asked)
    if origin.kind != "files":
        return read_database(origin, wanted=_wanted(mapping), order=_is_session_id(mapping))
    types, sheet = (None, mapping.sheet) if mapping else (_arrow_types(), None)
    parts = [read_source(path, types=types, sheet=sheet) for path in origin.files]
    if mapping is None:
        parts = [in_own_words(part) for part in parts]
    if len(parts) > 1 and mapping is None:
        parts = [_with_own_headings(part) for part in parts]
        _refuse_lacking(parts)
    return together(parts, origin.path)


def _of_frame(frame: Any) -> Source:
    table = arrow_table(frame)
    if not table.num_rows:
        raise UnreadableFileError("The table has no rows.")
    return Source(Path("the table"), "frame", table, lambda rows: [row + 1 for row in rows])


def _arrow_types() -> dict[str, Any]:
    import pyarrow as pa

    coded = pa.dictionary(pa.int32(), pa.string())
    kinds = {"number": pa.float64(), "integer": pa.float64(), "id": pa.string()}
    return {c.name: kinds.get(c.kind, coded) for c in (*COLUMNS, *MOVEMENT_COLUMNS)}


# --- several files ------------------------------------------------------------------------------------------------


def _with_own_headings(source: Source) -> Source:
    """With the record's columns spelled as the record does, so that those of several files meet."""
    from dataclasses import replace

    ours = own_headings(source.table.column_names, source.path.name)
    table = source.table.rename_columns(list(ours.values())).replace_schema_metadata(
        source.table.schema.metadata
    )
    return replace(source, table=table)


def _refuse_lacking(parts: Sequence[Source]) -> None:
    """Refuse one of several files that lacks a column which every record needs, where another has it."""
    for name in (c.name for c in COLUMNS if c.needed):
        lacking = [name not in part.table.column_names for part in parts]
        if any(lacking) and not all(lacking):
            files = [
                file for file, lacks in zip(names_of([p.path for p in parts]), lacking, strict=True) if lacks
            ]
            raise UnreadableFileError(
                f"{files[0]}, line 1: there is no column `{name}`, which every record needs and the other files have. "
                "Export that file again with it, or leave the file out."
            )


# --- databases ----------------------------------------------------------------------------------------------------


def _wanted(mapping: Mapping | None) -> Any:
    """Whether a column is fetched: the record's own, what the mapping reads, and headings to be refused as data."""
    sources = mapping.sources() if mapping else set()

    def wanted(name: str) -> bool:
        return name in sources or own_name(name) in KNOWN_NAMES or bool(headings_that_are_data([name]))

    return wanted


def _is_session_id(mapping: Mapping | None) -> Any:
    theirs = {} if mapping is None else mapping.columns | mapping.optional
    return lambda name: own_name(name) == "session_id" or theirs.get("session_id") == name
