"""Parquet and Feather: read whole, refused where damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from outcomes.errors import UnreadableFileError, shown
from outcomes.files.outline import distinct_headings
from outcomes.files.source import Source, refuse_bad_names, without_totals

__all__ = ["read_columnar"]


def read_columnar(path: Path, kind: Literal["parquet", "feather"]) -> Source:
    """Read a Parquet or Feather file.

    Raises
    ------
    UnreadableFileError
        Where it is damaged, has no rows, or holds bytes that are no text.
    """
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    try:
        read = pyarrow.parquet.read_table if kind == "parquet" else pyarrow.feather.read_table
        table = read(path)
        table.validate(full=True)  # a damaged file can hold offsets that point outside the memory
        names, said = distinct_headings([str(name) for name in table.column_names])
        table = table.rename_columns(names).replace_schema_metadata(table.schema.metadata)
    except (pa.ArrowException, OSError, ValueError):
        raise UnreadableFileError(
            f"{path.name} is a {kind.title()} file that breaks off or is damaged. Copy or export it again."
        ) from None
    refuse_bad_names(path, table.column_names)
    if not table.num_rows:
        raise UnreadableFileError(f"{path.name} has columns but no rows. Export the session records again.")
    table = _bytes_as_text(path, table)
    return without_totals(Source(path, kind, table, lambda rows: [row + 1 for row in rows], tuple(said)))


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
                    f"{path.name}: column {at + 1} ({shown(field.name)}) holds bytes that are not UTF-8 text. "
                    "Leave it out, or write it as text."
                ) from None
            table = table.set_column(at, field.name, text)
    return table
