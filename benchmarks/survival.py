"""Soreness curves with patient-clustered errors: outcomes against R's survfit, the same work to the same answer.

Run ``python benchmarks/survival.py [sessions] [runs]`` (a million and five by default). Needs Rscript with survival.
Both start from a table in memory with patients as text, and end with curve, error and limits per condition;
medians of the runs, and the largest relative difference between the answers.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import outcomes as oc

HERE = Path(__file__).parent
ANSWER = ["time_h", "still_sore", "std_error", "conf_low", "conf_high"]


def made_sessions(n: int, seed: int = 1) -> pd.DataFrame:
    """Sessions of ``n / 5`` patients and 12 conditions: whole hours, heaped, a tenth still sore when last asked."""
    rng = np.random.default_rng(seed)
    person = rng.integers(0, n // 5, n)
    hours = np.round(np.exp(2.9 + 0.3 * rng.normal(size=n // 5)[person] + 0.5 * rng.normal(size=n)))
    hours = np.where(rng.random(n) < 0.5, np.maximum(6 * np.round(hours / 6), 6), hours)
    last = rng.choice([24.0, 48, 48, 72, 96], n)
    return pd.DataFrame(
        {
            "patient_id": pd.Series([f"patient{i:07d}" for i in person], dtype="str"),
            "condition": pd.Series(
                np.array([f"condition{i:02d}" for i in range(12)])[rng.integers(0, 12, n)], dtype="str"
            ),
            "soreness_h": np.minimum(hours, last),
            "soreness_ongoing": hours > last,
        }
    )


def ours(sessions: pd.DataFrame, runs: int) -> tuple[float, pd.DataFrame]:
    seconds = []
    for _ in range(runs + 1):  # the first run imports
        start = time.perf_counter()
        curve = oc.soreness_curve(sessions)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:]), curve


def theirs(sessions: pd.DataFrame, runs: int) -> tuple[float, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder, "sessions.csv"), Path(folder, "curve.csv")
        sessions.to_csv(given, index=False)
        command = ["Rscript", str(HERE / "survival.R"), str(given), str(got), str(runs)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return statistics.median(map(float, printed.split())), pd.read_csv(got)


def main() -> None:
    n, runs = (int(x) for x in [*sys.argv[1:], *["1000000", "5"][len(sys.argv) - 1 :]])
    sessions = made_sessions(n)
    mine, curve = ours(sessions, runs)
    peer, reference = theirs(sessions, runs)
    a, b = curve[ANSWER].to_numpy(float), reference[ANSWER].to_numpy(float)
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
        sys.exit(f"the answers differ in shape or in what is missing: {a.shape} against {b.shape}")
    apart = np.nanmax(np.abs(a - b) / np.maximum(np.abs(b), 1e-12))
    print(f"soreness_curve, {n:,} sessions, {n // 5:,} patients, 12 conditions; medians of {runs} runs")
    print(f"{'outcomes':<28}{mine:9.3f} s\n{'R survfit(cluster=)':<28}{peer:9.3f} s")
    print(f"{'ratio':<28}{peer / mine:9.1f} x\n{'largest relative difference':<28}{apart:9.1e}")


if __name__ == "__main__":
    main()
