"""`outcomes deidentify`: a raw export becomes a table that names nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["deidentify"]


def deidentify(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="Export with names, dates or record numbers.")],
    safe: Annotated[Path, typer.Argument(metavar="SAFE", help="CSV to write.")],
    key: Annotated[Path, typer.Option(help="File with the clinic's secret; made where there is none.")],
    generalise: Annotated[
        int | None, typer.Option(help="Widen bands until every group has so many patients.", min=2)
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How to read a date such as 3/5/2024.")
    ] = None,
) -> None:
    """Make a safe table from a raw export: pseudonyms, days, bands; nothing that identifies a person."""
    from outcomes.deidentify.run import deidentify_file

    typer.echo(str(deidentify_file(raw, safe, key, generalise, day_first=day_first)))
