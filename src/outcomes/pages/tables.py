"""The tables of one run before the gate, so that all can be protected together.

What is withheld in one table may be had from another: protection is of a whole export, not of a page. A run therefore
goes through its notebooks twice: first for the tables alone, which are gathered in memory; then, once all have been
protected together, to draw and write what may be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outcomes.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gathered", "Shown", "Tables", "in_run", "of_run"]

Gathered = dict[str, "tuple[pd.DataFrame, str]"]
"""Tables as computed, with the kind each was declared to be, by ``<page>-<table>``."""
Shown = Mapping[str, "pd.DataFrame"]
"""What may be shown of each table, all tables of the run considered."""


@dataclass(frozen=True)
class Tables:
    """The tables of a notebook in a run: gathered in its first pass, shown in its second."""

    shown: Shown | None = None
    gathered: Gathered = field(default_factory=dict)

    @property
    def gathering(self) -> bool:
        """Whether the tables of the run have still to be protected together."""
        return self.shown is None

    def may_be_shown(self, key: str) -> pd.DataFrame:
        """What may be shown of a table.

        Raises
        ------
        DisclosureError
            Where the notebook did not make the table when it was first gone through.
        """
        table = (self.shown or {}).get(key)
        if table is None:
            raise DisclosureError(
                f"The table {key!r} was not there when the tables of all pages were protected together. Whether a "
                "notebook makes a table must not hang on what another table shows."
            )
        return table.copy()


_OF_RUN: ContextVar[Tables | None] = ContextVar("tables of the run", default=None)


@contextmanager
def in_run(shown: Shown | None) -> Iterator[Tables]:
    """Have every page opened in the block belong to a run: gathering tables, or showing what may be shown."""
    tables = Tables(shown)
    token = _OF_RUN.set(tables)
    try:
        yield tables
    finally:
        _OF_RUN.reset(token)


def of_run() -> Tables | None:
    """The tables of the run this notebook belongs to; None in a notebook opened by hand."""
    return _OF_RUN.get()
