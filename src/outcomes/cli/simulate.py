"""`outcomes simulate`: synthetic sessions whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outcomes.cli.progress import progress

__all__ = ["simulate"]


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV or Parquet file; a folder for `registry`.")],
    patients: Annotated[
        int | None, typer.Option(help="How many patients (600; small_clinic 40).", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed.", min=0)] = 1,
    scenario: Annotated[str, typer.Option(help="What is true of the synthetic clinic.")] = "literature",
) -> None:
    """Write synthetic sessions whose truth is known."""
    from outcomes.files.write import csv_text, write_whole
    from outcomes.simulate.registry import write_registry
    from outcomes.simulate.sessions import simulate_sessions

    if scenario == "registry":
        with progress() as tell:
            count = write_registry(
                out,
                patients or 600,
                seed=seed,
                progress=lambda done, total: tell("simulating patients", done, total),
            )
        typer.echo(f"{count:,} synthetic sessions in {out}")
        return
    sessions, _ = simulate_sessions(patients, seed=seed, scenario=scenario)
    if out.suffix == ".parquet":
        write_whole(out, sessions.to_parquet())
    else:
        write_whole(out, csv_text(sessions))
    typer.echo(
        f"{len(sessions):,} synthetic sessions of {sessions['patient_id'].nunique():,} patients in {out}"
    )
