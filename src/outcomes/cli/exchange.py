"""What clinics exchange: `reduce` writes sums and counts, `pool` adds them, `export-fhir` writes records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from outcomes.cli.arguments import MappingFile, Records

__all__ = ["export_fhir", "pool", "reduce"]


def reduce(
    file: Records,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="JSON file to write: sums and counts, no records.")
    ],
    formula: Annotated[str | None, typer.Option(help="Mixed model to reduce for.")] = None,
    flag: Annotated[str | None, typer.Option(help="Responder flag to count.")] = None,
    soreness: Annotated[bool, typer.Option("--soreness", help="Count hours of soreness.")] = False,
    by: Annotated[str, typer.Option(help="Groups of the counts.")] = "condition",
    mapping: MappingFile = None,
    i_am_inside: Annotated[
        bool,
        typer.Option("--i-am-inside", help="Write cells of few patients too: not to be passed on openly."),
    ] = False,
) -> None:
    """Reduce records to the sums another clinic may add to its own."""
    from outcomes.disclosure.limits import limits_for
    from outcomes.errors import ReductionError
    from outcomes.intake.read import read_sessions
    from outcomes.models.exchange import contents, refuse_identifiers, refuse_small_cells
    from outcomes.models.mixed.reduce import reduce_moments
    from outcomes.models.proportions.counts import reduce_counts
    from outcomes.models.survival.events import reduce_events

    if [formula is not None, flag is not None, soreness].count(True) != 1:
        raise ReductionError("Say what to reduce for: one of --formula, --flag or --soreness.")
    refuse_identifiers([by])
    sessions = read_sessions(file, mapping=mapping)
    if formula is not None:
        reduced: Any = reduce_moments(formula, sessions)
    elif flag is not None:
        reduced = reduce_counts(sessions, flag, by)
    else:
        reduced = reduce_events(sessions, by)
    least = limits_for("owner").least_patients
    if not i_am_inside:
        refuse_small_cells(reduced, least)
    reduced.to_json(out)
    typer.echo(f"{out}: {contents(reduced, least)}")


def pool(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reductions of the same kind.")],
    out: Annotated[Path | None, typer.Option(help="Write the pooled reduction here.")] = None,
) -> None:
    """Add the reductions of several clinics and print the estimates of the pooled records as CSV."""
    from outcomes.files.write import csv_text
    from outcomes.models.exchange import estimates_of, pooled

    together = pooled(files)
    if out is not None:
        together.to_json(out)
    typer.echo(csv_text(estimates_of(together)), nl=False)


def export_fhir(
    file: Records,
    out: Annotated[
        Path, typer.Option(help="File to write: .json (a bundle) or .ndjson (a resource a line).")
    ],
    mapping: MappingFile = None,
) -> None:
    """Write checked records as FHIR R4: a procedure a session, an observation a reading."""
    from outcomes.intake.fhir import export_file

    written = export_file(file, out, mapping=mapping)
    typer.echo(f"{out}: {written}")
    typer.echo("One record a session: for inside the clinic, or under an agreement.")
