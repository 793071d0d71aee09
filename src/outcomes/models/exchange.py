"""What clinics send each other instead of records: reductions of any kind, to and from files, and what they estimate.

Reductions of different clinics add (``a + b``), and the fit of the sum is exactly the fit of the pooled records.
Nothing in them belongs to one patient.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import pandas as pd

from outcomes.errors import ReductionError
from outcomes.models.mixed.moments import Moments
from outcomes.models.proportions.counts import CountTable
from outcomes.models.proportions.responders import responders
from outcomes.models.survival.curves import soreness_summary
from outcomes.models.survival.events import EventTable

__all__ = ["Reduction", "contents", "estimates_of", "read_reduction"]

Reduction: TypeAlias = Moments | EventTable | CountTable


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


def contents(reduction: Reduction) -> str:
    """Say what a file of the reduction holds."""
    if isinstance(reduction, Moments):
        return f"sums over {reduction.n_patients:,} patients"
    return "sums and counts, none of them of one record"


def estimates_of(reduction: Reduction) -> pd.DataFrame:
    """The estimates a reduction was made for: coefficients, a soreness summary, or responder proportions."""
    if isinstance(reduction, Moments):
        return reduction.fit().coefficients
    if isinstance(reduction, EventTable):
        return soreness_summary(reduction, by=None if not reduction.by else list(reduction.by))
    return responders(reduction, reduction.flag, list(reduction.by) or None)
