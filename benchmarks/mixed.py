"""Speed of `fit_mixed` beside lme4, statsmodels and a bare DuckDB group-by.

    python benchmarks/mixed.py                     # everything but statsmodels (about four minutes)
    python benchmarks/mixed.py --sizes 100000      # one size
    python benchmarks/mixed.py --statsmodels       # with MixedLM at 100,000 sessions (about a minute more)

Each peer fits the same model to the same records and has to reach the same answer, or the row says that it does not
(a bare group-by has no answer to compare).
Ours returns coefficients with degrees of freedom; lme4 is timed without them. Times are medians, in seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

FORMULA = "pain_relief_48h ~ condition + pain_pre + twitch_count + (1 | patient_id)"
CONDITIONS = [
    "achilles_tendinopathy", "arthritis_joint_pain", "golfers_elbow", "headache", "jaw_pain", "low_back_pain",
    "mid_back_pain", "neck_pain", "piriformis_sciatica", "plantar_fasciitis", "shoulder_pain", "tennis_elbow",
]  # fmt: skip
HERE = Path(__file__).resolve().parent


def records(sessions: int, seed: int = 20_240_501) -> pd.DataFrame:
    """Sessions of a fifth as many patients, 12 conditions, two covariates."""
    rng = np.random.default_rng(seed)
    patients = sessions // 5
    patient = rng.integers(0, patients, sessions)
    usual = rng.integers(0, 12, patients)[patient]
    condition = np.where(rng.random(sessions) < 0.8, usual, rng.integers(0, 12, sessions))
    pain = np.clip(np.round(rng.normal(5, 2, sessions)), 0, 10)
    twitches = rng.poisson(4, sessions).astype(float)
    relief = 0.4 * pain - 0.1 * twitches + 0.05 * condition + rng.normal(0, 0.8, patients)[patient]
    return pd.DataFrame(
        {
            "patient_id": np.char.mod("P%07d", patient),
            "condition": np.array(CONDITIONS)[condition],
            "pain_pre": pain,
            "twitch_count": twitches,
            "pain_relief_48h": np.round(relief + rng.normal(0, 1.5, sessions)),
        }
    ).astype({"patient_id": "str", "condition": "str"})


def timed(work, runs: int):
    """Median seconds, and the last result."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def ours(table):
    from outcomes.models.mixed.fit import fit_mixed

    fit = fit_mixed(FORMULA, table)
    return fit.coefficients, fit.log_likelihood


