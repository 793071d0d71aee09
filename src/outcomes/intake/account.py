"""Where every row that was read has gone: a session, merged into one, or left out, each with its reason.

Comes in: how many rows were read, and what became of them step by step. Goes out: an :class:`Account`, whose sum must
come out, and the sentences that say it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Account", "Moved"]


@dataclass(frozen=True)
class Moved:
    """Rows that are no session of their own.

    Attributes
    ----------
    how : {"merged", "left out", "added"}
        Added is a session beyond the first of a row that held several.
    why : str
        In words.
    rows : int
    """

    how: Literal["merged", "left out", "added"]
    why: str
    rows: int


@dataclass(frozen=True)
class Account:
    """What became of every row.

    Attributes
    ----------
    read, sessions : int
    moved : tuple of Moved

    Raises
    ------
    RuntimeError
        Where the sum does not come out: a fault of ours.

    Examples
    --------
    >>> print(Account(6, 4, (Moved("merged", "follow-ups of a session", 1), Moved("left out", "a total", 1))))
    6 rows read: 4 sessions, 1 merged (follow-ups of a session), 1 left out (a total).
    """

    read: int
    sessions: int
    moved: tuple[Moved, ...] = ()

    def __post_init__(self) -> None:
        if self.read + self.rows("added") != self.sessions + self.rows("merged") + self.rows("left out"):
            raise RuntimeError(f"rows unaccounted for: {self!r}")

    @classmethod
    def of(cls, read: int, sessions: int, moved: Iterable[Moved]) -> Account:
        """Account for rows, reasons that recur counted together and those of no row dropped."""
        counts: dict[tuple[Any, str], int] = {}
        for one in moved:
            counts[one.how, one.why] = counts.get((one.how, one.why), 0) + one.rows
        return cls(
            read, sessions, tuple(Moved(how, why, rows) for (how, why), rows in counts.items() if rows)
        )

    def rows(self, how: str) -> int:
        """How many rows were merged, left out or added."""
        return sum(one.rows for one in self.moved if one.how == how)

    def __str__(self) -> str:
        parts = [f"{self.sessions:,} session{'' if self.sessions == 1 else 's'}"]
        for how in ("added", "merged", "left out"):
            kinds = [one for one in self.moved if one.how == how]
            if kinds:
                said = "of them further sessions of a row" if how == "added" else how
                why = "; ".join(one.why if len(kinds) == 1 else f"{one.why}: {one.rows:,}" for one in kinds)
                parts.append(f"{self.rows(how):,} {said}" + (f" ({why})" if why else ""))
        return f"{self.read:,} row{'' if self.read == 1 else 's'} read: {', '.join(parts)}."

    def as_dict(self) -> dict[str, Any]:
        """The same for a manifest."""
        moved = [{"how": one.how, "why": one.why, "rows": one.rows} for one in self.moved]
        return {"read": self.read, "sessions": self.sessions, "moved": moved}
