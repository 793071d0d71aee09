"""`outcomes lab`: the notebooks on a clinic's own file, in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outcomes.cli.arguments import MappingFile, Records

__all__ = ["lab"]


def lab(
    file: Records,
    to: Annotated[Path, typer.Option(help="Folder for your copy of the notebooks.")] = Path("my-notebooks"),
    mapping: MappingFile = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the notebooks on your own records, in a copy that you may change."""
    import os

    from outcomes.intake.read import read_sessions
    from outcomes.pages.lab import (
        FIRST,
        jupyter_command,
        jupyter_environment,
        run_to_first_chart,
        working_copy,
    )

    read_sessions(file, mapping=mapping)
    made = working_copy(file, to, mapping)
    if any(path.stem == FIRST for path in made):
        run_to_first_chart(to / f"{FIRST}.ipynb")
    if made:
        typer.echo(f"{len(made)} notebooks in {to}, reading {file}. They are yours to change.")
    else:
        typer.echo(f"Your notebooks in {to} are opened as you left them.")
    command = jupyter_command(to, browser=browser)
    os.execve(command[0], command, jupyter_environment())
