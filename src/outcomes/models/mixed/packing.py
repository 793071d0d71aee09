"""How patients' sums travel from an Ibis engine: counts of several cells as the digits of one number.

In come base columns, out come the expressions to sum for each patient and, from what comes back, the column sums. Each
number holds as many counts as a float's 53 binary digits allow, which is several times faster than a column for each.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from outcomes.models import Floats
from outcomes.models.mixed.design import ONE, BaseSet, Cell
from outcomes.models.mixed.formula import Coding
from outcomes.models.mixed.sums import Key

__all__ = ["Packing", "Source"]


@dataclass(frozen=True, eq=False)
class Source:
    """The columns a formula needs, under plain names, for complete rows only once filtered.

    Attributes
    ----------
    table : ibis Table
        Columns ``e0, e1, ...`` (numeric expressions), ``v0, ...`` (numeric columns), ``f0, ...`` (factors) and
        ``g0, ...`` (groupings).
    expressions, variables, factors, groups : mapping of str to str
        Name in `table` of each.
    codings : mapping of str to Coding
    """

    table: Any
    expressions: Mapping[str, str]
    variables: Mapping[str, str]
    factors: Mapping[str, str]
    groups: Mapping[str, str]
    codings: Mapping[str, Coding]


@dataclass(frozen=True, eq=False)
class Packing:
    """How base columns travel from the engine: each count of cells a digit, each other sum a column of its own.

    Attributes
    ----------
    keys : tuple of (str, cell)
    packs : tuple of tuple of int
        Base columns that share one number, least significant digit first.
    bits : int
        Width of a digit.
    """

    keys: tuple[Key, ...]
    packs: tuple[tuple[int, ...], ...]
    bits: int

    @classmethod
    def of(cls, sets: Sequence[BaseSet], keys: Sequence[Key], bits: int) -> Packing:
        """Pack the indicators of each base set, as many to a float as its 53 binary digits hold."""
        packs: list[tuple[int, ...]] = []
        for base in sets:
            places = [i for i, (e, cell) in enumerate(keys) if BaseSet(e, tuple(f for f, _ in cell)) == base]
            step = 53 // bits if base.expression == ONE and base.factors else 1
            packs.extend(tuple(places[i : i + step]) for i in range(0, len(places), step))
        return cls(tuple(keys), tuple(packs), bits)

    @property
    def width(self) -> int:
        """Columns that travel, the number of sessions last."""
        return len(self.packs) + 1

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [*(f"s{place}" for place in range(len(self.packs))), "sessions"]

    def sums(self, records: Any, source: Source) -> dict[str, Any]:
        """What to sum for each patient."""
        wanted = [self._sum(records, source, pack) for pack in self.packs]
        return dict(zip(self.names, [*wanted, records.count()], strict=True))

    def _sum(self, records: Any, source: Source, pack: tuple[int, ...]) -> Any:
        """Sum of one column, or of the digits of several."""
        import ibis

        expression, cell = self.keys[pack[0]]
        if expression != ONE:
            column = records[source.expressions[expression]]
            return (ibis.ifelse(_inside(records, source, cell), column, 0.0) if cell else column).sum()
        if not cell:
            return records.count().cast("float64")
        digits = [
            (_inside(records, source, self.keys[i][1]), 2 ** (self.bits * j)) for j, i in enumerate(pack)
        ]
        return (
            ibis.cases(*digits, else_=0).cast("float64").sum()
        )  # 2.0 would be an exact decimal to PostgreSQL

    def unpacked(self, columns: Sequence[Any]) -> Floats | None:
        """Column sums, shape (patients, base columns), or None if a digit is too narrow."""
        sessions = columns[-1]
        if len(sessions) and int(sessions.max()) >= 2**self.bits:
            return None
        block = np.empty((len(sessions), len(self.keys)))
        for pack, column in zip(self.packs, columns, strict=False):
            if self.keys[pack[0]][0] != ONE or len(pack) == 1:
                block[:, pack[0]] = column
                continue
            digits = column.astype(np.int64)
            for place, index in enumerate(pack):
                block[:, index] = (digits >> (self.bits * place)) & (2**self.bits - 1)
        return block


def _inside(records: Any, source: Source, cell: Cell) -> Any:
    return reduce(operator.and_, (records[source.factors[name]] == level for name, level in cell))
