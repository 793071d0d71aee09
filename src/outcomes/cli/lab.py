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
    from outcomes.pages.lab import open_lab

    raise typer.Exit(open_lab(file, to, mapping, announce=typer.echo, browser=browser))
