"""The reductions: outcomes in, small tables of sums and counts out. Nothing in them belongs to one patient.

Every estimate of this suite is computed from one of these. Reductions of different clinics add
(``a + b``), and the fit of the sum is exactly the fit of the pooled records.
"""

from __future__ import annotations

from outcomes.count_table import CountTable, reduce_counts
from outcomes.events import EventTable, reduce_events
from outcomes.moments import Moments, reduce_moments

__all__ = ["CountTable", "EventTable", "Moments", "reduce_counts", "reduce_events", "reduce_moments"]
