"""The demo records and the page that describes them: both made here, so that they cannot drift apart.

Comes in: a folder. Goes out: ``demo_sessions.csv`` (synthetic) and ``README.md`` in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from outcomes.files.write import csv_text, write_whole
from outcomes.intake.forms.dictionary import data_dictionary
from outcomes.simulate.sessions import simulate_sessions

__all__ = ["DEMO", "readme", "write_demo"]

DEMO = {"patients": 600, "seed": 1, "scenario": "literature"}
COMMAND = "outcomes simulate data/demo_sessions.csv --patients 600 --seed 1 --scenario literature"


def write_demo(folder: Path) -> None:
    """Write the demo records and their README into a folder."""
    sessions, _ = simulate_sessions(600, seed=1, scenario="literature")
    write_whole(folder / "demo_sessions.csv", csv_text(sessions))
    write_whole(folder / "README.md", readme(len(sessions), sessions["condition"].nunique()))


def readme(n_sessions: int, n_conditions: int) -> str:
    """What the file is, that it is synthetic, how it was made, and the data dictionary."""
    return f"""# The demo records

`demo_sessions.csv` is **synthetic**: {n_sessions:,} sessions of {DEMO["patients"]:,} patients with {n_conditions}
conditions, made by a simulation whose truth is known. Nobody in it exists, and nothing it shows is evidence about dry
needling. Every `session_id` begins with `synthetic-`, and whatever is made of these records says that they are
synthetic. What the simulation assumes, and on what authority, is in `docs/methods/simulation.md`.

It was made by

    {COMMAND}

and `make demo` makes it, and this page, again. Your own files in this folder are ignored by git: keep records that are
not synthetic out of version control.

{re.sub("^#", "##", data_dictionary("md"), flags=re.MULTILINE)}"""


if __name__ == "__main__":
    write_demo(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
