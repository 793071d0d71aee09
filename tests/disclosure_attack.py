"""A reader with integer programming: how closely can what is withheld be worked out from what is shown?

Written apart from the library's own guard: it knows no margins and no complements, only people. Every
combination of all keys (and time) is an unknown non-negative number of patients, and everything a table shows
is a sum of such unknowns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

LIMIT = 11


def possible(shown: float, width: int, most: float = np.inf) -> tuple[float, float]:
    """The least and the most people a rounded number stands for: a band as wide as its note says, told by its middle.

    A row that is shown has at least as many patients as the limit.
    """
    top = most if np.isfinite(most) else shown + 2 * width
    last = max(int((most + 1) // width) - 1, 0) if np.isfinite(most) else 10**9
    counts = [n for n in range(LIMIT, int(top) + 1) if _printed(n, most, width, last) == shown]
    return float(min(counts)), float(max(counts))


def _printed(count: int, most: float, width: int, last: int) -> float:
    at = min(count // width, last)
    middle = (max(at * width, LIMIT) + at * width + width - 1) // 2
    return most if at == last else 5.0 * ((middle * 2 + 5) // 10)


class Reader:
    """Unknowns are counts per combination of keys; rows of tables are sums of them."""

    def __init__(self, levels: Mapping[str, list[str]], times: tuple[str, ...] = ("",)) -> None:
        self.keys = list(levels)
        self.leaves = [dict(zip(self.keys, leaf, strict=True)) for leaf in product(*levels.values())]
        self.times = times
        self.size = len(self.leaves) * len(times)
        self.equal: list[np.ndarray] = []
        self.total: list[float] = []
        self.within: list[np.ndarray] = []
        self.most: list[float] = []
        for i in range(len(self.leaves)):
            for earlier, later in zip(range(len(times)), range(1, len(times)), strict=False):
                row = np.zeros(self.size)
                row[i * len(times) + later], row[i * len(times) + earlier] = 1.0, -1.0
                self.within.append(row)
                self.most.append(0.0)

    def row_of(self, row: Mapping[str, object]) -> np.ndarray:
        """Coefficients of the unknowns that a row of a table is the sum of."""
        asked = {key: row[key] for key in self.keys if key in row and row[key] != "all"}
        time = self.times.index(str(row["time"])) if "time" in row else 0
        found = np.zeros(self.size)
        for i, leaf in enumerate(self.leaves):
            if all(leaf[key] == value for key, value in asked.items()):
                found[i * len(self.times) + time] = 1.0
        return found

    def learn(self, table: pd.DataFrame, count: str = "patients", most: float = np.inf) -> None:
        """Take in every count a table shows, rounded where its note says so; withheld is fewer than the limit."""
        for row in table.to_dict("records"):
            note = str(row.get("note") or "")
            if pd.isna(row[count]):
                self.between(self.row_of(row), 0.0, LIMIT - 1.0 if note.startswith("withheld") else np.inf)
            elif width := re.search(rf"{count}[a-z ]* rounded to a band of (\d+)", note):
                self.between(self.row_of(row), *possible(float(row[count]), int(width.group(1)), most))
            else:
                self.equal.append(self.row_of(row))
                self.total.append(float(row[count]))

    def between(self, row: np.ndarray, low: float, high: float) -> None:
        """A sum lies between two numbers."""
        self.within += [-row] + ([row] if np.isfinite(high) else [])
        self.most += [-low] + ([high] if np.isfinite(high) else [])

    def learn_share(self, table: pd.DataFrame, share: str) -> None:
        """Take in every share beside its denominator."""
        for row in table.to_dict("records"):
            if pd.notna(row[share]) and pd.notna(row["sessions"]):
                self.equal.append(self.row_of(row))
                self.total.append(float(row[share]) * float(row["sessions"]))

    def learn_ceiling(self, table: pd.DataFrame, count: str) -> None:
        """A part is no greater than the whole a table shows."""
        for row in table.to_dict("records"):
            if pd.notna(row[count]):
                self.within.append(self.row_of(row))
                self.most.append(float(row[count]))

    def width(self, row: Mapping[str, object]) -> float:
        """Width of the range in which a withheld count must lie; from 1 to 10 says no more than that it is withheld."""
        cost = self.row_of(row)
        ends = []
        for sign in (1.0, -1.0):
            solved = milp(
                sign * cost,
                integrality=np.ones(self.size),
                bounds=Bounds(0.0, np.inf),
                constraints=self._sums(),
            )
            if solved.status == 3:
                return np.inf
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        says_few = ends[0] <= 1 + 1e-6 and ends[1] >= LIMIT - 1 - 1e-6
        return max(ends[1] - ends[0], LIMIT - 1.0) if says_few else ends[1] - ends[0]

    def _sums(self) -> list[LinearConstraint]:
        """Everything that was learned."""
        found = []
        if self.equal:
            found.append(LinearConstraint(np.array(self.equal), self.total, self.total))
        if self.within:
            found.append(LinearConstraint(np.array(self.within), -np.inf, self.most))
        return found

    def narrowest(self, tables: list[pd.DataFrame], count: str = "patients") -> float:
        """The closest this reader comes to any withheld count; a zero that is not shown may be known."""
        every = [row for table in tables for row in table.to_dict("records") if pd.isna(row[count])]
        rows = [row for row in every if str(row["note"]).startswith("withheld")]
        return min((self.width(row) for row in rows), default=np.inf)
