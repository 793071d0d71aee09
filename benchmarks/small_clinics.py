"""What owners of small clinics are shown: rows withheld, groups, totals, and how long protecting takes.

    python benchmarks/small_clinics.py                 # 25, 60, 110, 160 and 310 patients
    python benchmarks/small_clinics.py 60 --again      # and the same clinic with 1, 6 and 31 patients more

Each clinic is simulated (``literature``), exported for owners, and read from the files that are passed on.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

import outcomes as oc
from outcomes.pages.run import run

SIZES = (25, 60, 110, 160, 310)
MORE = (0, 1, 6, 31)
PROTECTING, ATTACKING = "checking privacy", "checking that no small group can be worked out"


class Clock:
    """Seconds by the clock that each step of a run took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._doing, self._since = "", time.perf_counter()

    def tell(self, what: str, _done: int, _total: int) -> None:
        now = time.perf_counter()
        self.seconds[self._doing] = self.seconds.get(self._doing, 0.0) + now - self._since
        self._doing, self._since = what, now


def exported(records: Path, out: Path) -> dict[str, object]:
    """Export records for an owner and say what the files show."""
    clock = Clock()
    run(records, out, progress=clock.tell)
    clock.tell("", 0, 0)
    seconds = {"to protect, s": clock.seconds[PROTECTING], "to attack, s": clock.seconds[ATTACKING]}
    return {**shown_in(out), **{what: round(took, 1) for what, took in seconds.items()}}


def shown_in(out: Path) -> dict[str, object]:
    """What the files of an export show."""
    rows, records = pd.read_parquet(out / "estimates.parquet"), pd.read_csv(out / "tables/records.csv")
    withheld = rows["note"].astype("str").str.contains("withheld: ").mean()
    relief = rows[
        (rows["notebook"] == "00_start_here") & (rows["table"] == "relief") & rows["estimate"].notna()
    ]
    total = rows[
        (rows["notebook"] == "00_start_here") & (rows["table"] == "overall") & rows["estimate"].notna()
    ]
    groups = records[records["condition"] != "all"]
    seen = groups[groups["condition"].isin(relief["condition"])]
    return {
        "rows": len(rows),
        "withheld": f"{withheld:.0%}",
        "total relief": " and ".join(total["time"].astype("str")) or "not shown",
        "groups shown": len(seen),
        "of all sessions": f"{seen['sessions'].sum() / groups['sessions'].sum():.0%}",
        "figures": int(rows.select_dtypes("number").notna().sum().sum()),
    }


def clinics(size: int, *, again: bool) -> list[pd.DataFrame]:
    """The records of a clinic; and, where it is exported again, of the same with more patients."""
    more = MORE if again else MORE[:1]
    sessions = oc.simulate_sessions(size + more[-1], seed=1)[0]
    patients = sessions["patient_id"].unique()
    return [sessions[sessions["patient_id"].isin(patients[: size + extra])] for extra in more]


def main() -> None:
    """Print one row per export."""
    asked = argparse.ArgumentParser()
    asked.add_argument("sizes", nargs="*", type=int, default=SIZES)
    asked.add_argument("--again", action="store_true", help="export each clinic again with more patients")
    chosen = asked.parse_args()
    told = []
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            for sessions in clinics(size, again=chosen.again):
                records = Path(folder) / "records.csv"
                sessions.to_csv(records, index=False)
                n = sessions["patient_id"].nunique()
                told.append({"patients": n, **exported(records, Path(folder) / "out")})
                print(told[-1], flush=True)
    print(pd.DataFrame(told).to_string(index=False))


if __name__ == "__main__":
    main()