def by_lme4(frame: pd.DataFrame, folder: Path, runs: int):
    """Seconds of lmer alone, its estimates and errors."""
    path = folder / "records.csv"
    frame.to_csv(path, index=False)
    command = ["Rscript", str(HERE / "mixed_lmer.R"), str(path), str(runs)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return statistics.median(found["seconds"]), np.array(found["estimate"]), found["log_likelihood"][0]


def by_statsmodels(frame: pd.DataFrame):
    """Seconds of MixedLM, its estimates."""
    import statsmodels.formula.api as smf

    fixed = "pain_relief_48h ~ condition + pain_pre + twitch_count"
    seconds, fit = timed(lambda: smf.mixedlm(fixed, frame, groups="patient_id").fit(), 1)
    return seconds, fit.fe_params.to_numpy(), fit.llf


def row(what: str, peer: str, mine: float, theirs: float, agree: bool | None) -> dict[str, object]:
    """One line of the table."""
    return {
        "work": what,
        "peer": peer,
        "ours_s": round(mine, 4),
        "peer_s": round(theirs, 4),
        "times_faster": round(theirs / mine, 2),
        "same_answer": agree,
    }


def same(coefficients, likelihood, estimate, other_likelihood) -> bool:
    """Whether two fits agree to lme4's own default tolerance."""
    scale = coefficients["std_error"].to_numpy()
    near = np.abs(coefficients["estimate"].to_numpy() - estimate) < 1e-3 * scale
    return bool(near.all() and abs(likelihood - other_likelihood) < 1e-6 * abs(likelihood))


def in_memory(sessions: int, statsmodels: bool) -> list[dict[str, object]]:
    """Rows for a pandas frame."""
    frame = records(sessions)
    mine, (coefficients, likelihood) = timed(lambda: ours(frame), 7)
    what, rows = f"{sessions:,} sessions, pandas", []
    if shutil.which("Rscript"):
        with tempfile.TemporaryDirectory() as folder:
            theirs, estimate, other = by_lme4(frame, Path(folder), 3 if sessions <= 200_000 else 1)
        rows.append(row(what, "lme4 lmer", mine, theirs, same(coefficients, likelihood, estimate, other)))
    if statsmodels:
        theirs, estimate, other = by_statsmodels(frame)
        rows.append(
            row(what, "statsmodels MixedLM", mine, theirs, same(coefficients, likelihood, estimate, other))
        )
    return rows


# --- Parquet ---


def write_parquet(path: Path, sessions: int) -> None:
    """Write records in parts, so that the making needs no more memory than the reading."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    rng = np.random.default_rng(7)
    patients, part = sessions // 5, 1_000_000
    usual, effect = rng.integers(0, 12, patients), rng.normal(0, 0.8, patients)
    for low in range(0, sessions, part):
        n = min(part, sessions - low)
        patient = rng.integers(0, patients, n)
        condition = np.where(rng.random(n) < 0.8, usual[patient], rng.integers(0, 12, n))
        pain = np.clip(np.round(rng.normal(5, 2, n)), 0, 10)
        twitches = rng.poisson(4, n).astype(float)
        relief = np.round(0.4 * pain - 0.1 * twitches + effect[patient] + rng.normal(0, 1.5, n))
        columns = {
            "patient_id": np.char.mod("P%07d", patient),
            "condition": np.array(CONDITIONS)[condition],
            "pain_pre": pain,
            "twitch_count": twitches,
            "pain_relief_48h": relief,
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


BARE = (
    "select patient_id, count(*), count(condition), sum(pain_pre), sum(twitch_count), sum(pain_relief_48h) "
    "from read_parquet('{path}') group by patient_id"
)


def one_parquet_run(path: str, which: str) -> None:
    """Run in a process of its own, so that its peak memory is its own; prints seconds and GiB."""
    import duckdb
    import ibis

    if which == "bare":
        connection = duckdb.connect()
        seconds, _ = timed(lambda: connection.sql(BARE.format(path=path)).to_arrow_table().num_rows, 3)
    else:
        table = ibis.duckdb.connect().read_parquet(path)
        seconds, _ = timed(lambda: ours(table), 3)
    print(json.dumps({"seconds": seconds, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))


def from_parquet(sessions: int) -> list[dict[str, object]]:
    """Row for a Parquet file that is never held in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.parquet"
        write_parquet(path, sessions)
        runs: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
        for which in ("bare", "ours") * 3:  # in turn, so that other work on the machine meets both
            command = [sys.executable, "-W", "ignore", __file__, "--one", which, "--path", str(path)]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            runs[which].append(json.loads(printed))
    seconds = {which: statistics.median(run["seconds"] for run in those) for which, those in runs.items()}
    peak = {which: round(max(run["gib"] for run in those), 2) for which, those in runs.items()}
    line = row(
        f"{sessions:,} sessions, Parquet", "bare DuckDB group-by", seconds["ours"], seconds["bare"], None
    )
    return [line | {"ours_peak_gib": peak["ours"], "peer_peak_gib": peak["bare"]}]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--statsmodels", action="store_true")
    parser.add_argument("--one", choices=["bare", "ours"])
    parser.add_argument("--path")
    options = parser.parse_args()
    if options.one:
        one_parquet_run(options.path, options.one)
        return
    lines = []
    for size in options.sizes:
        if size > 2_000_000:
            lines.extend(from_parquet(size))
        else:
            lines.extend(in_memory(size, options.statsmodels and size <= 200_000))
    print(pd.DataFrame(lines).to_string(index=False, na_rep=""))


if __name__ == "__main__":
    main()
