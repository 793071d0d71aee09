"""Any file in, a raw table out, the format recognized by its first bytes.

Comes in: a path of text (CSV, TSV, gzip too), a workbook (Excel, OpenDocument), Parquet, Feather, JSON lines, FHIR, or
a file of SPSS, Stata or SAS. Goes out: a :class:`~outcomes.files.source.Source`. Refuses, with a message that says what
to do, whatever is not a table; each format says in its own module what that is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.arrow import read_columnar
from outcomes.files.csv_table import read_csv
from outcomes.files.json_rows import read_json
from outcomes.files.source import Source, first_bytes
from outcomes.files.statistical import read_statistical, statistical_kind
from outcomes.files.workbook import read_workbook

__all__ = ["read_source", "sha256_of"]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_source(
    path: str | Path,
    *,
    types: dict[str, Any] | None = None,
    sheet: str | None = None,
    coded: bool = False,
) -> Source:
    """Read a file as a raw table.

    Parameters
    ----------
    path : str or Path
        Told apart by content, not by name.
    types : dict, optional
        Column name to Arrow type: what a text file's columns should be parsed as straight away. Where any
        value does not fit, every column comes back as text, for the caller to say which.
    sheet : str, optional
        Sheet of a workbook; by default the first that looks like session records, else the largest.
    coded : bool
        Whether the columns of a text file come back by their distinct texts (Arrow's dictionaries): a tenth of the
        memory. Not together with ``types``.

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
    if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return read_workbook(path, sheet)
    if (kind := statistical_kind(head)) is not None:
        return read_statistical(path, kind)
    _refuse_documents(path, head)
    if head.lstrip()[:1] in (b"{", b"["):
        return read_json(path)
    return read_csv(path, types, coded=coded)


_DOCUMENTS = (
    (b"%pdf", "a PDF. Export the records as a table: CSV or Excel."),
    (b"\xff\xd8\xff", "a picture. Type the records into the workbook of `outcomes template`."),
    (b"\x89png", "a picture. Type the records into the workbook of `outcomes template`."),
    (b"{\\rtf", "a text document. Export the records as a table: CSV or Excel."),
    (b"<bundle", "FHIR in XML. Export it as FHIR in JSON."),
    (b"<html", "a web page, whatever its name. Open it in Excel and save it as .xlsx."),
    (b"<!doctype html", "a web page, whatever its name. Open it in Excel and save it as .xlsx."),
)
"""How files begin that hold no table, in lower case, and what they are."""


def _refuse_documents(path: Path, head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<?xml"):
        start = start.partition(b"?>")[2].lstrip()
    for begins, said in _DOCUMENTS:
        if start.startswith(begins):
            raise UnreadableFileError(f"{path.name} is {said}")
