"""Where session records lie: a file, several, a folder of them, a database, or a table in memory.

Comes in: what a user named. Goes out: an :class:`Origin`, which says what messages call it and which files it is read
from; nothing is read yet. Refuses folders without records, patterns without files, a table of what has none,
and an address that holds a password.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

from outcomes.errors import UnreadableFileError
from outcomes.files.folder import MARKER

__all__ = ["UNREADABLE_ADDRESS", "Origin", "origin_of"]

ADDRESSES = ("postgres://", "postgresql://")
UNREADABLE_ADDRESS = (
    "The address of the database cannot be read. Write postgres://person@host:port/database; each part may be left "
    "out, and ?service=NAME takes it from a service file."
)
_PASSWORD = (
    "The address of the database holds a password, or what looks like one, so it was not used: addresses stay in a "
    "shell's history. Leave it out, and give it in the variable PGPASSWORD, in ~/.pgpass or in a service file."
)
_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


@dataclass(frozen=True)
class Origin:
    """Where records lie.

    Attributes
    ----------
    kind : {"files", "duckdb", "postgres", "frame", "ibis"}
    name : str
        What messages call it: never an address.
    files : tuple of Path
        What is read, in order; none where the records lie in a server or in memory.
    asked : object
        The address, or the table itself.
    table : str or None
        The table asked for, of a database.
    """

    kind: Literal["files", "duckdb", "postgres", "frame", "ibis"]
    name: str
    files: tuple[Path, ...] = ()
    asked: Any = field(default=None, repr=False)
    table: str | None = None

    @property
    def path(self) -> Path:
        """The name as a path; of a single file, the file itself."""
        return self.files[0] if len(self.files) == 1 else Path(self.name)


def origin_of(records: Any, *, table: str | None = None) -> Origin:
    """Say where records lie.

    Parameters
    ----------
    records : str, Path, sequence of them, pandas.DataFrame or ibis.Table
        A file; a folder or a pattern (``"registry/*.parquet"``) of Parquet or text files; a DuckDB file; an address,
        ``"postgres://host/database"``; or a table.
    table : str, optional
        Which table of a database; not needed where it has one.

    Raises
    ------
    UnreadableFileError
    """
    found = _origin(records, table)
    if table is not None and found.kind not in ("duckdb", "postgres"):
        raise UnreadableFileError(
            f"{found.name} is no database, so it has no table to choose. Leave `--table` out."
        )
    return found


def _origin(records: Any, table: str | None) -> Origin:
    if isinstance(records, Origin):
        return records
    if isinstance(records, str) and records.casefold().startswith(ADDRESSES):
        _refuse_password(records)
        return Origin("postgres", table or "the database", asked=records, table=table)
    if isinstance(records, str | Path):
        return _of_paths(_expanded(records), str(records), table)
    if isinstance(records, Sequence):
        several = [path for one in records for path in _of_several(one)]
        return _of_paths(list(dict.fromkeys(several)), f"{len(several)} files", table)
    kind: Literal["ibis", "frame"] = "ibis" if type(records).__module__.startswith("ibis.") else "frame"
    return Origin(kind, "the table", asked=records)


def _refuse_password(address: str) -> None:
    """Refuse an address with a password, or with signs that could belong to one, and say nothing of it."""
    place, _, asked = address.partition("://")[2].partition("?")
    person, _, rest = place.rpartition("@")
    try:
        names = [name for name, _ in parse_qsl(asked, keep_blank_values=True, strict_parsing=bool(asked))]
    except ValueError:
        raise UnreadableFileError(_PASSWORD if "@" in asked else UNREADABLE_ADDRESS) from None
    if {":", "/", "@"} & set(person) or any("password" in name.casefold() for name in names):
        raise UnreadableFileError(_PASSWORD)
    if not rest.isprintable():
        raise UnreadableFileError(UNREADABLE_ADDRESS)


def _of_several(one: Any) -> list[Path]:
    """The files of one of several things named; an address is none."""
    if isinstance(one, str) and one.casefold().startswith(ADDRESSES):
        raise UnreadableFileError(
            "A database is read alone, without other files. Name the database, or the files."
        )
    if not isinstance(one, str | Path):
        raise UnreadableFileError(f"Files are named by their paths, found {type(one).__name__}.")
    return _expanded(one)


def _of_paths(paths: list[Path], named: str, table: str | None) -> Origin:
    databases = [path for path in paths if _is_duckdb(path)]
    if databases and len(paths) > 1:
        raise UnreadableFileError(
            f"{databases[0].name} is a DuckDB file, which is read alone. Name it, or the other files."
        )
    if databases:
        return Origin("duckdb", databases[0].name, tuple(databases), databases[0], table)
    name = paths[0].name or str(paths[0]) if len(paths) == 1 else Path(named).name
    return Origin("files", name, tuple(paths))


def _is_duckdb(path: Path) -> bool:
    if not (path.is_file() and os.access(path, os.R_OK)):
        return False
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _expanded(named: str | Path) -> list[Path]:
    """The files that a path, a folder or a pattern stands for; what is no file is left to its reader to refuse."""
    path = Path(named)
    if path.is_dir():
        return _in_folder(path)
    if path.is_file() or not glob.has_magic(str(named)):
        return [path]
    found = [Path(one) for one in sorted(glob.glob(str(named))) if Path(one).is_file()]
    if not found:
        raise UnreadableFileError(f"There is no file {named}. Check the pattern and the folder.")
    return found


def _in_folder(folder: Path) -> list[Path]:
    """All Parquet files of a folder, or all text files."""
    if (folder / MARKER).exists():
        raise UnreadableFileError(
            f"{folder} is a folder of pages that a run made. Name the file of session records."
        )
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    columnar, text = (
        [path for path in files if path.name.casefold().endswith(ends)] for ends in (_PARQUET, _TEXT)
    )
    if columnar and text:
        raise UnreadableFileError(
            f"{folder} is a folder of both Parquet and text files. Name those to read: {folder}/*.parquet or "
            f"{folder}/*.csv."
        )
    if not columnar and not text:
        raise UnreadableFileError(
            f"{folder} is a folder without a Parquet or CSV file. Name the file of session records inside it."
        )
    return columnar or text
