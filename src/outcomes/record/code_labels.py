"""Codes of the session record in words: for forms, drop-downs and the data dictionary."""

from __future__ import annotations

from outcomes.record.columns import ACTIVITIES, Column
from outcomes.record.conditions import CONDITIONS, condition_label
from outcomes.record.measures import MOVEMENTS, movement

__all__ = ["allowed_in_words", "code_label", "offered_codes"]


def allowed_in_words(c: Column) -> str:
    """What a column may hold, in words."""
    if c.kind == "tags" and not c.values:
        return "short codes in letters, digits and underscores, ; between"
    return c.allowed


def offered_codes(c: Column) -> tuple[str, ...]:
    """Codes a form offers for a column: those allowed, or, where the list is open, those suggested.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> offered_codes(column("side")), offered_codes(column("activity"))[:2], offered_codes(column("pain_pre"))
    (('left', 'right', 'both', 'midline'), ('desk_work', 'hairstylist'), ())
    """
    return ACTIVITIES if c.name == "activity" else c.values


def code_label(c: Column, code: str) -> str:
    """A code in words.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> code_label(column("technique"), "deep_static"), code_label(column("age_band"), "20-29")
    ('Deep static', '20-29')
    """
    if c.name == "condition" and code in CONDITIONS:
        return condition_label(code)
    if c.name == "rom_movement" and code in MOVEMENTS:
        return f"{movement(code).label} ({movement(code).unit})"
    return code.replace("_", " ").capitalize()
