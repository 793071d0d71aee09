"""Peak memory and time of `outcomes prepare`, at several sizes: what a row costs.

    .venv/bin/python benchmarks/prepare.py [--rows 15000 60000]

Each size is prepared in a process of its own, so that the peak is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import outcomes as oc
from outcomes.intake.prepare import prepare


def measured(path: Path) -> None:
    """Prepare one file and print what it took."""
    started = time.perf_counter()
    sessions = len(prepare(path, key=b"k" * 32).sessions)
    seconds, processor = time.perf_counter() - started, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{sessions:>9,} sessions {seconds:7.1f} s, processor {processor:6.1f} s, peak {peak:5.2f} GB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 60_000])
    parser.add_argument("--file", type=Path, help="prepare this file, here")
    options = parser.parse_args()
    if options.file is not None:
        measured(options.file)
        return
    sessions, _ = oc.simulate_sessions(max(max(options.rows) // 3, 10), seed=1)
    with tempfile.TemporaryDirectory() as folder:
        for rows in options.rows:
            path = Path(folder) / "sessions.csv"
            sessions.head(rows).to_csv(path, index=False, float_format="%g")
            subprocess.run([sys.executable, __file__, "--file", str(path)], check=True)


if __name__ == "__main__":
    main()
