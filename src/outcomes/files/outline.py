"""Where the table lies among the rows of a sheet or a text file: title lines above, headings, totals below.

Comes in: the first rows as cells of text; the table below its headings. Goes out: which row holds the headings, the
headings told apart, and which rows are totals, never sessions. What is left out is returned, to be said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = [
    "FIRST_COLUMNS",
    "LOOKED_AT",
    "TOTAL",
    "distinct_headings",
    "heading_row",
    "is_footer",
    "total_rows",
]

LOOKED_AT = 60
"""Rows among which the headings are looked for."""
_MOST_TITLE_CELLS = 3
_NUMBER = re.compile(r"^[-+]?[\d.,]+%?$")
TOTAL = (
    r"(?i)^\s*(?:(?:grand|sub)[ -]?)?"
    r"(?:totals?\b.{0,40}|(?:sum|average|avg\.?|mean|median|count|min|max|std|sd)\s*:?\s*)$"
)
"""What the first filled cell of a row of totals says."""
FIRST_COLUMNS = 3


def heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Position of the row that holds the headings: the first, unless title lines stand above it.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of a sheet or file, blank cells as empty text.

    Examples
    --------
    >>> heading_row([["Outshine PT"], [""], ["session_id", "patient_id", "pain_pre"], ["s1", "p1", "6"]])
    2
    >>> heading_row([["session_id", "pain_pre"], ["s1", "6"]])
    0
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(filled, default=0)
    for at, count in enumerate(filled):
        if count == 0 or (count <= _MOST_TITLE_CELLS and count <= widest / 2):
            continue
        numbers = sum(bool(_NUMBER.match(cell.strip())) for cell in rows[at])
        return at if numbers <= count / 2 else 0
    return 0


def distinct_headings(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Trimmed headings, those that are blank or there twice given a name of their own, and what was done.

    Examples
    --------
    >>> distinct_headings(["Pain", " ", "Pain "])[0]
    ['Pain', 'column 2', 'Pain (2)']
    """
    distinct, seen, said = [], set[str](), []
    blank = twice = 0
    for position, heading in enumerate(names, start=1):
        plain = " ".join(heading.split())
        called = plain or f"column {position}"
        name, again = called, 2
        while name in seen:
            name, again = f"{called} ({again})", again + 1
        blank += not plain
        twice += bool(plain) and name != plain
        seen.add(name)
        distinct.append(name)
    if blank:
        said.append(f"{_columns(blank)} without a heading, called by position")
    if twice:
        said.append(f"{_columns(twice)} with the heading of another, numbered: (2)")
    return distinct, said


def _columns(count: int) -> str:
    return f"{count} column{'s' if count > 1 else ''}"


def total_rows(table: Any) -> list[int]:
    """Positions of the rows of an Arrow table that hold totals, recognized by their first filled cell."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.zeros(table.num_rows, bool)
    filled = np.zeros(table.num_rows, bool)
    for cells in table.columns[:FIRST_COLUMNS]:
        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        if not pa.types.is_string(cells.type):
            break
        matches = pc.fill_null(pc.match_substring_regex(cells, TOTAL), False).to_numpy()
        found |= matches & ~filled
        filled |= pc.is_valid(cells).to_numpy()
        if filled.all():
            break
    return [int(at) for at in np.flatnonzero(found)]


def is_footer(line: str, delimiter: str, columns: int) -> bool:
    """Whether a last line is a remark below the table: words without a separator, where rows have several cells.

    Examples
    --------
    >>> is_footer("Printed by the front desk", ",", 6), is_footer("s9,p1", ",", 6), is_footer("s9", ",", 6)
    (True, False, False)
    """
    return columns > 2 and delimiter not in line and len(line.split()) > 1
