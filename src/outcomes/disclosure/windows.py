"""What a reader is told of each count: the count itself, a rounded share, or a range.

Only the patients and sessions of a whole group are told exactly. Every other count is told as a band of at least as
many numbers as the limit, counted from none upwards: fewer than 11, 11 to 21, ...; the last band reaches up to the
whole. So however close two counts of one group are, nobody can tell by how much they differ: the bands are the same for
all, and those of one width fit into those of twice the width.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor

from outcomes.disclosure.constraints import System
from outcomes.disclosure.counts import PART, Cell
from outcomes.disclosure.rounding import between, fraction_above, fraction_below

__all__ = ["LEVELS", "Band", "Windows", "band"]

FAR = 1e6
"""More than any count that no table shows."""

LEVELS = 5
"""0: exactly, as the patients and sessions of a whole group; 1 and up: in bands, each of twice the width; at the last
nothing is told."""


@dataclass(frozen=True)
class Band:
    """A range of counts, of a whole."""

    low: float
    high: float
    whole: float

    @property
    def middle(self) -> float:
        """The count in the middle, for a chart or a table that takes a number; of the last band the whole."""
        return self.whole if self.high >= self.whole else floor((self.low + self.high) / 2)

    def within(self, whole: float) -> Band:
        """The band as one of a smaller whole."""
        return Band(min(self.low, whole), min(self.high, whole), whole)

    @property
    def is_wide(self) -> bool:
        """Whether a number in the middle would say too much: none or all may be in it, or it is wider than a sixth."""
        return self.low <= 0 or self.high >= self.whole or self.high - self.low > self.whole / 6

    @property
    def tells_nothing(self) -> bool:
        """Whether the band is all there is."""
        return self.low <= 0 and self.high >= self.whole

    @property
    def fractions(self) -> tuple[float | None, float | None]:
        """Simple fractions of the whole around the band; none below one from nobody, none above one up to all."""
        low = fraction_below(self.low / self.whole) if self.low > 0 else None
        return low, fraction_above(self.high / self.whole) if self.high < self.whole else None

    def words(self) -> str:
        """The band in words.

        Examples
        --------
        >>> Band(0, 10, 45).words(), Band(35, 45, 45).words(), Band(22, 32, 65).words()
        ('fewer than 11 of 45 (under 1 in 4)', 'more than 34 of 45 (over 3 in 4)', '22 to 32 of 65 (1 in 3 to 1 in 2)')
        """
        if self.tells_nothing:
            return "not shown, too few sessions"
        low, high = self.fractions
        if self.low <= 0:
            said = f"fewer than {self.high + 1:,.0f}"
        elif self.high >= self.whole:
            said = f"more than {self.low - 1:,.0f}"
        else:
            said = f"{self.low:,.0f} to {self.high:,.0f}"
            low, high = (low, high) if low and high else (None, None)
        around = between(low, high)
        return f"{said} of {self.whole:,.0f}" + (f" ({around})" if around else "")

    def share_words(self) -> str:
        """The band in words where neither how many it is nor of how many is told.

        Examples
        --------
        >>> Band(22, 32, 65).share_words(), Band(0, 10, 10).share_words()
        ('1 in 3 to 1 in 2', 'not shown, too few sessions')
        """
        return between(*self.fractions) or Band(0.0, 1.0, 1.0).words()


def band(count: float, whole: float, width: int) -> Band:
    """The band a count lies in.

    Examples
    --------
    >>> band(3, 45, 11), band(24, 45, 11), band(40, 45, 11)
    (Band(low=0, high=10, whole=45), Band(low=22, high=32, whole=45), Band(low=33, high=45, whole=45))
    """
    last = max(floor((whole + 1) / width) - 1, 0)
    at = min(floor(count / width), last)
    return Band(at * width, whole if at == last else (at + 1) * width - 1, whole)


@dataclass
class Windows:
    """How much is told of each count of an export.

    Attributes
    ----------
    system : System
    level : dict of Cell to int
        Of those told less closely than at first; changed by :meth:`loosen` and :meth:`put_back` alone.
    """

    system: System
    level: dict[Cell, int] = field(default_factory=dict)
    _told: dict[Cell, tuple[float, float]] = field(default_factory=dict, repr=False)

    def whole(self, cell: Cell) -> float:
        """What a count is known to be at most: the whole it is part of, or the patients and sessions of its group.

        Where those of the group are not told exactly, all patients and sessions; where these are not, none is known.
        """
        if cell.of is not None:
            return cell.of
        for where in (cell.where, frozenset[tuple[str, str]]()):
            whole = self.system.wholes.get(where, {}).get(cell.unit)
            if (
                whole is not None
                and whole >= cell.value
                and not self.level.get(Cell(cell.unit, where, whole), 0)
            ):
                return whole
        return FAR

    def band(self, cell: Cell) -> Band | None:
        """The band a count is told as; none where it is told exactly."""
        level = self.at(cell)
        if not level:
            return None
        return band(cell.value, self.whole(cell), self.width(cell))

    def width(self, cell: Cell) -> int:
        """How many counts the band holds that a count is told as: one where it is told exactly."""
        level = self.at(cell)
        if level == LEVELS:
            return ceil(self.whole(cell)) + 1
        return self.system.limits.least_patients << (level - 1) if level else 1

    def of(self, cell: Cell) -> tuple[float, float]:
        """The least and the most a reader takes the count to be; a row that is shown rests on enough patients."""
        told = self._told.get(cell)
        if told is None:
            told = self._told[cell] = self._of(cell)
        return told

    def _of(self, cell: Cell) -> tuple[float, float]:
        if cell not in self.system.shown:
            few = cell.unit == "patients" and not cell.kind and self.system.limits.is_small(cell.value)
            return 0.0, self.system.limits.least_patients - 1.0 if few else (cell.of or FAR)
        shown = self.band(cell)
        if shown is None:
            return cell.value, cell.value
        least = 0.0 if cell.kind == PART else min(float(self.system.limits.least_patients), cell.value)
        return max(shown.low, least), shown.high

    def at(self, cell: Cell) -> int:
        """How closely a count is told: exactly only where it is all there is of a group, or nobody is in the row."""
        is_exact = cell.kind != PART and (self.system.is_whole(cell) or not cell.value)
        return self.level.get(cell, 0 if is_exact else 1)

    def loosen(self, cell: Cell) -> None:
        """Tell less of a count, so much that it makes a difference."""
        before = self.of(cell)
        while self.at(cell) < LEVELS and self.of(cell) == before:
            self.put_back(cell, self.at(cell) + 1)

    def put_back(self, cell: Cell, level: int | None) -> None:
        """Tell a count as closely as a level says; None is as closely as at first."""
        if level is None:
            self.level.pop(cell, None)
        else:
            self.level[cell] = level
        if cell.kind == PART:
            self._told.pop(cell, None)
        else:  # others are told as bands up to this count
            self._told.clear()

    def can_loosen(self, cell: Cell) -> bool:
        """Whether there is something left to tell less of."""
        if cell not in self.system.shown or self.at(cell) >= LEVELS or (cell.kind != PART and not cell.value):
            return False
        shown = self.band(cell)
        return shown is None or not shown.tells_nothing
