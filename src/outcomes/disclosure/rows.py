"""A table as rows that can be found again in a later release: what each is of, what it shows, who stands behind it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from outcomes.disclosure.columns import UNDIVIDED, kinds_of
from outcomes.disclosure.counts import NUMBERS

__all__ = ["Rows"]

_EVERYBODY = ("all", "all_conditions")


@dataclass(frozen=True)
class Rows:
    """The rows of one table.

    Attributes
    ----------
    name : str
    columns : list of str
    values : dict of str to list
        What is shown, by a key made of the values that say what a row is of.
    behind : dict of str to (float, str)
        How many patients stand behind a row, and a keyed hash of its figures before the gate.
    """

    name: str
    columns: list[str]
    values: dict[str, list[Any]] = field(default_factory=dict)
    behind: dict[str, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, table: pd.DataFrame, raw: pd.DataFrame, key: bytes) -> Rows:
        """Read a table, and what was computed before the gate."""
        made = cls(name, [str(column) for column in table.columns])
        kinds = kinds_of(table.columns, name)
        keys = {column: kind.kind for column, kind in kinds.items() if kind.kind in ("split", *UNDIVIDED)}
        keys = {column: kind for column, kind in keys.items() if kind == "name"} or keys
        patients = raw["patients"] if "patients" in raw else pd.Series(0.0, index=raw.index)
        for at, (shown, before) in enumerate(zip(_plain(table), _plain(raw), strict=True)):
            found = json.dumps(
                [_named(kind, shown[table.columns.get_loc(column)]) for column, kind in keys.items()]
            )
            while found in made.values:
                found += "'"
            made.values[found] = shown
            figures = hmac.new(key, json.dumps(before).encode(), hashlib.sha256).hexdigest()[:16]
            made.behind[found] = float(patients.iloc[at] or 0.0), figures
        return made

    @classmethod
    def read(cls, name: str, held: Mapping[str, Any]) -> Rows:
        """Read what a history holds."""
        values = dict(zip(held["keys"], held["values"], strict=True))
        behind = {
            key: (float(n), str(digest))
            for key, (n, digest) in zip(held["keys"], held["behind"], strict=True)
        }
        return cls(name, list(held["columns"]), values, behind)

    def held(self) -> dict[str, Any]:
        """What a history is to hold."""
        return {
            "columns": self.columns,
            "keys": list(self.values),
            "values": list(self.values.values()),
            "behind": [self.behind[key] for key in self.values],
        }

    def empty(self) -> Rows:
        """The table without rows."""
        return Rows(self.name, list(self.columns))

    def take(self, key: str, other: Rows) -> None:
        """Take a row over; a column it does not have is blank."""
        row = dict(zip(other.columns, other.values[key], strict=True))
        self.columns.extend(column for column in other.columns if column not in self.columns)
        self.values[key] = [row.get(column) for column in self.columns]
        self.behind[key] = other.behind[key]

    def noted(self, key: str, note: str) -> Rows:
        """One row with an addition to its note, unless it says so already."""
        row = dict(zip(self.columns, self.values[key], strict=True))
        old = str(row.get("note") or "")
        row["note"] = old if "as of release" in old else "; ".join(filter(None, [old, note]))
        return Rows(self.name, list(row), {key: list(row.values())}, {key: self.behind[key]})

    def withheld(self, key: str, note: str) -> Rows:
        """One row without its figures, and why."""
        kinds = kinds_of(self.columns, self.name)
        row = dict(zip(self.columns, self.values[key], strict=True))
        row |= {name: None for name in row if kinds[name].kind in NUMBERS or kinds[name].kind == "text"}
        row["note"] = note
        return Rows(self.name, list(row), {key: list(row.values())}, {key: self.behind[key]})

    def where(self, key: str) -> tuple[str | None, frozenset[str]]:
        """The condition a row is of, and the other groups it is of."""
        kinds = kinds_of(self.columns, self.name)
        row = dict(zip(self.columns, self.values[key], strict=True))
        splits = {
            n: str(row[n]) for n in self.columns if kinds[n].kind == "split" and row[n] not in _EVERYBODY
        }
        condition = splits.pop("condition", None)
        return condition, frozenset(splits.values())

    def differs_enough(self, key: str, earlier: Rows, least: int) -> bool:
        """Whether a row is computed from the same patients as before, or from others by enough."""
        n, figures = self.behind[key]
        before, as_they_were = earlier.behind[key]
        return figures == as_they_were or abs(n - before) >= least

    def frame(self, like: pd.DataFrame) -> pd.DataFrame:
        """The table, its columns as those of another."""
        rows = [row + [None] * (len(self.columns) - len(row)) for row in self.values.values()]
        frame = pd.DataFrame(rows, columns=self.columns)
        for name in frame.columns:
            dtype = like[name].dtype if name in like else None
            if dtype is not None and (frame[name].notna().all() or pd.api.types.is_float_dtype(dtype)):
                frame[name] = frame[name].astype(dtype)
            elif dtype is not None and pd.api.types.is_numeric_dtype(dtype):
                frame[name] = frame[name].astype("float64")
        frame.attrs = dict(like.attrs)
        return frame


def _named(kind: str, value: Any) -> str:
    """What a value says a row is of."""
    return re.sub(r"\d+", "n", str(value)) if kind == "numbered" else str(value)


def _plain(table: pd.DataFrame) -> list[list[Any]]:
    """Rows of plain values: numbers, texts, and None where missing."""
    rows: list[list[Any]] = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    return [[value.item() if hasattr(value, "item") else value for value in row] for row in rows]
