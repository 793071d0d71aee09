"""How fast a registry is written, and how much memory it takes.

    python benchmarks/simulate.py                     # 1 million sessions
    python benchmarks/simulate.py --patients 2500000  # 10 million

Prints one row per size: patients, sessions, seconds, sessions a second, peak memory, size on disk. Every size
runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(patients: int, seed: int) -> str:
    from outcomes.simulate.registry import write_registry

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        sessions = write_registry(Path(folder) / "registry", patients, seed=seed)
        seconds = time.perf_counter() - start
        size = sum(part.stat().st_size for part in Path(folder).rglob("*.parquet"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = f"{patients:>10,} {sessions:>12,} {seconds:>9.1f} {sessions / seconds:>12,.0f}"
    return f"{counts} {peak:>9,.0f} {size / 1e6:>8,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, nargs="+", default=[25_000, 250_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        print(measure(given.one, given.seed))
        return
    print(
        f"{'patients':>10} {'sessions':>12} {'seconds':>9} {'sessions/s':>12} {'peak MiB':>9} {'disk MB':>8}"
    )
    for patients in given.patients:
        command = [sys.executable, __file__, "--one", str(patients), "--seed", str(given.seed)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip(), flush=True)


if __name__ == "__main__":
    main()
