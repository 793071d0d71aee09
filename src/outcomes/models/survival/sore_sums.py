"""Sessions in, all that shares of sessions sore for longer are made of out: counts and event tables, which add.

Whether a session was followed by any soreness is a flag; shares of later hours come from the event table; and a share
is left open where too few patients were under watch at its hour, of whom there is a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.proportions.counts import CountTable, reduce_counts
from outcomes.models.survival.events import EventTable, reduce_events
from outcomes.models.survival.events_frame import soreness_bounds

__all__ = ["ANY", "SoreSums", "reduce_soreness", "watched", "with_sore_flags"]

ANY = "sore_any"
"""The flag of any soreness at all."""


def watched(hour: int) -> str:
    """The flag of the sessions under watch at an hour."""
    return f"watched_{hour}h"


def with_sore_flags(sessions: pd.DataFrame, hours: Sequence[int] = ()) -> pd.DataFrame:
    """Add ``sore_any``, missing where soreness was not asked about, and 1 for sessions under watch at each hour."""
    lower, upper = soreness_bounds(sessions)
    flags = {ANY: np.where(np.isnan(lower), np.nan, (upper > 0).astype(float))}
    flags |= {watched(hour): np.where(lower >= hour, 1.0, np.nan) for hour in hours}
    return sessions.assign(**flags)


@dataclass(frozen=True, eq=False)
class SoreSums:
    """Sums behind shares of sessions sore for longer, by one column.

    Attributes
    ----------
    flags : CountTable
        Of any soreness; sessions that were not asked are left out and counted.
    events : EventTable
    watched : dict of int to CountTable
        By hour, the sessions under watch at it and their patients.
    """

    flags: CountTable
    events: EventTable
    watched: dict[int, CountTable]

    @property
    def asked(self) -> pd.DataFrame:
        """The groups with ``patients, sessions, sessions_eligible, capture_rate``: who was asked, of all sessions."""
        groups = self.flags.groups[[*self.flags.by, "patients", "sessions", "left_out"]]
        eligible = groups["sessions"] + groups["left_out"]
        found = groups.drop(columns="left_out").assign(sessions_eligible=eligible)
        return found.assign(capture_rate=found["sessions"] / eligible.where(eligible > 0))

    def at_hour(self, hour: int) -> pd.DataFrame:
        """Of each group: the share of sessions lost before an hour, sessions and patients under watch at it."""
        cells, size = self.events.cells, len(self.events.groups)
        group, sessions = cells["group"].to_numpy(), cells["sessions"].to_numpy(dtype=np.float64)
        gone = np.isinf(cells["upper_h"].to_numpy()) & (cells["lower_h"].to_numpy() < hour)
        lost, every = (np.bincount(group, weights=sessions * of, minlength=size) for of in (gone, 1.0))
        by = list(self.events.by)
        seen = self.events.groups[by].merge(self.watched[hour].groups, on=by, how="left") if by else None
        seen = self.watched[hour].groups if seen is None else seen
        return pd.DataFrame(
            {
                "lost": lost / np.where(every > 0, every, np.nan),
                "at_risk": seen["sessions"].fillna(0).to_numpy(),
                "watched": seen["patients"].fillna(0).to_numpy(),
            }
        )


def reduce_soreness(sessions: Any, by: str | None, hours: Sequence[int]) -> SoreSums:
    """Reduce sessions to the sums behind shares of sessions sore for longer than some hours.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": list("aab"), "soreness_h": [0.0, 30.0, None]})
    >>> sums = reduce_soreness(sessions, None, [24])
    >>> sums.asked[["patients", "sessions", "sessions_eligible"]].values.tolist(), sums.at_hour(24).values.tolist()
    ([[1, 2, 3]], [[0.0, 1.0, 1.0]])
    """
    flagged = with_sore_flags(sessions, hours)
    flags = reduce_counts(flagged, ANY, by)
    return SoreSums(
        flags,
        reduce_events(sessions, by),
        {hour: reduce_counts(flagged, watched(hour), by) for hour in hours},
    )
