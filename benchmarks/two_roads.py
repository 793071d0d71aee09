"""One road or two: each reduction of a pandas frame by numpy, and the same frame handed to DuckDB through Ibis.

    python benchmarks/two_roads.py [sessions]        # the demo records, then so many made ones (a million by default)

Prints seconds (the best of some runs, taken in turns) of both roads and their ratio. ``docs/decisions/two-roads.md``
says what follows.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import outcomes as oc
from outcomes.models.chance.null_benchmark import null_benchmark
from outcomes.models.groups import narrow_and_code
from outcomes.models.proportions.counts import reduce_counts

DEMO = Path(__file__).parent.parent / "data" / "demo_sessions.csv"
MODEL = "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"
REDUCTIONS: dict[str, Callable[[object], object]] = {
    "moments": lambda sessions: oc.reduce_moments(MODEL, sessions),
    "events": lambda sessions: oc.reduce_events(sessions),
    "counts": lambda sessions: reduce_counts(sessions, "pain_responder_48h"),
    "twitch rates": lambda sessions: oc.twitch_rates(sessions),
    "null benchmark": lambda sessions: null_benchmark(sessions, "pain_responder_48h"),
    "change": lambda sessions: oc.condition_estimates(sessions),
}


def replicated(demo: pd.DataFrame, sessions: int) -> pd.DataFrame:
    """The demo records over and over, each time of other patients."""
    times = sessions // len(demo) + 1
    made = pd.concat([demo] * times, ignore_index=True).iloc[:sessions]
    copy = pd.Series(np.repeat(np.arange(times), len(demo))[:sessions].astype(str), dtype="str")
    return made.assign(patient_id=made["patient_id"].astype("str") + "-" + copy)


def timed(reductions: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The best of some runs of each, taken in turns so that both meet the same load."""
    best = dict.fromkeys(reductions, np.inf)
    for _ in range(runs):
        for name, reduction in reductions.items():
            start = time.perf_counter()
            reduction()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def compared(sessions: pd.DataFrame, runs: int) -> pd.DataFrame:
    """Seconds of both roads for each reduction."""
    import ibis

    used = [c for c in sessions.columns if sessions[c].notna().any()]
    arrow = pa.Table.from_pandas(sessions[used], preserve_index=False)
    coded = narrow_and_code(sessions, list(sessions.columns))
    rows = []
    for name, reduction in REDUCTIONS.items():
        table = ibis.memtable(arrow)
        best = timed(
            {
                "numpy": lambda r=reduction: r(sessions),
                "numpy, coded": lambda r=reduction: r(coded),
                "duckdb": lambda r=reduction, t=table: r(t),
            },
            runs,
        )
        rows.append({"reduction": name, **best, "ratio": best["duckdb"] / best["numpy"]})
    return pd.DataFrame(rows)


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    demo = oc.read_sessions(DEMO)
    print(f"{len(demo):,} sessions\n{compared(demo, 7).round(4).to_string(index=False)}")
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    large = replicated(demo, size)
    print(f"{len(large):,} sessions\n{compared(large, 2).round(3).to_string(index=False)}")


if __name__ == "__main__":
    main()
