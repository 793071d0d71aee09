"""What to do about a number that cannot be: a remedy that fits the value, not only the column.

Comes in: a rule that numbers break, and the numbers. Goes out: the numbers' places, by what to do about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from outcomes.intake.values import missing_code
from outcomes.record.columns import Column, column
from outcomes.record.rules import Rule

__all__ = ["by_remedy", "remedy"]

BLANK = "or leave the cell blank if it is not known"


def by_remedy(rule: Rule, values: Iterable[float]) -> list[tuple[Rule, list[int]]]:
    """The rule with each remedy that its values ask for, and which values those are."""
    held = list(values)
    if rule.name != "range":
        return [(rule, list(range(len(held))))]
    c = column(rule.columns[0])
    marks = any(is_on_a_line_of_100(c, value) for value in held)
    found: dict[str, list[int]] = {}
    for at, value in enumerate(held):
        found.setdefault(remedy(c, value, marks=marks), []).append(at)
    return [(replace(rule, remedy=what), places) for what, places in found.items()]


def is_on_a_line_of_100(c: Column, value: float) -> bool:
    """Whether a value was surely read off a line of 100 mm where a 0-10 scale is asked for."""
    return c.high == 10 and 20 < value <= 100 and missing_code(f"{value:g}", c.high) is False


def remedy(c: Column, value: float, *, marks: bool = False) -> str:
    """What to do about a number that is out of its range.

    Parameters
    ----------
    c : Column
    value : float
    marks : bool
        Whether other values of the column were surely read off a line of 100 mm.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> remedy(column("pain_pre"), -99)
    'a code for missing? then list it in the mapping, missing = ["-99"], or leave the cell blank'
    >>> remedy(column("pain_pre"), 12)
    'a slip of the keys? the most is 10: correct the value, or leave the cell blank if it is not known'
    """
    if missing_code(f"{value:g}", c.high) is not False:
        return f'a code for missing? then list it in the mapping, missing = ["{value:g}"], or leave the cell blank'
    if c.low is not None and value < 0:
        return f"a minus sign too many? nothing is below {c.low:g}: correct the value, {BLANK}"
    if c.high == 10 and 10 < value <= 100 and (marks or value > 20):
        return f'was this a 100-mm scale? then set {c.name} = "mm" under [units] in the mapping'
    if c.high == 10 and value == 11:
        return f"a scale numbered from 1 to 11, or a slip for 1 or 10? correct the value, {BLANK}"
    if c.high == 10 and 10 < value <= 20:
        return f"a slip of the keys? the most is 10: correct the value, {BLANK}"
    return f"correct the value, {BLANK}"
