"""`read_sessions` with every check against `pandas.read_csv` alone, on the same 1,000,000-row CSV.

    .venv/bin/python benchmarks/read_sessions.py [--rows 1000000] [--runs 5]

Prints medians and the ratio; both readers run in turn, in one process, on a file that was read once before.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import pandas as pd

import outcomes as oc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.csv"
        sessions, _ = oc.simulate_sessions(max(options.rows // 4, 10), seed=1)
        sessions.head(options.rows).to_csv(path, index=False, float_format="%g")
        readers = {"pandas.read_csv": pd.read_csv, "oc.read_sessions": oc.read_sessions}
        seconds: dict[str, list[float]] = {name: [] for name in readers}
        pd.read_csv(path)
        for _ in range(options.runs):
            for name, read in readers.items():
                started = time.perf_counter()
                rows = len(read(path))
                seconds[name].append(time.perf_counter() - started)
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB, median of {options.runs} runs")
        for name, median in medians.items():
            print(f"{name:<18} {median:6.2f} s")
        print(f"ratio {medians['oc.read_sessions'] / medians['pandas.read_csv']:.2f} (at most 1 wanted)")


if __name__ == "__main__":
    main()
