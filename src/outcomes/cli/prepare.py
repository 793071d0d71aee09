"""`outcomes prepare`: a clinic's file becomes safe records, with questions where something is in doubt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from outcomes.cli.arguments import MappingFile

__all__ = ["prepare"]


def prepare(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="The clinic's file as it was exported.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    mapping: MappingFile = None,
    redcap_dictionary: Annotated[
        Path | None, typer.Option(help="Data dictionary (CSV) of the REDCap project.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="File with the clinic's secret; by default clinic.key in the folder.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what is sure, list the rest.")
    ] = False,
    form: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="Of the sessions: parquet or csv.")
    ] = "parquet",
) -> None:
    """Make safe records of a clinic's file: look at it, propose, ask, rewrite, de-identify, check.

    Writes sessions.parquet (or .csv), clinic.toml (the mapping, to keep) and prepared.html (what was done).
    """
    from outcomes.intake.prepare_files import prepare_file
    from outcomes.intake.prepare_report import report_text

    ask = None if yes or not (sys.stdin.isatty() and sys.stdout.isatty()) else _ask
    written = prepare_file(
        raw, out, mapping=mapping, dictionary=redcap_dictionary, key=key, form=form, ask=ask
    )
    typer.echo(report_text(written.done))
    if written.kept is not None:
        typer.echo(f"\nThe mapping that stood there before is now {written.kept}.")
    typer.echo(f"\nWritten: {written.sessions}, {written.mapping}, {written.report}")
    typer.echo(f"Next month: outcomes prepare NEW_FILE --mapping {written.mapping}")
    typer.echo(f"Now: outcomes run {written.sessions}")


def _ask(question: Any) -> str | None:
    """Ask on the terminal; an empty answer leaves the question open."""
    typer.echo(f"\n{question.asks}")
    answers = list(question.answers)
    for number, answer in enumerate(answers, start=1):
        typer.echo(f"  {number}  {answer}")
    while True:
        said = typer.prompt("Number (Enter: not known)", default="", show_default=False).strip()
        if not said:
            return None
        if said.isdigit() and 1 <= int(said) <= len(answers):
            return str(answers[int(said) - 1])
        typer.echo(f"A number from 1 to {len(answers)}, please.")
