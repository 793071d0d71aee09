"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from outcomes.files.origin import Origin

__all__ = ["DatabaseTable", "MappingFile", "PlanFile", "Records", "SeveralRecords", "named_records"]

Records = Annotated[
    Path, typer.Argument(metavar="FILE", help="Session records: CSV, Excel, Parquet, FHIR ...")
]
SeveralRecords = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Session records: CSV, Excel, Parquet, FHIR ...; several files, a folder or a pattern of CSV or Parquet; "
        "a DuckDB file; postgres://host/database, without a password.",
    ),
]
DatabaseTable = Annotated[
    str | None,
    typer.Option("--table", help="Which table of a database (or schema.table), where it has several."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file that names your columns, or a name of `outcomes map --list`."),
]

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="Analysis plan (TOML) of the study; `outcomes plan` prints one.")
]


def named_records(named: list[str], table: str | None) -> Origin:
    """Where the records named on the command line lie."""
    from outcomes.files.origin import origin_of

    return origin_of(named[0] if len(named) == 1 else named, table=table)
