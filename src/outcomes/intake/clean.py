"""What cannot stay in a session, taken out and counted: cells that break a rule, rows that lack what a session needs.

Comes in: session records as text. Goes out: the same without them, every loss with its reason. What is left passes
every error rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.files.columns import without_unused
from outcomes.files.source import Source
from outcomes.files.text_table import arrow_table
from outcomes.intake.account import Moved
from outcomes.intake.check import broken_rules
from outcomes.intake.problems import Problems
from outcomes.intake.types import Lines, typed
from outcomes.record.columns import COLUMNS, KNOWN_NAMES, column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Blanked", "usable"]

_ROUNDS = 6


@dataclass(frozen=True)
class Blanked:
    """Cells of one column that were left out.

    Attributes
    ----------
    column : str
    values : tuple of str
        The first few, as they were.
    why : str
    cells : int
    """

    column: str
    values: tuple[str, ...]
    why: str
    cells: int


def usable(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Moved], list[Blanked]]:
    """Leave out rows that can be no session, and cells that no session may have.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text columns of the record; others are carried along.

    Returns
    -------
    pandas.DataFrame
    list of Moved
        Rows left out, each kind with its reason.
    list of Blanked
        Cells left out.
    """
    moved, blanked = list[Moved](), list[Blanked]()
    for _ in range(_ROUNDS):
        frame = _with_needed(frame, moved)
        if frame.empty:
            break
        found = _broken_cells(frame)
        if not found:
            break
        for name, rows, why in found:
            values = frame[name].iloc[rows].dropna()
            if len(values):
                some = tuple(dict.fromkeys(map(str, values.head(50))))[:5]
                blanked.append(Blanked(name, some, why, len(values)))
            cells = frame[name].copy()
            cells.iloc[rows] = None
            frame = frame.assign(**{name: cells})
    return frame, moved, blanked


def _with_needed(frame: pd.DataFrame, moved: list[Moved]) -> pd.DataFrame:
    """Rows that have what every session needs; ids and numbers that are made later are not asked for."""
    for c in COLUMNS:
        if c.needed and c.name in frame:
            there = frame[c.name].notna()
            moved.append(Moved("left out", f"no {c.label.lower()} that could be read", int((~there).sum())))
            frame = frame[there]
    return frame


def _broken_cells(frame: pd.DataFrame) -> list[tuple[str, Any, str]]:
    """Column, rows and reason of the cells that break an error rule."""
    own = without_unused(frame[[name for name in KNOWN_NAMES if name in frame]])
    whole = own.assign(**{c.name: "1" for c in COLUMNS if c.needed and c.name not in own})
    table = arrow_table(whole.reset_index(drop=True))
    problems = Problems("the table")
    lines = Lines(Source(Path("the table"), "frame", table, lambda rows: list(rows)), None)
    sessions = typed(table, problems, lines)
    found = [(name, sorted(rows), _why(name)) for name, rows in problems.unreadable.items() if name in own]
    unread = {name for name, _, _ in found}
    for rule, rows in broken_rules(sessions, set(own.columns)):
        name = _blamed(rule.columns)
        if rule.severity == "error" and rule.name not in ("needed", "unique") and name not in unread:
            found.append(
                (
                    name,
                    rows,
                    f"must be {rule.says}" if rule.name != "range" else f"beyond {column(name).allowed}",
                )
            )
    return found


def _why(name: str) -> str:
    return f"no {'number' if column(name).kind in ('number', 'integer') else 'value'} that could be read"


def _blamed(columns: Sequence[str]) -> str:
    """The column a rule blames; of the movement and its range, the range."""
    return columns[0]
