"""Which columns of a file are not read, and why: one could be the record's, says who somebody is, or is another's.

Comes in: headings that nothing reads. Goes out: the reason for each, and the lines that say so. Headings that could be
a person's data are counted, not printed.
"""

from __future__ import annotations

from collections.abc import Iterable

from outcomes.deidentify.identifiers import KINDS, kind_of_name
from outcomes.intake.headings import name_score
from outcomes.intake.problems import shown_headings
from outcomes.record.columns import COLUMNS

__all__ = ["lines_of_left_out", "surely", "why_left_out"]

SURE = 0.85


def surely(heading: str) -> str | None:
    """The column of the record that a heading surely speaks of.

    Examples
    --------
    >>> surely("Soreness Hours"), surely("room")
    ('soreness_h', None)
    """
    score, name = max((name_score(c, heading), c.name) for c in COLUMNS)
    return name if score >= SURE else None


def why_left_out(heading: str) -> str:
    """Why nothing reads a column.

    Examples
    --------
    >>> why_left_out("Date of birth"), why_left_out("room")
    ('looks like a birth date', 'not part of the record')
    """
    kind = kind_of_name(heading)
    return f"looks like {KINDS[kind].says}" if kind else "not part of the record"


def lines_of_left_out(headings: Iterable[str], file: str) -> list[str]:
    """Say which columns of a file were not read, and why."""
    names = [str(name) for name in headings]
    ours = {name: found for name in names if (found := surely(name))}
    personal = {name: why_left_out(name) for name in names if name not in ours and kind_of_name(name)}
    others = [name for name in names if name not in ours and name not in personal]
    lines = []
    if ours:
        listed = ", ".join(f"{name} ({found})" for name, found in ours.items())
        lines.append(
            f"Left out, though it could be the record's: {listed}. `outcomes prepare {file}` reads it."
        )
    if personal:
        listed = ", ".join(f"{shown_headings([name])} ({why})" for name, why in personal.items())
        lines.append(f"Left out, and never read: {listed}.")
    if others:
        lines.append(f"Not part of the record, and left out: {shown_headings(others)}.")
    return lines
