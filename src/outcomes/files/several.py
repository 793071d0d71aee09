"""Several files of one kind of records as one table.

Comes in: files read as tables. Goes out: one :class:`~outcomes.files.source.Source`, whose lines know their file.
Columns that a file lacks are blank in its rows; a column of numbers here and of text there is text.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from outcomes.files.source import Line, Source
from outcomes.files.text_table import arrow_text

__all__ = ["names_of", "together"]


def together(parts: Sequence[Source], path: Path) -> Source:
    """Several sources as one, in their order.

    Parameters
    ----------
    parts : sequence of Source
    path : Path
        What the whole is called.
    """
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    names = names_of([part.path for part in parts])
    ends = np.cumsum([part.table.num_rows for part in parts])

    def lines(rows: Sequence[int]) -> list[int]:
        of = np.searchsorted(ends, rows, side="right")
        found: dict[int, int] = {}
        for at in np.unique(of):
            start = int(ends[at]) - parts[at].table.num_rows
            here = [int(row) for row in np.asarray(rows)[of == at]]
            there = parts[at].lines([row - start for row in here])
            found |= {row: Line(line, names[at]) for row, line in zip(here, there, strict=True)}
        return [found[int(row)] for row in rows]

    said = [f"{name}: {words}" for name, part in zip(names, parts, strict=True) for words in part.said]
    left = [
        replace(each, what=f"{name}: {each.what}")
        for name, part in zip(names, parts, strict=True)
        for each in part.left_out
    ]
    kind = "csv" if any(part.format == "csv" for part in parts) else parts[0].format
    return Source(path, kind, _stacked([part.table for part in parts]), lines, tuple(said), tuple(left))


def names_of(paths: Sequence[Path]) -> list[str]:
    """What files are called in messages: their names, or the paths below the folder they share.

    Examples
    --------
    >>> names_of([Path("a/x.csv"), Path("a/y.csv")]), names_of([Path("r/a/x.csv"), Path("r/b/x.csv")])
    (['x.csv', 'y.csv'], ['a/x.csv', 'b/x.csv'])
    """
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    shared = os.path.commonpath([path.parent.absolute() for path in paths])
    return [path.absolute().relative_to(shared).as_posix() for path in paths]


def _stacked(tables: Sequence[Any]) -> Any:
    """Tables one below the other, with the columns of all."""
    import pyarrow as pa

    every = list(dict.fromkeys(name for table in tables for name in table.column_names))
    columns = {name: _column([_cells(table, name) for table in tables]) for name in every}
    told = [table.schema.metadata for table in tables]
    alike = all(metadata == told[0] for metadata in told)
    return pa.table(columns).replace_schema_metadata(told[0] if alike else None)


def _cells(table: Any, name: str) -> Any:
    import pyarrow as pa

    if name in table.column_names:
        return table[name]
    return pa.chunked_array([pa.nulls(table.num_rows)])


def _column(parts: Sequence[Any]) -> Any:
    """One column of several, of the one type they have, or else as text."""
    import pyarrow as pa

    kinds = {part.type for part in parts if not pa.types.is_null(part.type)}
    kind = next(iter(kinds), pa.null()) if len(kinds) < 2 else pa.string()
    alike = [
        part.cast(kind) if pa.types.is_null(part.type) or len(kinds) < 2 else arrow_text(part)
        for part in parts
    ]
    return pa.chunked_array([chunk for part in alike for chunk in part.chunks], kind)
