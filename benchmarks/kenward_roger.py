"""Kenward and Roger's errors: speed beside R's pbkrtest, and error rates beside Satterthwaite's in small clinics.

    python benchmarks/kenward_roger.py                  # speed: ours with the reduction and the fit, theirs without
    python benchmarks/kenward_roger.py --studies 4000   # false positives in uneven clinics of few patients

Each peer has to reach the same errors and degrees of freedom, or the row says that it does not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.models.mixed.fit import fit_mixed

HERE = Path(__file__).resolve().parent
FORMULA = "y ~ condition + pain_pre + (1 | patient_id)"


def clinic(rng: np.random.Generator, patients: int, most: int, conditions: str = "abc") -> pd.DataFrame:
    """Patients of one condition each, with 1 to `most` sessions; no condition differs from another."""
    person = np.repeat(np.arange(patients), rng.integers(1, most + 1, patients))
    pain = rng.normal(5, 2, len(person))
    noise = rng.normal(0, 0.7, patients)[person] + rng.normal(0, 1, len(person))
    return pd.DataFrame(
        {
            "patient_id": np.char.mod("P%05d", person),
            "condition": np.array(list(conditions))[person % len(conditions)],
            "pain_pre": pain.round(3),
            "y": (0.4 * pain + noise).round(3),
        }
    )


def speed(patients: int, runs: int) -> dict[str, object]:
    """One row: seconds of both, on the same records."""
    frame = clinic(np.random.default_rng(7), patients, 9, "abcdefghijkl")
    times = []
    for _ in range(9):
        start = time.perf_counter()
        found = fit_mixed(FORMULA, frame, df="kenward-roger").coefficients
        times.append(time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        frame.to_csv(path, index=False)
        command = ["Rscript", str(HERE / "kenward_roger.R"), str(path), str(runs)]
        theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    same = np.allclose(found["std_error"], theirs["std_error"], rtol=1e-5)
    same &= np.allclose(found["df"], theirs["df"], rtol=1e-4)
    ours, peer = statistics.median(times), statistics.median(theirs["seconds"])
    row = {
        "sessions": len(frame),
        "patients": patients,
        "ours_s": round(ours, 4),
        "pbkrtest_s": round(peer, 3),
    }
    return row | {"times_faster": round(peer / ours), "same_answer": bool(same)}


def false_positives(patients: int, studies: int) -> dict[str, object]:
    """One row: how often conditions that do not differ are said to, at 5%, by the F test of all three."""
    rng = np.random.default_rng([11, patients])
    row: dict[str, object] = {"patients": patients, "studies": studies}
    p_values: dict[str, list[float]] = {"satterthwaite": [], "kenward-roger": []}
    for _ in range(studies):
        frame = clinic(rng, patients, 6)
        for df, those in p_values.items():
            those.append(fit_mixed(FORMULA, frame, df=df).joint_test("condition")["p_value"].iloc[0])
    for df, those in p_values.items():
        known = np.array(those)[~np.isnan(those)]
        row |= {f"{df} %": round(100 * float(np.mean(known < 0.05)), 1), f"{df} given": len(known)}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, nargs="*", default=[60, 200, 600])
    parser.add_argument("--studies", type=int, default=0)
    options = parser.parse_args()
    if options.studies:
        rows = [false_positives(patients, options.studies) for patients in (6, 9, 15, 30)]
    else:
        rows = [speed(patients, 3) for patients in options.patients]
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
