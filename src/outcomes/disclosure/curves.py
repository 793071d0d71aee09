"""Curves in, curves that show no single step out: fixed hours, and only steps of enough sessions.

The hours at which curves step are themselves readings, so a curve is first laid on a grid of hours that does
not depend on the records. Then, walking along hours, thresholds or steps of a flow, a point stays only where
the counts since the last point that stayed are zero or at the limit or above.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from outcomes.disclosure.columns import kinds_of
from outcomes.disclosure.counts import CURVE, Cell, Keys, Row, Sheet
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.suppression import Hidden

__all__ = ["on_grid", "recount", "withhold_small_steps"]

_VALUES = ("still_sore", "std_error", "conf_low", "conf_high")


def on_grid(name: str, table: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Lay the curves of a table on the hours of ``limits``; a table without ``time_h`` comes back as it is.

    A row says what was reached by its hour: ``resolved`` and ``censored`` since the row before, ``at_risk`` after
    the row before, the other figures as they were last. Beyond the last hour on record they are missing,
    unless nobody was sore any more.
    """
    if "time_h" not in table.columns or not limits.coarsen_hours or table.empty:
        return table
    kinds = kinds_of(table.columns, name)
    keys = [c for c in table.columns if kinds[c].kind in ("split", "label", "mention", "time")]
    groups = table.groupby(keys, sort=False, observed=True, dropna=False) if keys else [((), table)]
    parts = [_one_curve(group, limits.coarsen_hours) for _, group in groups]
    laid = pd.concat(parts, ignore_index=True)[list(table.columns)]
    laid.attrs = dict(table.attrs)
    return laid


def _one_curve(group: pd.DataFrame, hours: tuple[float, ...]) -> pd.DataFrame:
    times = group["time_h"].to_numpy(dtype=float)
    if np.isnan(times).any() or list(times) == list(hours):
        return group
    ordered = group.sort_values("time_h", kind="stable")
    times = np.sort(times)
    last = np.searchsorted(times, hours, side="right") - 1
    laid = ordered.iloc[np.maximum(last, 0)].reset_index(drop=True)
    laid["time_h"] = list(hours)
    if "from_h" in laid:
        laid["from_h"] = [hours[0], *hours[:-1]]
    return _values_at(_counts_since(laid, ordered, last), last, np.asarray(hours) > times[-1])


def _counts_since(laid: pd.DataFrame, ordered: pd.DataFrame, last: np.ndarray) -> pd.DataFrame:
    gone = np.zeros(len(laid))
    for count in [c for c in ("resolved", "censored") if c in laid]:
        so_far = np.concatenate([[0.0], np.nancumsum(ordered[count].to_numpy(dtype=float))])[last + 1]
        laid[count] = np.diff(so_far, prepend=0.0)
        gone += so_far
    if "at_risk" in laid:
        first = float(ordered["at_risk"].iloc[0])
        laid["at_risk"] = first - np.concatenate([[0.0], gone[:-1]])
    return laid


def _values_at(laid: pd.DataFrame, last: np.ndarray, beyond: np.ndarray) -> pd.DataFrame:
    before = last < 0
    start = {"still_sore": 1.0, "std_error": 0.0}
    unknown = beyond & ~np.isclose(
        laid.get("still_sore", pd.Series(1.0, laid.index)).to_numpy(dtype=float), 0.0
    )
    for name in [c for c in _VALUES if c in laid]:
        values = laid[name].to_numpy(dtype=float, copy=True)
        values[before] = start.get(name, np.nan)
        values[unknown] = np.nan
        laid[name] = values
    return laid


def withhold_small_steps(hidden: Hidden, sheet: Sheet, limits: Limits) -> None:
    """Walk along hours, thresholds or steps and withhold the points whose counts changed by too few."""
    along = sheet.columns("ordered")
    if not along:
        return
    groups: dict[tuple[Keys, Keys], list[Row]] = defaultdict(list)
    for row in sheet.rows:
        fixed = frozenset(pair for pair in row.context if pair[0] not in along)
        if row.key not in hidden.rows:
            groups[row.where, fixed].append(row)
    for rows in groups.values():
        _walk(hidden, sorted(rows, key=lambda row: _place(sheet, row, along[0])), limits, along[0])


def _place(sheet: Sheet, row: Row, along: str) -> tuple[float, int]:
    """Where a row stands along its key: by number where it is one (hours), else as the table has it (steps)."""
    value: Any = sheet.frame[along].iloc[row.number]
    at = float(value) if pd.api.types.is_numeric_dtype(sheet.frame[along]) else 0.0
    return (0.0 if np.isnan(at) else at), row.number


