"""How many exports say a direction: whole clinics, page by page, from the sentences a reader would see.

``python benchmarks/directional.py 30 --world null --world null_flare`` reads so many simulated clinics of each world
and prints the share of them in which each page says any directional sentence (``tests/pages/said.py`` decides what is
one; what is true there, of soreness and of pain of the needling, is not counted). Some 15 processor seconds a clinic.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import outcomes as oc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from pages.said import TRUE_ANYWAY, directional, said_of

PATIENTS, FIRST = 600, 1000
WORLDS = ("null", "null_flare", "literature", "half a point", "one point", "two points")
"""No effect (booked ahead; bad days), what was published, and no effect with pain lower afterwards by so much."""
EFFECTS = {"half a point": 0.5, "one point": 1.0, "two points": 2.0}
ANY = "any page"


def clinic(world: str, seed: int) -> pd.DataFrame:
    """A simulated clinic of one world.

    Parameters
    ----------
    world : str
        One of ``WORLDS``.
    seed : int
    """
    if world not in EFFECTS:
        return oc.read_sessions(oc.simulate_sessions(PATIENTS, seed=seed, scenario=world)[0])
    sessions, _ = oc.simulate_sessions(PATIENTS, seed=seed, scenario="null")
    rng, effect = np.random.default_rng(seed), EFFECTS[world]
    whole = np.floor(effect + rng.random(len(sessions)))  # readings stay whole points
    lower = {name: (sessions[name] - whole).clip(lower=0.0) for name in ("pain_post", "pain_48h")}
    return oc.read_sessions(sessions.assign(**lower))


def spoke(
    world: str, clinics: int, first: int = FIRST, only: tuple[str, ...] = ()
) -> Iterator[dict[str, object]]:
    """Which pages of each clinic name a direction; of the notebooks named, where any are."""
    for seed in range(first, first + clinics):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = said_of(clinic(world, seed), only=only)
        found = {page: bool(directional(texts, but=TRUE_ANYWAY)) for page, texts in said.items()}
        yield {"world": world, "seed": seed, **found, ANY: any(found.values())}


def table(rows: pd.DataFrame) -> str:
    """Share of clinics by world (columns) and page (rows), in percent, with their number."""
    pages = [name for name in rows.columns if name not in ("world", "seed")]
    shares = rows.groupby("world", sort=False)[pages].mean().mul(100).round(0).astype(int).T
    sizes = rows.groupby("world", sort=False).size()
    lines = ["| page | " + " | ".join(f"{world} ({sizes[world]})" for world in shares.columns) + " |"]
    lines += ["|---" * (len(shares.columns) + 1) + "|"]
    return "\n".join(
        lines + [f"| {page} | " + " | ".join(f"{n} %" for n in row) + " |" for page, row in shares.iterrows()]
    )


def main() -> None:
    """Read the clinics asked for; with ``--out``, one row a clinic is added to a CSV as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clinics", type=int)
    parser.add_argument("--world", action="append", choices=WORLDS)
    parser.add_argument("--first", type=int, default=FIRST, help="first seed")
    parser.add_argument(
        "--only", action="append", default=[], help="notebooks to read, by name; all of them otherwise"
    )
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = []
    for world in asked.world or WORLDS:
        for row in spoke(world, asked.clinics, asked.first, tuple(asked.only)):
            rows.append(row)
            if asked.out:
                pd.DataFrame([row]).to_csv(asked.out, mode="a", header=not asked.out.exists(), index=False)
    print(table(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
