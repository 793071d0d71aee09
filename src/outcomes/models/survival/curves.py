"""Sessions or event tables in, soreness curves and their summaries out, every interval clustered on patients.

Right-censored hours give the Kaplan-Meier curve, hours known only to lie between two calls the Turnbull
curve; a group of the second kind is recognised by its records. Never midpoints, never dropping the censored.
What a group cannot tell is missing, with the reason in ``note``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from outcomes.errors import EstimationError
from outcomes.models import Floats
from outcomes.models.proportions.limits import exact_limits
from outcomes.models.survival.events import EventTable, reduce_events
from outcomes.models.survival.kaplan_meier import KaplanMeier, Pairs, Point, kaplan_meier
from outcomes.models.survival.turnbull import Turnbull, turnbull

__all__ = ["soreness_curve", "soreness_summary"]

Curve = KaplanMeier | Turnbull
TOLERANCE = float(np.sqrt(np.finfo(float).eps))
RESOLVED_AT = (24, 48, 72)
MEAN_UNTIL = 48
NOT_ASKED = "no session was asked about soreness"
ONE_PATIENT = "one patient: no interval"


def soreness_curve(
    sessions: Any, by: str | Sequence[str] | None = "condition", *, conf_level: float = 0.95
) -> pd.DataFrame:
    """Share of sessions still sore, hour by hour.

    Parameters
    ----------
    sessions : pandas.DataFrame, ibis.Table or EventTable
        Sessions with ``patient_id``, ``soreness_h`` (hours) and, where recorded, ``soreness_ongoing`` and
        ``soreness_free_h``; or a reduction of them, whose own grouping then holds.
    by : str or list of str or None
        Grouping columns; None for one curve.
    conf_level : float
        Confidence level of the pointwise log-log intervals.

    Returns
    -------
    pandas.DataFrame
        ``<by>, time_h, at_risk, resolved, censored, still_sore, std_error, conf_low, conf_high, patients,
        sessions, from_h, note``: a row per group and distinct hour. ``from_h`` equals ``time_h`` unless the
        step is only known to lie in ``(from_h, time_h]``, where ``at_risk`` and ``resolved`` are expected
        numbers. Limits are missing where the curve is at 1 or 0, as in R.

    Raises
    ------
    EstimationError
        Where a column is absent or a time impossible.

    Notes
    -----
    Errors are the infinitesimal jackknife summed within patients: R's
    ``survfit(Surv(t, e) ~ g, cluster = patient_id, conf.type = "log-log")``.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("aabb"), "soreness_h": [6.0, 24.0, 24.0, 48.0]})
    >>> soreness_curve(sessions, by=None)["still_sore"].tolist()
    [0.75, 0.25, 0.0]
    """
    z = _normal_quantile(conf_level)
    table = _event_table(sessions, by)
    parts = [_curve_rows(table, i, curve, z) for i, curve in enumerate(_curves(table))]
    if not parts:
        raise EstimationError(
            "no sessions: the table has no rows with a group. Check the file that was read."
        )
    return _joined(parts)


def soreness_summary(
    sessions: Any, by: str | Sequence[str] | None = "condition", *, conf_level: float = 0.95
) -> pd.DataFrame:
    """How long soreness lasted: median, mean up to 48 hours, and shares resolved by 24, 48 and 72 hours.

    Parameters
    ----------
    sessions : pandas.DataFrame, ibis.Table or EventTable
        As for :func:`soreness_curve`.
    by : str or list of str or None
        Grouping columns; None for one group.
    conf_level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        A row per group: ``<by>, patients, sessions, median_h, median_conf_low, median_conf_high,
        restricted_mean_48h, resolved_24h, resolved_48h, resolved_72h`` (each followed by ``_conf_low`` and
        ``_conf_high``), ``note``. Hours, and shares from 0 to 1.

    Notes
    -----
    The median and its limits follow R's ``quantile.survfit``. The mean's interval is normal with the
    patient-clustered jackknife error. Where a share is 0 or 1 and nobody was lost before, the interval is the
    exact one with patients as the sample; otherwise it is missing there.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("abc"), "soreness_h": [0.0, 12.0, 30.0]})
    >>> soreness_summary(sessions, by=None)[["median_h", "restricted_mean_48h"]].values.tolist()
    [[12.0, 14.0]]
    """
    z = _normal_quantile(conf_level)
    table = _event_table(sessions, by)
    rows = [_summary_row(table, i, curve, (z, conf_level)) for i, curve in enumerate(_curves(table))]
    if not rows:
        raise EstimationError(
            "no sessions: the table has no rows with a group. Check the file that was read."
        )
    return pd.concat([table.groups[list(table.by)], pd.DataFrame(rows)], axis=1)


def _normal_quantile(conf_level: float) -> float:
    if not 0 < conf_level < 1:
        raise EstimationError(f"conf_level is {conf_level}; give a share between 0 and 1, such as 0.95.")
    return float(ndtri(0.5 + conf_level / 2.0))


def _event_table(sessions: Any, by: str | Sequence[str] | None) -> EventTable:
    return sessions if isinstance(sessions, EventTable) else reduce_events(sessions, by)


def _curves(table: EventTable) -> list[Curve | None]:
    """Fit every group's curve; None where no session was asked."""
    cells, pairs = table.cells, table.pairs
    lower, upper = _merge_near_ties(cells["lower_h"].to_numpy(), cells["upper_h"].to_numpy())
    count = cells["sessions"].to_numpy(dtype=np.float64)
    starts = np.searchsorted(cells["group"].to_numpy(), np.arange(len(table.groups) + 1))
    a, b = pairs["cell_a"].to_numpy(), pairs["cell_b"].to_numpy()
    product = pairs["product"].to_numpy(dtype=np.float64)
    edges = np.searchsorted(a, starts)
    curves: list[Curve | None] = []
    for first, last, p, q in zip(starts[:-1], starts[1:], edges[:-1], edges[1:], strict=True):
        mine = Pairs(a[p:q] - first, b[p:q] - first, product[p:q])
        span = slice(first, last)
        curves.append(_fit(lower[span], upper[span], count[span], mine) if last > first else None)
    return curves


