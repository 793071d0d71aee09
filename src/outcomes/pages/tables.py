"""The tables of one run before the gate, kept where only this user can read, so that all can be protected together.

What is withheld in one table may be had from another: protection is of a whole export, not of a page. A run therefore
goes through its notebooks twice: first for the tables alone, which go into the vault; then, once all have been
protected together, to draw and write what was agreed. Nothing of a vault reaches the folder of pages.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.disclosure.gate import protect_all
from outcomes.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.disclosure.ledger import Ledger

__all__ = ["VAULT", "Vault", "open_vault"]

SETTLED = "settled"
VAULT = "OUTCOMES_VAULT"
"""Environment variable that names the folder, in the processes of a run."""


@dataclass(frozen=True)
class Vault:
    """A private folder of tables, each named ``<page>-<table>``."""

    folder: Path

    @property
    def settled(self) -> bool:
        """Whether the tables have been protected together."""
        return (self.folder / SETTLED).is_file()

    def keep(self, key: str, raw: pd.DataFrame, kind: str) -> None:
        """Put a table in."""
        (self.folder / f"{key}.kept").write_bytes(pickle.dumps((raw, kind)))

    def agreed(self, key: str) -> pd.DataFrame:
        """What may be shown of a table, all tables of the run considered.

        Raises
        ------
        DisclosureError
            Where the notebook did not make the table when it was first gone through.
        """
        path = self.folder / f"{key}.agreed"
        if not path.is_file():
            raise DisclosureError(
                f"The table {key!r} was not there when the tables of all pages were protected together. Whether a "
                "notebook makes a table must not hang on what another table shows."
            )
        table: pd.DataFrame = pickle.loads(path.read_bytes())
        return table

    def agree(
        self, audience: str, *, shown_before: Mapping[str, pd.DataFrame], ledger: Ledger | None
    ) -> tuple[set[str], dict[str, pd.DataFrame]]:
        """Protect all tables together.

        Parameters
        ----------
        audience : str
        shown_before : mapping of str to pandas.DataFrame
            Tables of pages that are taken over unchanged: protected already, and part of the export.
        ledger : Ledger, optional
            What earlier exports showed.

        Returns
        -------
        set of str
            Pages among those taken over that must be written anew, because a table of theirs must say less.
        dict of str to pandas.DataFrame
            Every table as agreed.
        """
        kept = {path.stem: pickle.loads(path.read_bytes()) for path in sorted(self.folder.glob("*.kept"))}
        tables = {**shown_before, **{key: raw for key, (raw, _) in kept.items()}}
        reference = [key for key, (_, kind) in kept.items() if kind == "reference"]
        found = protect_all(tables, audience, reference=reference, ledger=ledger)
        agreed = {key: protected.table for key, protected in found.items()}
        for key, table in agreed.items():
            (self.folder / f"{key}.agreed").write_bytes(pickle.dumps(table))
        (self.folder / SETTLED).touch()
        changed = {key for key, shown in shown_before.items() if not _says_the_same(agreed[key], shown)}
        return {key.partition("-")[0] for key in changed}, agreed


def _says_the_same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables show the same cells, of whatever dtype (a note may word its reason differently)."""
    cells = [table.drop(columns="note", errors="ignore").astype(object) for table in (one, other)]
    first, second = (table.where(table.notna(), None).reset_index(drop=True) for table in cells)
    return first.equals(second)


def open_vault() -> Vault | None:
    """The vault of the run this kernel belongs to; None in a notebook opened by hand."""
    folder = os.environ.get(VAULT)
    return Vault(Path(folder)) if folder else None
