"""Commands that write what a clinic fills in: `template`, `plan`, `dictionary`, and `map`, a draft of its mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["dictionary", "draft", "plan", "template"]


def template(out: Annotated[Path, typer.Argument(metavar="OUT", help="Workbook to write (.xlsx).")]) -> None:
    """Write an Excel workbook to type sessions into."""
    from outcomes.intake.forms.workbook import write_template

    write_template(out)
    typer.echo(f"{out}: type one session per row, then run `outcomes check {out}`.")


def plan() -> None:
    """Print the analysis plan: every threshold, window, model and family, to change and give to `run --plan`."""
    from outcomes.record.plan import shipped_plan_text

    typer.echo(shipped_plan_text(), nl=False)


def dictionary(
    form: Annotated[
        Literal["md", "csv", "redcap", "frictionless"],
        typer.Option("--format", help="md, csv, redcap or frictionless."),
    ] = "md",
    out: Annotated[Path | None, typer.Option(help="File to write; by default the text is printed.")] = None,
) -> None:
    """Print the data dictionary."""
    from outcomes.files.write import write_whole
    from outcomes.intake.forms.dictionary import data_dictionary

    text = data_dictionary(form)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)


def draft(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A clinic's file.")] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the mappings that come with the suite.")
    ] = False,
) -> None:
    """Print a draft of a column mapping for a file, doubtful columns commented out."""
    from outcomes.intake.draft import draft_mapping
    from outcomes.intake.mapping import listed_mappings

    if listed:
        for name, says in listed_mappings().items():
            typer.echo(f"{name:20} {says}")
    elif file is not None:
        typer.echo(draft_mapping(file), nl=False)
    else:
        raise typer.BadParameter("Name a file, or give --list.")
