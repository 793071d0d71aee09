"""`outcomes check`: every problem of a file of records."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outcomes.cli.arguments import DatabaseTable, MappingFile, SeveralRecords, named_records
from outcomes.cli.progress import progress

if TYPE_CHECKING:
    from outcomes.files.origin import Origin

__all__ = ["check"]

LARGE = 500_000_000
"""Bytes beyond which errors are counted where the file lies instead of reading it."""


def check(
    files: SeveralRecords,
    mapping: MappingFile = None,
    table: DatabaseTable = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every problem to this .csv or .html file.")
    ] = None,
) -> None:
    """Check records and report every problem.

    Exit code 0: clean; 1: warnings only; 2: errors.
    """
    from outcomes.intake.left_out import lines_of_left_out
    from outcomes.intake.problems import grouped, write_report

    origin = named_records(files, table)
    checked = _checked(origin, mapping)
    problems = checked.problems
    typer.echo(f"{origin.name}: {checked.account}")
    for line in checked.said:
        typer.echo(f"  {line}")
    for line in lines_of_left_out(checked.ignored, origin.name):
        typer.echo(line)
    for line in grouped(problems, origin.name):
        typer.echo(f"  - {line}")
    if report is not None:
        write_report(problems, report)
    kinds = problems.drop_duplicates(["column", "rule", "remedy"])["severity"]
    errors, warnings = int((kinds == "error").sum()), int((kinds == "warning").sum())
    typer.echo(_verdict(errors, warnings))
    if (problems["rule"] == "missing column").any() and mapping is None and origin.kind == "files":
        named = shlex.quote(str(origin.files[0]))
        typer.echo(f"To have a file of another layout looked at and read: outcomes prepare {named}")
    raise typer.Exit(2 if errors else 1 if warnings else 0)


def _checked(origin: Origin, mapping: Path | None) -> Any:
    """What came of checking; very large files are checked where they lie, in bounded memory."""
    from outcomes.intake.read import check_sessions

    size = sum(path.stat().st_size for path in origin.files if path.is_file())
    if mapping is not None or len(origin.files) > 1 or origin.kind != "files" or size <= LARGE:
        return check_sessions(origin, mapping=mapping)
    from outcomes.intake.scan import check_scan

    typer.echo(
        f"{origin.name} is large: errors are counted in one pass; warnings and lines are left out.",
        err=True,
    )
    with progress() as tell:
        tell("checking the records", 0, 0)
        return check_scan(origin.files[0])


def _verdict(errors: int, warnings: int) -> str:
    if errors:
        return f"{errors} kinds of error, {warnings} of warning: the records can be used once the errors are mended."
    if warnings:
        return f"No errors; {warnings} kinds of warning: the records can be used."
    return "No problems found."
