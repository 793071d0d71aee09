"""What clinics exchange: `reduce` writes sums and counts, `pool` adds them, `export-fhir` writes records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from outcomes.cli.arguments import MappingFile, PlanFile, Records

__all__ = ["export_fhir", "pool", "reduce"]


def reduce(
    file: Records,
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="JSON file to write: sums and counts, no records.")
    ] = None,
    formula: Annotated[str | None, typer.Option(help="Mixed model to reduce for.")] = None,
    flag: Annotated[str | None, typer.Option(help="Responder flag to count.")] = None,
    soreness: Annotated[bool, typer.Option("--soreness", help="Count hours of soreness.")] = False,
    by: Annotated[str, typer.Option(help="Groups of the counts.")] = "condition",
    mapping: MappingFile = None,
    plan: PlanFile = None,
    study: Annotated[
        Path | None,
        typer.Option("--out", help="File to write everything a study asks for to: clinic.outcomes."),
    ] = None,
    study_key: Annotated[
        Path | None,
        typer.Option(help="Random bytes all clinics share: shows who is a patient of two of them."),
    ] = None,
    i_am_inside: Annotated[
        bool,
        typer.Option("--i-am-inside", help="Write cells of few patients too: not to be passed on openly."),
    ] = False,
) -> None:
    """Reduce records to the sums another clinic may add to its own: all that a study asks for, or one model."""
    from outcomes.disclosure.limits import limits_for
    from outcomes.errors import ReductionError
    from outcomes.intake.read import read_sessions
    from outcomes.models.exchange import refuse_identifiers
    from outcomes.record.plan import active_plan, read_plan, use_plan

    asked = [formula is not None, flag is not None, soreness].count(True)
    if (study is None) == (out is None) or asked != (1 if study is None else 0):
        raise ReductionError(
            "Say what to reduce for: everything a study asks for, with --out clinic.outcomes and nothing else; or one "
            "of --formula, --flag or --soreness, with the JSON file to write."
        )
    least = None if i_am_inside else limits_for("owner").least_patients
    with use_plan(read_plan(plan) if plan else active_plan()):
        if study is not None:
            typer.echo(_reduced_study(read_sessions(file, mapping=mapping), study, study_key, least))
        elif out is not None:
            refuse_identifiers([by])
            sessions = read_sessions(file, mapping=mapping)
            typer.echo(_reduced(sessions, out, {"formula": formula, "flag": flag, "by": by}, least))


def _reduced_study(sessions: Any, out: Path, key: Path | None, least: int | None) -> str:
    """Write everything a study asks for, and say what was written."""
    from outcomes.models.study import reduce_study
    from outcomes.models.study_file import hashed, refuse_small_parts, write_study
    from outcomes.words import counted

    people = hashed(sessions["patient_id"].astype("str"), key.read_bytes()) if key else ()
    study = reduce_study(sessions, people=people)
    if least is not None:
        refuse_small_parts(study, least)
    write_study(study, out)
    who = f"{counted(study.sessions, 'session')} of {counted(study.patients, 'patient')}"
    kind = (
        "under an agreement, or inside the clinic" if least is None else "each of enough patients to be sent"
    )
    return f"{out}: {len(study.parts)} tables of sums and counts over {who}, no record of any; {kind}"


def _reduced(sessions: Any, out: Path, asked: dict[str, Any], least: int | None) -> str:
    """Write one reduction, and say what it holds."""
    from outcomes.disclosure.limits import limits_for
    from outcomes.models.exchange import contents, labelled_by, refuse_identifiers, refuse_small_cells
    from outcomes.models.mixed.reduce import reduce_moments
    from outcomes.models.proportions.counts import reduce_counts
    from outcomes.models.survival.events import reduce_events

    reduced: Any
    if asked["formula"] is not None:
        reduced = reduce_moments(asked["formula"], sessions)
        refuse_identifiers(labelled_by(reduced))
    elif asked["flag"] is not None:
        reduced = reduce_counts(sessions, asked["flag"], asked["by"])
    else:
        reduced = reduce_events(sessions, asked["by"])
    if least is not None:
        refuse_small_cells(reduced, least)
    reduced.to_json(out)
    return f"{out}: {contents(reduced, limits_for('owner').least_patients)}"


def pool(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reductions of the same kind.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the pooled reduction here; of studies' files, the folder of pages to write."
        ),
    ] = None,
    plan: PlanFile = None,
) -> None:
    """Add what several clinics sent: of studies' files make the pages of all, of one model print the estimates."""
    from outcomes.files.write import csv_text
    from outcomes.models.exchange import estimates_of, pooled
    from outcomes.models.study_file import is_study

    if any(is_study(file) for file in files):
        _pool_studies(files, out or Path("exports"), plan)
        return
    together = pooled(files)
    if out is not None:
        together.to_json(out)
    typer.echo(csv_text(estimates_of(together)), nl=False)


def _pool_studies(files: list[Path], out: Path, plan: Path | None) -> None:
    from outcomes.cli.progress import progress
    from outcomes.pages.pooled import pool_pages
    from outcomes.words import counted

    with progress() as tell:
        found = pool_pages(files, out, plan=plan, progress=tell)
    typer.echo(
        f"{counted(found.clinics, 'clinic')}: {counted(found.sessions, 'session')} of "
        f"{counted(found.patients, 'patient')}. Open {found.out / 'index.html'}"
    )
    typer.echo("For those who run the study: not to be passed on.")


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
