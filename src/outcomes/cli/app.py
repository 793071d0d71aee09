"""`outcomes app`: the notebooks with pickers on a clinic's own file, as pages without code."""

from __future__ import annotations

from typing import Annotated

import typer

from outcomes.cli.arguments import MappingFile, Records

__all__ = ["app"]


def app(
    file: Records,
    mapping: MappingFile = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Choose a patient and see how they are doing, in the browser on this computer alone."""
    from outcomes.intake.read import read_sessions
    from outcomes.pages.app import refuse_without_voila, serve

    refuse_without_voila(file)
    read_sessions(file, mapping=mapping)

    def announce(address: str) -> None:
        typer.echo(f"Reading {file}. Only this computer reaches the app. To close it, press Ctrl-C here.")
        typer.echo(f"Open: {address}")

    serve(file, mapping, announce=announce, browser=browser)
    typer.echo("Closed. Nothing of the records is left behind.")
