"""The reductions: outcomes in, small tables of sums and counts out. Nothing in them belongs to one patient.

Every estimate of this suite is computed from one of these. Reductions of different clinics add
(``a + b``), and the fit of the sum is exactly the fit of the pooled records.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.errors import ReductionError
from outcomes.models.mixed.reduce import Moments, reduce_moments
from outcomes.models.proportions.counts import CountTable, reduce_counts
from outcomes.models.survival.events import EventTable, reduce_events

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CountTable",
    "EventTable",
    "Moments",
    "estimates_of",
    "read_reduction",
    "reduce_counts",
    "reduce_events",
    "reduce_moments",
]

Reduction = Moments | EventTable | CountTable


def read_reduction(path: str | Path) -> Reduction:
    """Read a reduction of any kind from the file it was written to.

    Raises
    ------
    ReductionError
        Where the file holds none.
    """
    reasons = []
    for kind in (Moments, EventTable, CountTable):
        try:
            return kind.from_json(Path(path))
        except ReductionError as error:
            reasons.append(error)
    raise ReductionError(f"{path} holds no reduction. Make one with `outcomes reduce`.") from reasons[0]


def estimates_of(reduction: Reduction) -> pd.DataFrame:
    """The estimates a reduction was made for: coefficients, a soreness summary, or responder proportions."""
    if isinstance(reduction, Moments):
        return reduction.fit().coefficients
    if isinstance(reduction, EventTable):
        from outcomes.models.survival.curves import soreness_summary

        return soreness_summary(reduction, by=None if not reduction.by else list(reduction.by))
    from outcomes.models.proportions.responders import responders

    return responders(reduction, reduction.flag, list(reduction.by) or None)
