"""The course of pain: before, right after and at two days, with its spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.questions.answers import sorted_by_time
from outcomes.questions.change import for_change
from outcomes.questions.counting import Counting, column_names
from outcomes.record.measures import TIME_LABELS

__all__ = ["pain_course"]

_SPREAD = ["mean", "p10", "p25", "median", "p75", "p90"]


def pain_course(sessions: Any, *, by: str = "condition") -> pd.DataFrame:
    """Pain before, right after and at two days, with its spread; a reading that no session has is left out.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        What the rows are of.

    Returns
    -------
    pandas.DataFrame
        ``<by>, time (pre, post, 48h), patients, sessions, mean, p10, p25, median, p75, p90`` in points of 0-10, from
        the counts of each value. A description of the readings there are, not a model of those missing.
    """
    there = column_names(sessions)
    counting = Counting.of(for_change(sessions, "pain_relief", by), by)
    rows = [
        _spread(counting, f"pain_{time}").assign(time=time) for time in TIME_LABELS if f"pain_{time}" in there
    ]
    if not rows:
        raise EstimationError("The table has no pain readings (pain_pre, pain_post, pain_48h).")
    known = [part for part in rows if len(part)] or rows
    ordered = sorted_by_time(pd.concat(known, ignore_index=True), by)
    return ordered[[by, "time", "patients", "sessions", *_SPREAD]]


def _spread(counting: Counting, name: str) -> pd.DataFrame:
    """Mean and quantiles of one reading per group, from the counts of its values."""
    by = counting.by
    found = {
        str(group): _quantiles(part[name].to_numpy(float), part["n"].to_numpy())
        for group, part in counting.values(name).groupby(by)
    }
    spread = pd.DataFrame.from_dict(found, orient="index", columns=_SPREAD).rename_axis(by).reset_index()
    spread[by] = spread[by].astype("str")
    return counting.group_sizes(name).merge(spread, on=by, how="left")


def _quantiles(values: Any, counts: Any) -> list[float]:
    """Mean and quantiles (10, 25, 50, 75, 90 %) of values in order with their counts; inverse of the step function."""
    share = np.cumsum(counts) / counts.sum()
    at = [values[np.searchsorted(share, q - 1e-12)] for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
    return [float(np.average(values, weights=counts)), *map(float, at)]