def _walk(hidden: Hidden, rows: list[Row], limits: Limits, along: str) -> None:
    """Keep the points whose counts changed by nothing or by enough since the last point kept."""
    start = {"resolved_by": 0.0, "censored_by": 0.0} if along == "time_h" else {}
    end = _end_of_flow(hidden, rows, limits) if along == "step" else {}
    last, gone = start, list[Row]()
    for row in rows:
        cells = _running_cells(row, along)
        now = _known(cells)
        changes = _changes(last, now) + _changes(end, now)
        if along == "time_h":
            changes.append(_still_at_risk(row, now))
        if any(limits.is_small(change) for change in changes) or any(c in hidden.cells for c in cells):
            gone.append(row)
            continue
        _hide_between(hidden, gone, along, (last, now), limits)
        last, gone = now, []
    _hide_between(hidden, gone, along, (last, {}), limits)


def _end_of_flow(hidden: Hidden, rows: list[Row], limits: Limits) -> dict[str, float]:
    """Counts of the last step of a flow, where it can stay: much stands on it, so steps near it go in its place."""
    cells = _running_cells(rows[-1], "step")
    begin, end = _known(_running_cells(rows[0], "step")), _known(cells)
    goes = any(limits.is_small(change) for change in _changes(begin, end))
    return {} if goes or any(cell in hidden.cells for cell in cells) else end


def _known(cells: list[Cell]) -> dict[str, float]:
    return {cell.name: cell.value for cell in cells if cell.value is not None}


def _changes(before: dict[str, float], after: dict[str, float]) -> list[float]:
    return [abs(value - before[name]) for name, value in after.items() if name in before]


def _hide_between(
    hidden: Hidden,
    rows: list[Row],
    along: str,
    kept: tuple[dict[str, float], dict[str, float]],
    limits: Limits,
) -> None:
    """Withhold points between two that stay; a count that did not change by a few there needs no guard."""
    for row in rows:
        for cell in _running_cells(row, along):
            own = {} if cell.value is None else {cell.name: cell.value}
            steps = [change for side in kept for change in _changes(side, own)]
            if cell.name.endswith("_by") and not any(limits.is_small(step) for step in steps):
                hidden.harmless.add(cell)
            hidden.hide(cell)


def _running_cells(row: Row, along: str) -> list[Cell]:
    if along == "step":
        return list(row.main.values())
    if along == "time_h":
        return [part.cell for part in row.parts.values() if part.partition == CURVE]
    return [part.cell for part in row.parts.values() if part.rest is not None]


def _still_at_risk(row: Row, now: dict[str, float]) -> float:
    sessions = row.main.get("sessions")
    if sessions is None or sessions.value is None:
        return 0.0
    return max(sessions.value - sum(now.values()), 0.0)


def recount(sheet: Sheet, hidden: Hidden) -> pd.DataFrame:
    """Count along each curve from one visible hour to the next, so that no row tells of a withheld one."""
    frame = sheet.frame.copy()
    if "time_h" not in sheet.kinds or not {"resolved", "censored"} & set(sheet.kinds):
        return frame
    frame = frame.astype({c: float for c in ("at_risk", "resolved", "censored", "from_h") if c in frame})
    groups: dict[tuple[Keys, Keys], list[Row]] = defaultdict(list)
    for row in sheet.rows:
        visible = all(p.cell not in hidden.cells for p in row.parts.values() if p.partition == CURVE)
        if visible and row.key not in hidden.rows:
            groups[row.where, frozenset(p for p in row.context if p[0] != "time_h")].append(row)
    for rows in groups.values():
        _recount_curve(frame, sorted(rows, key=lambda row: _place(sheet, row, "time_h")))
    return frame


def _recount_curve(frame: pd.DataFrame, rows: list[Row]) -> None:
    before = {"resolved": 0.0, "censored": 0.0}
    shown_at: float | None = None
    first: float | None = None
    for row in rows:
        now = {c: part.cell.value or 0.0 for c in before if (part := row.parts.get(f"{c}_by")) is not None}
        position = frame.index[row.number]
        if "at_risk" in frame:
            own = float(frame["at_risk"].iloc[row.number])
            first = own + _earlier(frame, row, now) if first is None else first
            frame.loc[position, "at_risk"] = round(first - sum(before.values()), 6)
        for count, value in now.items():
            frame.loc[position, count] = round(value - before[count], 6)
        if "from_h" in frame and shown_at is not None:
            frame.loc[position, "from_h"] = shown_at
        before, shown_at = {**before, **now}, float(frame["time_h"].iloc[row.number])


def _earlier(frame: pd.DataFrame, row: Row, now: dict[str, float]) -> float:
    """Sessions that left the curve before this row's own counts."""
    own = sum(float(frame[count].iloc[row.number]) for count in now)
    return sum(now.values()) - own
