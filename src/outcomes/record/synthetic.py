"""The mark of a synthetic session, in the one column that every record has and none may leave blank.

Comes in: session ids. Goes out: whether all, some or none of the sessions are synthetic, and the words that say so.
An id that begins with the mark keeps it through Excel, CSV, Parquet, a mapping, a filter or a merge of files; a record
without the mark is a clinic's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SYNTHETIC", "SYNTHETIC_MARK", "Synthetic", "how_synthetic", "mark_of"]

Synthetic = Literal["", "some", "all"]
SYNTHETIC_MARK = "synthetic-"
"""How the ``session_id`` of a synthetic session begins."""
SYNTHETIC = {
    "all": "Synthetic records, made by a computer. No patient in them exists. Nothing here is evidence about needling.",
    "some": "Some of these records are synthetic, made by a computer. Nothing here is evidence about needling.",
}
"""What is said of pages that rest on synthetic records, by how many of the records are."""


def how_synthetic(session_ids: pd.Series) -> Synthetic:
    """Whether all, some or none (an empty text) of the sessions are synthetic.

    Examples
    --------
    >>> import pandas as pd
    >>> how_synthetic(pd.Series(["synthetic-P0001-01"])), how_synthetic(pd.Series(["synthetic-P0001-01", "S7"]))
    ('all', 'some')
    >>> how_synthetic(pd.Series(["S7"])), how_synthetic(pd.Series([], dtype="str"))
    ('', '')
    """
    marked = session_ids.astype("str").str[: len(SYNTHETIC_MARK)].str.casefold() == SYNTHETIC_MARK
    return "all" if len(marked) and marked.all() else "some" if marked.any() else ""


def mark_of(session_id: str) -> str:
    """The mark where a session id has it, else nothing: what a pseudonym of the id must begin with.

    Examples
    --------
    >>> mark_of("Synthetic-P0001-01"), mark_of("P0001-01")
    ('synthetic-', '')
    """
    return SYNTHETIC_MARK if session_id.casefold().startswith(SYNTHETIC_MARK) else ""
