"""Sessions in, outcome columns out: relief, gain, what was kept, responder flags; all *positive = better*.

One definition serves a pandas frame and an Ibis table (any engine): it is written in Narwhals expressions.
The input is never changed; a column that is there already is left as it is. Readings outside the follow-up
window do not count as 2-day outcomes. What a session lacks (no reading, baseline too low for the rule) is
missing in the outcome, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import narwhals as nw
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.record.plan import active_plan

__all__ = [
    "DERIVED",
    "Followup",
    "ResponderRule",
    "meets",
    "outside",
    "reaches",
    "with_outcomes",
    "within_between",
]

Table = TypeVar("Table")
_ROUNDING = 1e-9
"""Far above what a sum of tenths is off by in binary, far below any difference that a scale can show."""


@dataclass(frozen=True)
class ResponderRule:
    """When a session counts as a response: relief of at least so many points *and* so many percent.

    The default is the plan's (``reference/plan.toml``): IMMPACT's moderate change with an absolute floor (Dworkin
    2008, J Pain 9:105; Farrar 2001, Pain 94:149). Other published rules stand in ``responder_rules.csv``.

    Attributes
    ----------
    percent : float
        Least relief, in percent of the pain before the session.
    points : float
        Least relief, in points of the 0-10 scale.
    least_baseline : float
        Sessions that began below this pain cannot meet the rule and are left out.
    """

    percent: float = field(default_factory=lambda: active_plan().responder.percent)
    points: float = field(default_factory=lambda: active_plan().responder.points)
    least_baseline: float = field(default_factory=lambda: active_plan().responder.least_baseline)


@dataclass(frozen=True)
class Followup:
    """Hours after the session within which a reading counts as the 2-day outcome."""

    least_h: float = field(default_factory=lambda: active_plan().followup.least_h)
    most_h: float = field(default_factory=lambda: active_plan().followup.most_h)


def reaches(value: Any, threshold: Any) -> Any:
    """Where a change or a reading is at least so much: the one comparison with a threshold, as on paper.

    Readings are kept in tenths, which binary holds inexactly: 3.3 − 1.3 is 1.9999999999999998, and is 2.

    Parameters
    ----------
    value, threshold : float, array, Series or expression of any engine
        In the same unit.

    Examples
    --------
    >>> 3.3 - 1.3 >= 2, reaches(3.3 - 1.3, 2), reaches(1.999, 2)
    (False, True, False)
    """
    return value - threshold >= -_ROUNDING


def meets(change: Any, before: Any, rule: ResponderRule) -> Any:
    """Where a change of pain meets a rule: points, percent of the pain before, and enough pain to begin with.

    Parameters
    ----------
    change, before : float, array, Series or expression of any engine
        Relief (for "worse", its negative) and pain before, points of 0-10.
    rule : ResponderRule
    """
    enough = reaches(change, rule.points) & reaches(change * 100.0, before * rule.percent)
    return enough & reaches(before, rule.least_baseline)


def outside(hours: Any, window: Followup) -> Any:
    """Where a follow-up came too early or too late for its readings to count; one of unknown hours did not."""
    return (window.least_h - hours > _ROUNDING) | (hours - window.most_h > _ROUNDING)


@dataclass(frozen=True)
class _Derived:
    needs: tuple[str, ...]
    expression: Callable[[set[str], ResponderRule, Followup], nw.Expr]


def _reading(name: str, have: set[str], window: Followup) -> nw.Expr:
    """Return a reading; missing where it was taken outside the follow-up window."""
    value = nw.col(name)
    if not name.endswith("_48h") or "followup_h" not in have:
        return value
    missed = outside(nw.col("followup_h"), window)
    return nw.when(~missed.fill_null(False)).then(value)


def _change(measure: str, time: str, sign: int) -> _Derived:
    before, after = f"{measure}_pre", f"{measure}_{time}"

    def expression(have: set[str], _: ResponderRule, window: Followup) -> nw.Expr:
        later = _reading(after, have, window)
        return later - nw.col(before) if sign > 0 else nw.col(before) - later

    return _Derived((before, after), expression)


def _flag(time: str, *, worse: bool) -> _Derived:
    after = f"pain_{time}"

    def expression(have: set[str], rule: ResponderRule, window: Followup) -> nw.Expr:
        before = nw.col("pain_pre")
        change = before - _reading(after, have, window)
        change = -change if worse else change
        known = reaches(before, rule.least_baseline) & ~change.is_null()
        met = nw.when(meets(change, before, rule)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
        return nw.when(known).then(met)

    return _Derived(("pain_pre", after), expression)


def _kept() -> _Derived:
    def expression(have: set[str], _: ResponderRule, window: Followup) -> nw.Expr:
        at_once = nw.col("pain_pre") - nw.col("pain_post")
        later = nw.col("pain_pre") - _reading("pain_48h", have, window)
        return nw.when(at_once > 0).then(later / at_once)

    return _Derived(("pain_pre", "pain_post", "pain_48h"), expression)


DERIVED: dict[str, _Derived] = {
    **{f"pain_relief_{time}": _change("pain", time, -1) for time in ("post", "48h")},
    **{f"rom_gain_{time}": _change("rom", time, +1) for time in ("post", "48h")},
    **{f"function_gain_{time}": _change("function", time, +1) for time in ("post", "48h")},
    **{f"ppt_gain_{time}": _change("ppt", time, +1) for time in ("post", "48h")},
    **{f"tightness_relief_{time}": _change("tightness", time, -1) for time in ("post", "48h")},
    **{f"pain_responder_{time}": _flag(time, worse=False) for time in ("post", "48h")},
    **{f"pain_worse_{time}": _flag(time, worse=True) for time in ("post", "48h")},
    "relief_kept": _kept(),
}
"""Every derived outcome column, by name."""


def with_outcomes(
    table: Table,
    names: Iterable[str] | None = None,
    *,
    rule: ResponderRule | None = None,
    window: Followup | None = None,
) -> Table:
    """Add derived outcome columns to a sessions table.

    Parameters
    ----------
    table : pandas.DataFrame or ibis.Table
        One row per session.
    names : iterable of str, optional
        Columns wanted; names that are not derived outcomes, are there already, or lack the readings they
        need are left alone. All derived outcomes by default.
    rule : ResponderRule, optional
        When a session counts as a response.
    window : Followup, optional
        Hours within which the second reading counts.

    Returns
    -------
    pandas.DataFrame or ibis.Table
        As given, with the columns added (floats; flags are 0 or 1; missing where undefined).

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"pain_pre": [6.0, 2.0], "pain_post": [3.0, 1.0]})
    >>> with_outcomes(sessions, ["pain_relief_post", "pain_responder_post"]).iloc[:, 2:].values.tolist()
    [[3.0, 1.0], [1.0, nan]]
    """
    have = set(_names(table))
    wanted = [
        name
        for name in (DERIVED if names is None else dict.fromkeys(names))
        if name in DERIVED and name not in have and have.issuperset(DERIVED[name].needs)
    ]
    if not wanted:
        return table
    rule, window = rule or ResponderRule(), window or Followup()
    columns = [DERIVED[name].expression(have, rule, window).alias(name) for name in wanted]
    frame: Any = nw.from_native(table)
    added: Table = frame.with_columns(*columns).to_native()
    return added


def _names(table: Any) -> list[str]:
    if isinstance(table, pd.DataFrame):
        return list(table.columns)
    names: list[str] = nw.from_native(table).collect_schema().names()
    return names


def within_between(table: Table, column: str, *, patient: str = "patient_id") -> Table:
    """Split a session-level exposure into each patient's mean and the deviation from it.

    A dose that differs *between* patients mixes with everything else that differs between them; the
    deviation *within* a patient does not (Mundlak 1978, Econometrica 46:69). Models take both columns.

    Parameters
    ----------
    table : pandas.DataFrame or ibis.Table
    column : str
        The exposure, e.g. ``"twitch_count"``.
    patient : str
        Who is compared with themselves.

    Returns
    -------
    pandas.DataFrame or ibis.Table
        With ``<column>_between`` (the patient's mean over sessions where it was recorded) and
        ``<column>_within`` (this session's value less that mean), in the column's unit.

    Raises
    ------
    EstimationError
        Where either column is not there.
    """
    frame: Any = nw.from_native(table)
    have = frame.collect_schema().names()
    absent = [name for name in (column, patient) if name not in have]
    if absent:
        there = ", ".join(have)
        raise EstimationError(f"within_between needs the column {absent[0]!r}; the table has {there}.")
    between = f"{column}_between"
    split = frame.with_columns(nw.col(column).mean().over(patient).alias(between))
    done: Table = split.with_columns((nw.col(column) - nw.col(between)).alias(f"{column}_within")).to_native()
    return done
