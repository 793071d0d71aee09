"""A file read as a table, and what no table may be.

Comes in: a path. Goes out: its first bytes; a :class:`Source`, an Arrow table whose text is still text, with a way to
say on which line of the file a row stands. Refuses what is absent, a folder, a device, empty, or has headings that do
not name columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from outcomes.errors import UnreadableFileError
from outcomes.files.outline import total_rows

__all__ = ["LeftOut", "Line", "Source", "first_bytes", "refuse_bad_names", "without_totals"]

MOST_COLUMNS = 1_000
MOST_LISTED = 5


class Line(int):
    """A line number that knows its file, where records lie in several.

    Examples
    --------
    >>> Line(3, "march.csv"), Line(3, "march.csv").file
    (3, 'march.csv')
    """

    file: str

    def __new__(cls, number: int, file: str) -> Self:
        """Line `number` of the file called `file`."""
        made = super().__new__(cls, number)
        made.file = file
        return made


@dataclass(frozen=True)
class LeftOut:
    """What a file holds beside its records.

    Attributes
    ----------
    what : str
        In words.
    lines : tuple of int
        Where.
    rows : int
        How many of them count as rows of the table: a total does, a remark does not.
    """

    what: str
    lines: tuple[int, ...]
    rows: int


@dataclass(frozen=True)
class Source:
    """A file read as a table.

    Attributes
    ----------
    path : Path
    format : str
        ``csv``, ``excel``, ``parquet``, ``feather``, ``json``, ``fhir`` ...
    table : pyarrow.Table
        Column names trimmed; text columns as in the file (blank is missing), other columns typed.
    lines : callable
        Row positions (from 0) to line numbers in the file (from 1); for Parquet and Feather, row numbers. Where there
        are several files each is a :class:`Line`.
    said : tuple of str
        What was met on the way, in words: an encoding, title lines, decimal commas.
    left_out : tuple of LeftOut
        Lines and rows of the file that are no rows of the table.
    """

    path: Path
    format: str
    table: Any
    lines: Callable[[Sequence[int]], list[int]]
    said: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was met in the file, and what stands beside its records, in words."""
        return (*self.said, *(f"left out: {left.what} ({_listed(left.lines)})" for left in self.left_out))


def _listed(lines: Sequence[int]) -> str:
    """The first few lines.

    Examples
    --------
    >>> _listed([3]), _listed([1, 2, 3, 4, 5, 6, 7])
    ('line 3', 'lines 1, 2, 3, 4, 5 and 2 more')
    """
    more = f" and {len(lines) - MOST_LISTED:,} more" if len(lines) > MOST_LISTED else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:MOST_LISTED]))}{more}"


def first_bytes(path: Path) -> bytes:
    """First bytes of a file.

    Raises
    ------
    UnreadableFileError
        Where there are none, with the reason.
    """
    try:
        str(path).encode("utf-8")
        if path.is_dir():
            raise UnreadableFileError(f"{path} is a folder. Name the file of session records inside it.")
        if path.exists() and not path.is_file():
            raise UnreadableFileError(
                f"{path} is a pipe or a device, not a file. Save the session records to a file and name that."
            )
        with path.open("rb") as file:
            head = file.read(65_536)
    except UnicodeEncodeError:
        raise UnreadableFileError(_not_text(path)) from None
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


def _not_text(path: Path) -> str:
    """Which part of a path is not text on this system, and what to do."""
    part = next(part for part in path.parts if part.encode("utf-8", "replace").decode() != part)
    what = "file" if part == path.name else "folder"
    return f"The name of the {what} {part!a} is not UTF-8 text. Rename the {what}, or set LANG=C.UTF-8."


def refuse_bad_names(path: Path, names: Sequence[str], *, line: int = 1) -> None:
    """Refuse headings that are blank or too many.

    Raises
    ------
    UnreadableFileError
    """
    if not any(names):
        raise UnreadableFileError(
            f"{path.name}, line {line}: the header is blank. The first line must name the columns."
        )
    if len(names) > MOST_COLUMNS:
        raise UnreadableFileError(
            f"{path.name}, line {line}: has {len(names):,} columns; at most {MOST_COLUMNS:,} are read. "
            "Is the table turned on its side?"
        )


def without_totals(source: Source) -> Source:
    """The same without its rows of totals, which are said."""
    found = total_rows(source.table)
    if not found or len(found) == source.table.num_rows:
        return source
    import numpy as np

    kept = np.setdiff1d(np.arange(source.table.num_rows), found)
    what = "1 row of totals" if len(found) == 1 else f"{len(found):,} rows of totals"
    lines = tuple(source.lines(found))
    return replace(
        source,
        table=source.table.take(kept),
        lines=lambda rows: source.lines([int(kept[row]) for row in rows]),
        left_out=(*source.left_out, LeftOut(what, lines, rows=len(found))),
    )
