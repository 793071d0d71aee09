"""A reader with integer programming: how closely can what is withheld be worked out from what is shown?

Written apart from the library's own guard: it knows no margins and no complements, only people. Every
combination of all keys (and time) is an unknown non-negative number of patients, and everything a table shows
is a sum of such unknowns.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

LIMIT = 11


def possible(shown: float, most: float = np.inf) -> list[tuple[float, float]]:
    """The least and the most people a rounded number stands for: a band of 11, 22, ..., told by its middle.

    One number may stand for bands of several widths, and nobody is told which: each is possible.
    """
    top = most if np.isfinite(most) else shown + 8 * LIMIT
    found = []
    for width in (LIMIT, 2 * LIMIT, 4 * LIMIT, 8 * LIMIT):
        last = max(int((most + 1) // width) - 1, 0) if np.isfinite(most) else 10**9
        counts = [n for n in range(int(top) + 1) if _printed(n, most, width, last) == shown]
        if counts:
            found.append((float(min(counts)), float(max(counts))))
    return found


def _printed(count: int, most: float, width: int, last: int) -> float:
    at = min(count // width, last)
    middle = (2 * at * width + width - 1) // 2
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
        self.either: list[tuple[np.ndarray, list[tuple[float, float]]]] = []
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
            elif "rounded" in note:
                self.either.append((self.row_of(row), possible(float(row[count]), most)))
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
        """Width of the range in which a withheld count must lie."""
        choices = sum(len(bands) for _, bands in self.either)
        cost = np.concatenate([self.row_of(row), np.zeros(choices)])
        whole = np.concatenate([np.zeros(self.size), np.ones(choices)])
        ends = []
        for sign in (1.0, -1.0):
            solved = milp(
                sign * cost,
                integrality=whole,
                bounds=Bounds(0.0, np.where(whole == 1.0, 1.0, np.inf)),
                constraints=self._sums(choices),
            )
            if solved.status == 3:
                return np.inf
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        return ends[1] - ends[0]

    def _sums(self, choices: int) -> list[LinearConstraint]:
        """Everything that was learned; of each rounded number that one of its bands is the one it stands for."""
        found, at = [], self.size
        for rows, low, high in (
            (self.equal, self.total, self.total),
            (self.within, [-np.inf] * len(self.most), self.most),
        ):
            if rows:
                found.append(LinearConstraint(np.hstack([rows, np.zeros((len(rows), choices))]), low, high))
        for row, bands in self.either:
            one, least, most = (np.concatenate([part, np.zeros(choices)]) for part in (0 * row, row, row))
            here = slice(at, at + len(bands))
            one[here], least[here], most[here] = 1.0, [-low for low, _ in bands], [-high for _, high in bands]
            found.append(LinearConstraint([one, least, most], [1.0, 0.0, -np.inf], [1.0, np.inf, 0.0]))
            at += len(bands)
        return found

    def narrowest(self, tables: list[pd.DataFrame], count: str = "patients") -> float:
        """The closest this reader comes to any withheld count; a zero that is not shown may be known."""
        every = [row for table in tables for row in table.to_dict("records") if pd.isna(row[count])]
        rows = [row for row in every if str(row["note"]).startswith("withheld")]
        return min((self.width(row) for row in rows), default=np.inf)
