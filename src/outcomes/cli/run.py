"""`outcomes run`: check the records, run the notebooks, write the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outcomes.cli.arguments import DatabaseTable, MappingFile, SeveralRecords, named_records
from outcomes.cli.progress import progress

if TYPE_CHECKING:
    from outcomes.files.origin import Origin

__all__ = ["run"]


def run(
    files: SeveralRecords,
    out: Annotated[
        Path, typer.Option(help="Folder to write; what an earlier run wrote there is replaced as a whole.")
    ] = Path("exports"),
    mapping: MappingFile = None,
    table: DatabaseTable = None,
    audience: Annotated[
        str, typer.Option(help="Who will see the pages: owner, researcher or clinician.")
    ] = "owner",
    only: Annotated[
        list[str] | None, typer.Option(help="A notebook to run, and no other; may be given again.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Changes nothing: every run runs its notebooks.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option(help="Analysis plan (TOML); `outcomes plan` prints one.")
    ] = None,
    new_series: Annotated[
        bool, typer.Option("--new-series", help="Begin anew, as if nothing had been passed on before.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="html, pdf, pptx, xlsx, docx: one or more, with commas between.")
    ] = "html",
) -> None:
    """Check the records, run the notebooks, write the pages.

    Pages for owners and researchers are to pass on; pages for clinicians stay inside the clinic.
    """
    del fresh  # kept for those who call it: once, unchanged pages were taken over from the earlier run
    from outcomes.disclosure.limits import limits_for
    from outcomes.pages.formats import formats_of
    from outcomes.pages.run import RunOptions
    from outcomes.pages.run import run as run_notebooks

    options = RunOptions(
        str(mapping) if mapping else None,
        audience,
        tuple(only or ()),
        str(plan) if plan else None,
        new_series,
        formats_of(form),
        table,
    )
    origin = named_records(files, table)
    with progress() as tell:
        ran = run_notebooks(origin, out, options=options, progress=tell)
    _say_what_was_made(origin, ran, inside=not limits_for(audience).protects)


def _say_what_was_made(origin: Origin, ran: Any, *, inside: bool) -> None:
    from outcomes.words import counted

    typer.echo(f"{origin.name}: {ran.account}")
    typer.echo(
        f"{counted(ran.n_sessions, 'session')} of {counted(ran.n_patients, 'patient')}; "
        f"{counted(len(ran.executed), 'page')} in {ran.seconds:.0f} s. Open {ran.out / 'index.html'}"
    )
    typer.echo(
        "For inside the clinic: not to be passed on." if inside else "To pass on: the folder as it is."
    )
    if ran.kept:
        typer.echo(f"Kept there, though no run made them: {', '.join(ran.kept)}.", err=True)
    if ran.n_warnings:
        typer.echo(
            f"{counted(ran.n_warnings, 'kind')} of implausible values; `outcomes check {_again(origin)}` lists them.",
            err=True,
        )


def _again(origin: Origin) -> str:
    """The records as they were named; an address, which says who reads what, is not repeated."""
    return str(origin.files[0]) if len(origin.files) == 1 and origin.kind == "files" else "..."
