"""FHIR from another system in the record's own words; and checked records as FHIR.

Comes in: a raw table of needlings. Goes out: the same with the record's conditions, and with the number of each session
within patient and condition, counted by day. A condition that is not recognized stays as it is, for the check to say.
Or comes in a file of records, and a file of FHIR goes out, whole or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.errors import ExportError
from outcomes.files.source import Source
from outcomes.files.write import write_whole
from outcomes.intake.vocabulary import code_of
from outcomes.record.columns import column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export_file", "in_own_words"]

SUFFIXES = (".json", ".ndjson")


def in_own_words(source: Source) -> Source:
    """The same source with conditions and session numbers as the record has them; other files as they are."""
    if source.format != "fhir":
        return source
    import pyarrow as pa

    frame = source.table.to_pandas()
    frame = frame.assign(condition=frame["condition"].map(_condition, na_action="ignore"))
    if "day" in frame:
        numbers = frame.get("session_number")
        counted = _counted(frame)
        frame = frame.assign(session_number=counted if numbers is None else numbers.fillna(counted))
    return replace(source, table=pa.Table.from_pandas(frame, preserve_index=False))


def _condition(text: str) -> str:
    found = code_of(column("condition"), text)
    return found.code if found else text


def _counted(frame: pd.DataFrame) -> pd.Series:
    """Number of the session within patient and condition, in the order of the table; none where no day is known."""
    known = frame["day"].notna().groupby(frame["patient_id"]).transform("all")
    numbers = frame.groupby(["patient_id", "condition"], dropna=False).cumcount() + 1
    return numbers.astype("str").where(known)


def export_file(file: Path, out: Path, *, mapping: str | Path | None = None) -> str:
    """Check records and write them as FHIR.

    Parameters
    ----------
    file : Path
        Any file that ``read_sessions`` takes.
    out : Path
        Ends in ``.json`` for a bundle, in ``.ndjson`` for one resource a line.
    mapping : str or Path, optional

    Returns
    -------
    str
        What was written, in words.

    Raises
    ------
    ExportError
        Where the ending is another, or the file would be written over itself.
    OutcomesError
        As :func:`outcomes.read_sessions`.
    """
    from outcomes.files.fhir.write import fhir_text
    from outcomes.intake.read import read_sessions
    from outcomes.words import counted

    if out.suffix not in SUFFIXES:
        raise ExportError(f"{out.name} ends in neither .json (a bundle) nor .ndjson (a resource a line).")
    if out.resolve() == file.resolve():
        raise ExportError(f"{out} is the file of records itself, which is left alone. Choose another --out.")
    sessions = read_sessions(file, mapping=mapping)
    write_whole(out, fhir_text(sessions, lines=out.suffix == ".ndjson"))
    sizes = counted(len(sessions), "session"), counted(sessions["patient_id"].nunique(), "patient")
    return f"{' of '.join(sizes)}, FHIR R4."
