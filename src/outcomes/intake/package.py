"""The Frictionless description of a table of sessions: types, rules, units, size and hash, beside the file.

Comes in: the file, its columns, how many rows it has. Goes out: ``datapackage.json`` as text, from the one list
of columns; columns that the record does not have are text without rules.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outcomes.files.read import sha256_of
from outcomes.files.write import json_text
from outcomes.intake.forms.dictionary import data_dictionary, field_of
from outcomes.record.columns import MOVEMENT_COLUMNS

__all__ = ["PACKAGE", "package_text"]

PACKAGE = "datapackage.json"
_STORED = {
    "csv": {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
}


def package_text(file: Path, columns: Sequence[str], rows: int) -> str:
    """Describe a file of sessions.

    Parameters
    ----------
    file : Path
        ``sessions.csv`` or ``sessions.parquet``; its size and hash are taken from it.
    columns : sequence of str
        In the order of the file.
    rows : int

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "sessions.csv"
    ...     _ = file.write_text("pain_pre")
    ...     package = json.loads(package_text(file, ["pain_pre"], 0))
    >>> field = package["resources"][0]["schema"]["fields"][0]
    >>> field["type"], field["unit"], field["constraints"]["maximum"]
    ('number', 'points', 10)
    """
    package = json.loads(data_dictionary("frictionless"))
    described = package["resources"][0]
    schema = {**described["schema"], "fields": _fields(described["schema"]["fields"], columns)}
    if "session_id" not in columns:
        del schema["primaryKey"]
    package["resources"] = [
        {
            "$schema": described["$schema"],
            "name": described["name"],
            "type": described["type"],
            "path": file.name,
            **_STORED[file.suffix.removeprefix(".")],
            "bytes": file.stat().st_size,
            "hash": f"sha256:{sha256_of(file)}",
            "rows": rows,
            "schema": schema,
        }
    ]
    return json_text(package)


def _fields(known: list[dict[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    fields = {field["name"]: field for field in known}
    fields |= {c.name: field_of(c) for c in MOVEMENT_COLUMNS}
    return [fields.get(name, {"name": name, "type": "any"}) for name in columns]