def _fit(lower: Floats, upper: Floats, count: Floats, pairs: Pairs) -> Curve:
    if np.all((upper == lower) | np.isinf(upper)):
        return kaplan_meier(lower, upper == lower, count, pairs)
    return turnbull(lower, upper, count, pairs)


def _merge_near_ties(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Take hours that differ by rounding error as one hour, as R's ``timefix`` does."""
    hours = np.unique(np.concatenate([lower, upper[np.isfinite(upper)]]))
    if len(hours) < 2:
        return lower, upper
    gap = np.diff(hours)
    tied = (gap <= TOLERANCE) | (gap <= TOLERANCE * np.mean(np.abs(hours)))
    if not tied.any():
        return lower, upper
    cuts = hours[np.concatenate([[True], ~tied])]
    merged = [cuts[np.searchsorted(cuts, x, side="right") - 1] for x in (lower, upper)]
    return merged[0], np.where(np.isinf(upper), np.inf, merged[1])


def _limits(curve: Curve, z: float, patients: int) -> tuple[Floats, Floats, Floats]:
    """Standard error and log-log limits of a curve: missing for one patient, limits missing at 1 and 0."""
    s = curve.still_sore
    if patients < 2:
        nothing = np.full(len(s), np.nan)
        return nothing, nothing, nothing
    low, high = _log_log(s, curve.std_error, z)
    return curve.std_error, low, high


def _log_log(s: Floats, std_error: Floats, z: float) -> tuple[Floats, Floats]:
    inside = np.where((s > 0) & (s < 1), s, np.nan)
    log_s = np.log(inside)
    spread = np.exp(z * std_error / (inside * -log_s))
    return np.exp(log_s * spread), np.exp(log_s / spread)


def _curve_rows(table: EventTable, i: int, curve: Curve | None, z: float) -> pd.DataFrame:
    group = table.groups.iloc[i]
    names = ("time_h", "at_risk", "resolved", "censored", "still_sore", "std_error", "conf_low", "conf_high")
    columns: dict[str, Any] = {name: [np.nan] for name in names}
    columns["from_h"], note = [np.nan], NOT_ASKED
    if curve is not None:
        std_error, low, high = _limits(curve, z, int(group["patients"]))
        columns = {name: getattr(curve, name) for name in (*names[:5], "from_h")}
        columns |= {"std_error": std_error, "conf_low": low, "conf_high": high}
        note = ONE_PATIENT if group["patients"] < 2 else curve.note
    body = pd.DataFrame({name: columns[name] for name in names})
    for position, name in enumerate(table.by):
        body.insert(position, name, group[name])
    return body.assign(
        patients=int(group["patients"]), sessions=int(group["sessions"]), from_h=columns["from_h"], note=note
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack the groups' rows; counts become integers where every one is."""
    frame = pd.concat(parts, ignore_index=True)
    counts = frame[["at_risk", "resolved", "censored"]].to_numpy()
    if np.all(counts == np.round(counts)):
        frame = frame.astype({"at_risk": np.int64, "resolved": np.int64, "censored": np.int64})
    return frame


@dataclass
class _Row:
    """A summary row in the making, and the remarks that go with it."""

    values: dict[str, Any]
    remarks: list[str]

    def put(self, name: str, point: Point, low: float, high: float) -> None:
        stem = name.removesuffix("_h") if name == "median_h" else name
        self.values |= {name: point.estimate, f"{stem}_conf_low": low, f"{stem}_conf_high": high}
        if point.note:
            self.remarks.append(point.note)


def _summary_row(
    table: EventTable, i: int, curve: Curve | None, level: tuple[float, float]
) -> dict[str, Any]:
    group = table.groups.iloc[i]
    patients = int(group["patients"])
    row = _Row({"patients": patients, "sessions": int(group["sessions"])}, [])
    if curve is None:
        blank = Point(np.nan, np.nan)
        for name in ("median_h", "restricted_mean_48h", *(f"resolved_{h}h" for h in RESOLVED_AT)):
            row.put(name, blank, np.nan, np.nan)
        return row.values | {"note": NOT_ASKED}
    if patients < 2:
        row.remarks.append(ONE_PATIENT)
    _put_median(row, curve, level[0], patients)
    _put_mean(row, curve, level[0], patients)
    for hour in RESOLVED_AT:
        _put_resolved(row, curve, hour, level, patients)
    remarks = [*row.remarks, curve.note]
    return row.values | {"note": "; ".join(dict.fromkeys(filter(None, remarks)))}


def _put_median(row: _Row, curve: Curve, z: float, patients: int) -> None:
    _, low, high = _limits(curve, z, patients)
    median = (
        curve.median() if isinstance(curve, Turnbull) else Point(_half_time(curve, curve.still_sore), np.nan)
    )
    if np.isnan(median.estimate) and not median.note:
        median = Point(np.nan, np.nan, "more than half were still sore when last asked: no median")
    row.put("median_h", median, _half_time(curve, low), _half_time(curve, high))


def _put_mean(row: _Row, curve: Curve, z: float, patients: int) -> None:
    mean = curve.restricted_mean(MEAN_UNTIL)
    half = z * mean.std_error if patients > 1 else np.nan
    low, high = np.maximum(mean.estimate - half, 0.0), np.minimum(mean.estimate + half, MEAN_UNTIL)
    row.put(f"restricted_mean_{MEAN_UNTIL}h", mean, float(low), float(high))


def _put_resolved(row: _Row, curve: Curve, hour: int, level: tuple[float, float], patients: int) -> None:
    z, conf_level = level
    point = curve.at(hour)
    resolved = Point(1.0 - point.estimate, point.std_error, point.note)
    low, high = np.nan, np.nan
    lost = curve.censored[curve.time_h < hour].sum() > 0
    if patients > 1 and resolved.estimate in (0.0, 1.0) and not lost:
        low, high = exact_limits(resolved.estimate * patients, patients, conf_level)
    elif patients > 1:
        s_low, s_high = _log_log(np.array([point.estimate]), np.array([point.std_error]), z)
        low, high = 1.0 - float(s_high[0]), 1.0 - float(s_low[0])
    row.put(f"resolved_{hour}h", resolved, low, high)


def _half_time(curve: Curve, share: Floats) -> float:
    """Return the hour at which a share first falls to one half; missing where it never does.

    Where the share is one half (up to rounding) over an interval, the middle of that interval.
    """
    fallen = np.flatnonzero(share <= 0.5 + TOLERANCE)
    if not len(fallen):
        return float("nan")
    first = fallen[0]
    if share[first] < 0.5 - TOLERANCE:
        return float(curve.time_h[first])
    beyond = np.flatnonzero(share < 0.5 - TOLERANCE)
    end = curve.time_h[beyond[0] if len(beyond) else -1]
    return float((curve.time_h[first] + end) / 2.0)
