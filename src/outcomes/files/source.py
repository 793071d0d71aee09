"""A file read as a table, and what no table may be.

Comes in: a path. Goes out: its first bytes; a :class:`Source`, an Arrow table whose text is still text, with a way to
say on which line of the file a row stands. Refuses what is absent, a folder, a device, empty, or has headings that do
not name columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError, shown

__all__ = ["Source", "first_bytes", "refuse_bad_names"]

MOST_COLUMNS = 1_000


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


def first_bytes(path: Path) -> bytes:
    """First bytes of a file.

    Raises
    ------
    UnreadableFileError
        Where there are none, with the reason.
    """
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


def refuse_bad_names(path: Path, names: Sequence[str]) -> None:
    """Refuse headings that are blank, too many, or the same twice.

    Raises
    ------
    UnreadableFileError
    """
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
