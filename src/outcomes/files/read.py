"""Any file in, a raw table out: CSV, TSV (gzip too), Excel, Parquet, Feather, told apart by their first bytes.

Comes in: a path. Goes out: a :class:`~outcomes.files.source.Source`. Refuses, with a message that says what to do,
whatever is not a table; each format says in its own module what that is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.arrow import read_columnar
from outcomes.files.csv import read_csv
from outcomes.files.source import Source, first_bytes
from outcomes.files.workbook import read_workbook

__all__ = ["read_source", "sha256_of"]


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
    head = first_bytes(path)
    if head[:4] == b"PAR1":
        return read_columnar(path, "parquet")
    if head[:6] == b"ARROW1":
        return read_columnar(path, "feather")
    if head[:4] == b"PK\x03\x04":
        return read_workbook(path, sheet)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFileError(
            f"{path.name} is an old .xls workbook or is protected by a password. Save it as an .xlsx workbook "
            "without a password, or as CSV UTF-8."
        )
    return read_csv(path, types)
