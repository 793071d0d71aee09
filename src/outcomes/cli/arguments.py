"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["MappingFile", "Records"]

Records = Annotated[
    Path, typer.Argument(metavar="FILE", help="Session records: CSV, Excel, Parquet, FHIR ...")
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file that names your columns, or a name of `outcomes map --list`."),
]
