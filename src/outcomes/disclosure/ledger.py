"""The ledger of what earlier exports showed, so that a later one gives no small group away by difference.

A JSON file in the folder of the exports comes in, and the rows to withhold go out: those where a count
differs from an earlier export's count of the same cell by a small number. It holds the counts that were
shown and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from outcomes.disclosure.columns import kinds_of
from outcomes.disclosure.limits import limits_for
from outcomes.errors import DisclosureError, ExportError
from outcomes.files.write import write_whole

__all__ = ["LEDGER_COLUMNS", "Ledger"]

LEDGER_COLUMNS = ("table", "row", "cell", "reason")
_FORMAT = "outcomes ledger"
_VERSION = 1
_COUNTS = ("patients", "sessions", "part")
_KEYS = ("split", "time", "ordered", "label", "mention")


@dataclass
class Ledger:
    """Counts shown by earlier exports.

    Attributes
    ----------
    counts : dict of str to list of float
        By cell (table, keys, column): every count shown so far, each once.
    """

    counts: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Ledger:
        """Read a ledger; a file that is not there yet is an empty one.

        Raises
        ------
        DisclosureError
            Where the file is there but is not a ledger: without it nothing guards against differences.
        """
        file = Path(path)
        if not file.exists():
            return cls()
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            if held["format"] != _FORMAT or held["version"] != _VERSION:
                raise ValueError
            return cls({str(k): [float(n) for n in v] for k, v in held["counts"].items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DisclosureError(
                f"the file {file.name} is not a ledger of earlier exports (version {_VERSION}), so a small group "
                "could be had by difference. Put the ledger back from a copy, or export to a new folder and "
                "withdraw what the old one shows."
            ) from error

    def check(self, tables: Mapping[str, pd.DataFrame], *, audience: str = "owner") -> pd.DataFrame:
        """Find the rows that would give a small group away beside what was shown before.

        Parameters
        ----------
        tables : mapping of str to pandas.DataFrame
            The tables about to be shown; withheld counts are missing.
        audience : str

        Returns
        -------
        pandas.DataFrame
            ``table, row, cell, reason``: a row per row to withhold, ``row`` being its position. The reason names
            no count.
        """
        limits = limits_for(audience)
        reason = f"withheld: differs from an earlier export by fewer than {limits.least_patients} patients"
        found: dict[tuple[str, int], str] = {}
        for name, row, cell, value in _shown_counts(tables):
            if any(limits.is_small(abs(value - earlier)) for earlier in self.counts.get(cell, [])):
                found.setdefault((name, row), cell)
        rows = [(name, row, cell, reason) for (name, row), cell in found.items()]
        return pd.DataFrame(rows, columns=list(LEDGER_COLUMNS))

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Enter the counts these tables show."""
        for _, _, cell, value in _shown_counts(tables):
            earlier = self.counts.setdefault(cell, [])
            if value not in earlier:
                earlier.append(value)

    def save(self, path: str | Path) -> None:
        """Write the ledger, whole or not at all.

        Raises
        ------
        ExportError
            Where it cannot be written.
        """
        file = Path(path)
        text = json.dumps({"format": _FORMAT, "version": _VERSION, "counts": self.counts}, sort_keys=True)
        try:
            write_whole(file, text + "\n")
        except ExportError as error:
            raise ExportError(
                f"{error} Without the ledger of earlier exports nothing may be shown."
            ) from error


def _shown_counts(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, int, str, float]]:
    found = []
    for name, table in tables.items():
        kinds = kinds_of(table.columns, name)
        keys = sorted(c for c, kind in kinds.items() if kind.kind in _KEYS)
        counts = [c for c, kind in kinds.items() if kind.kind in _COUNTS]
        for number, row in enumerate(table.itertuples(index=False, name=None)):
            value = dict(zip(table.columns, row, strict=True))
            key = "; ".join([name, *(f"{k}={value[k]}" for k in keys)])
            found += [(name, number, f"{key}; {c}", float(value[c])) for c in counts if pd.notna(value[c])]
    return found
