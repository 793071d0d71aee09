"""Exports of drawn clinics: the tables of every page, through grouping, gate and history, in one process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.disclosure.attack import attack_tables
from outcomes.disclosure.editions import edited
from outcomes.disclosure.gate import protect_all
from outcomes.disclosure.limits import limits_for
from outcomes.disclosure.partition import grouped, wholes_of
from outcomes.intake.read import already_checked, read_sessions
from outcomes.pages.cells import RECORDS
from outcomes.pages.held import Held
from outcomes.pages.notebooks import notebooks, read_book
from outcomes.pages.protection import Protection
from outcomes.pages.tables import Gathered, in_run
from outcomes.record.columns import COLUMNS
from outcomes.simulate.sessions import simulate_sessions

SCENARIOS = ("literature", "mnar", "null_flare")


@cache
def _cells(audience: str, out: str) -> dict[str, list[Any]]:
    """The compiled cells of each notebook, given the records of the run and where to write."""
    given = {"data": RECORDS, "audience": audience, "out": out}
    books = [read_book(path, given) for path in notebooks()]
    return {book.name: [compile(cell.source, book.name, "exec") for cell in book.code] for book in books}


def gathered(
    sessions: pd.DataFrame,
    audience: str = "owner",
    only: tuple[str, ...] = (),
    shown: dict[str, pd.DataFrame] | None = None,
    out: str = "",
) -> Gathered:
    """The tables of every notebook (or of some) as computed from records, before the gate; or written as ``shown``."""
    held = Held.of(sessions)
    found: Gathered = {}
    for name, cells in _cells(audience, out).items():
        if only and name not in only:
            continue
        with already_checked(RECORDS, held.sessions), in_run(shown) as tables:
            space: dict[str, Any] = {"__name__": "__main__"}
            for cell in cells:
                exec(cell, space)
        found |= tables.gathered
    return found


def drawn_clinic(seed: int) -> pd.DataFrame:
    """A clinic of 12 to 800 patients: some conditions, some of the follow-ups, some columns, at random."""
    rng = np.random.default_rng(seed)
    size, scenario = int(12 * (800 / 12) ** rng.random()), str(rng.choice(SCENARIOS))
    every = simulate_sessions(2 * size, seed=seed, scenario=scenario)[0]
    names = rng.permutation(every["condition"].unique())[: rng.integers(1, 14)]
    kept = every[every["condition"].isin(names)]
    patients = kept["patient_id"].unique()
    sessions = kept[kept["patient_id"].isin(patients[:size])].reset_index(drop=True)
    if rng.random() < 0.5:
        later = [c.name for c in COLUMNS if c.event == "follow-up" and c.name != "followup_status"]
        lost = rng.random(len(sessions)) < rng.random()
        sessions = sessions.assign(**{name: sessions[name].mask(lost) for name in later})
        sessions["followup_status"] = sessions["followup_status"].mask(lost, "no_answer")
    optional = [c.name for c in COLUMNS if not c.needed]
    dropped = [name for name in optional if rng.random() < 0.2]
    return read_sessions(sessions.drop(columns=dropped))


def protected(sessions: pd.DataFrame, only: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """What an owner is shown of every table, or of the tables of some pages alone."""
    shown = grouped(sessions, limits_for("owner"))
    found, wholes = gathered(shown, only=only), wholes_of(shown)
    tables = edited({name: table for name, (table, kind) in found.items() if kind != "reference"}, "owner")
    conditions = [where for where in wholes if {key for key, _ in where} == {"condition"}]
    rows = [
        {"condition": dict(where)["condition"], **wholes[where]} for where in sorted(conditions, key=sorted)
    ]
    tables["records"] = pd.DataFrame([{"condition": "all", **wholes[frozenset()]}, *rows])
    return {name: page.table for name, page in protect_all(tables, wholes=wholes).items()}


def drawn_again(clinics: Iterable[pd.DataFrame], out: Path, only: tuple[str, ...] = ()) -> None:
    """Every page, or some, of one clinic after another, drawn from what may be shown beside the earlier releases."""
    for sessions in clinics:
        protection = Protection.of(sessions, "owner", out)
        shown = protection.shown(gathered(protection.sessions, only=only))
        out.mkdir(parents=True, exist_ok=True)
        gathered(protection.sessions, only=only, shown=shown, out=str(out))
        protection.remember()


def findings(sessions: pd.DataFrame, only: tuple[str, ...] = ()) -> list[str]:
    """What small groups a stranger works out from what an owner is shown."""
    return [str(found) for found in attack_tables(protected(sessions, only))]
