"""A raw export in, one that names nobody out: pseudonyms, days, age bands, codes, numbers; nothing else.

Comes in: a file or a frame as the clinic has it, and a secret key. Goes out: the safe table and a report of what was
done to each column. What is not plainly a number, one of the record's codes, or a text that several patients share does
not pass. Refuses tables in which patients cannot be told apart, and a ``k`` that cannot be reached.

Accepting a file is no legal finding that it is de-identified; see ``docs/privacy.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.pseudonyms import read_or_make_key
from outcomes.deidentify.safe_table import SafeTable
from outcomes.errors import ExportError, IdentifiableError
from outcomes.files.columns import Columns, unpacked_table
from outcomes.files.text_table import text_table
from outcomes.record.columns import KNOWN_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DeidentificationReport", "deidentify", "deidentify_file", "deidentify_packed"]


@dataclass(frozen=True)
class DeidentificationReport:
    """What was done, and how well patients hide among each other now.

    Attributes
    ----------
    columns : pandas.DataFrame
        One row per raw column (and per column made): ``column, became, done, cells_left_out``.
    anonymity : pandas.DataFrame
        One row per combination of what a patient may be known by, the smallest first: ``patients`` shares it.
        For the clinic's own eyes: it holds small counts.
    k : int
        Size of the smallest group.
    rows, patients : int
    notes : tuple of str
        What could not be done, and how to get it done.
    """

    columns: pd.DataFrame
    anonymity: pd.DataFrame
    k: int
    rows: int
    patients: int
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.rows:,} rows of {self.patients:,} patients"]
        for row in self.columns.to_dict("records"):
            left = f" ({row['cells_left_out']:,} cells left out)" if row["cells_left_out"] else ""
            lines.append(f"  {row['column']} -> {row['became'] or 'nothing'}: {row['done']}{left}")
        lines.append(
            f"Smallest group of patients alike in {', '.join(self._by) or 'nothing recorded'}: {self.k}"
        )
        for group in self.anonymity.head(5).to_dict("records"):
            alike = ", ".join(f"{name} {group[name]}" for name in self._by)
            lines.append(f"  {group['patients']:,} patients: {alike or 'all'}")
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    @property
    def _by(self) -> list[str]:
        return [str(name) for name in self.anonymity.columns if name != "patients"]


def deidentify(
    raw: pd.DataFrame | str | Path,
    *,
    key: bytes | str | Path,
    generalise: int | None = None,
    day_first: bool | None = None,
) -> tuple[pd.DataFrame, DeidentificationReport]:
    """Make a raw export safe to read by this suite and to work on outside the patient record.

    Parameters
    ----------
    raw : pandas.DataFrame, str or Path
        The export: a frame, or a CSV, Excel, Parquet or Feather file.
    key : bytes, str or Path
        The secret: at least 16 bytes, or the path of a key file (made, readable by its owner alone, where there is
        none). The same key gives the same pseudonyms in every export.
    generalise : int, optional
        Make age, activity, clinic, sex and condition coarser until every combination is shared by so many patients.
    day_first : bool, optional
        Whether 3/5/2024 is the 3rd of May; by default worked out from the file's own dates, and left out where they do
        not tell.

    Returns
    -------
    safe : pandas.DataFrame
        The record's columns first. Ids are pseudonyms, dates are days since the patient's first session, ages are
        bands; numbers are numbers. Columns beyond the record keep their names, for a mapping to find.
    report : DeidentificationReport

    Raises
    ------
    UnreadableFileError, MappingError, DisclosureError, IdentifiableError
        Never with a value of the table in the message.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame(
    ...     {
    ...         "MRN": ["0071", "0071"],
    ...         "Patient name": ["Ann Lee", "Ann Lee"],
    ...         "DOB": ["1980-02-29", "1980-02-29"],
    ...         "Visit date": ["2024-03-01", "2024-03-08"],
    ...         "pain_pre": ["6", "4"],
    ...     }
    ... )
    >>> safe, report = deidentify(raw, key=b"not a secret, but long enough")
    >>> list(safe), safe["day"].tolist(), safe["age_band"].tolist()
    (['session_id', 'patient_id', 'day', 'age_band', 'pain_pre'], [0, 7], ['40-49', '40-49'])
    """
    safe, report = deidentify_packed(raw, key=key, generalise=generalise, day_first=day_first)
    return unpacked_table(safe), report


def deidentify_packed(
    raw: pd.DataFrame | str | Path,
    *,
    key: bytes | str | Path,
    generalise: int | None = None,
    day_first: bool | None = None,
) -> tuple[pd.DataFrame, DeidentificationReport]:
    """The same as :func:`deidentify`, the safe table held by its distinct values (:mod:`outcomes.files.columns`)."""
    table = SafeTable(text_table(raw, coded=True))
    secret = key if isinstance(key, bytes) else read_or_make_key(key)
    table.make_ids(secret)
    table.make_times(day_first)
    table.make_age_bands()
    table.keep_the_rest()
    first = [name for name in KNOWN_NAMES if name in table.safe]
    safe = table.safe.frame()[first + [name for name in table.safe if name not in first]]
    if generalise is not None:
        safe = _coarser(unpacked_table(safe), generalise, table)
    safe = _checked(safe, table)
    return safe, _report(safe, table)


def deidentify_file(
    raw: str | Path,
    safe: str | Path,
    key_file: str | Path,
    generalise: int | None = None,
    *,
    day_first: bool | None = None,
) -> DeidentificationReport:
    """De-identify a file into a CSV, written whole or not at all.

    Parameters
    ----------
    raw, safe, key_file : str or Path
        The export, the CSV to write, the key file (made where there is none).
    generalise, day_first
        As in :func:`deidentify`.

    Raises
    ------
    ExportError
        Where ``safe`` is the raw file or the key file, is no CSV, or cannot be written.
    UnreadableFileError, MappingError, DisclosureError, IdentifiableError
    """
    from outcomes.files.write import csv_text, write_whole

    safe = Path(safe)
    for other, what in ((raw, "the raw file"), (key_file, "the key file")):
        if safe.resolve() == Path(other).resolve():
            raise ExportError(f"{safe} is {what}, which is left alone. Name another file for the safe table.")
    if safe.suffix.lower() != ".csv":
        raise ExportError(f"{safe.name} does not end in .csv; the safe table is written as CSV. Name it so.")
    frame, report = deidentify(raw, key=Path(key_file), generalise=generalise, day_first=day_first)
    write_whole(safe, csv_text(frame))
    return report


# --- the last look -----------------------------------------------------------------------------------------------


def _coarser(safe: pd.DataFrame, k: int, table: SafeTable) -> pd.DataFrame:
    from outcomes.deidentify.k_anonymity import generalise

    coarser = generalise(safe, k)
    for name, done in coarser.done.items():
        table.note(name, "" if done == "left out" else name, f"made coarser for k = {k}: {done}")
    return coarser.sessions.drop(columns=[name for name, done in coarser.done.items() if done == "left out"])


def _checked(safe: pd.DataFrame, table: SafeTable) -> pd.DataFrame:
    """Look at the safe table as a reader would; what still looks identifying goes, or the table is refused."""
    found = {finding.column: finding for finding in identifying_columns(Columns(safe))}
    own = [name for name in found if name in KNOWN_NAMES]
    if own:
        raise IdentifiableError(
            f"Column {own[0]} still looks like {found[own[0]].kind} after de-identification, and nothing was "
            "written. Recode that column to the record's codes first."
        )
    names = [str(name) for name in safe.columns]
    beyond = [name if name in names else names[int(name.removeprefix("column ")) - 1] for name in found]
    for name, finding in zip(beyond, found.values(), strict=True):
        table.note(finding.column, "", f"left out: looks like {finding.kind}", int(safe[name].notna().sum()))
    return safe.drop(columns=beyond)


def _report(safe: pd.DataFrame, table: SafeTable) -> DeidentificationReport:
    import pandas as pd

    from outcomes.deidentify.k_anonymity import k_anonymity

    groups = k_anonymity(safe)
    columns = pd.DataFrame(table.done, columns=["column", "became", "done", "cells_left_out"])
    return DeidentificationReport(
        columns=columns.drop_duplicates("column", keep="last").reset_index(drop=True),
        anonymity=groups,
        k=int(groups.attrs["k"]),
        rows=len(safe),
        patients=int(safe["patient_id"].nunique()),
        notes=tuple(table.notes),
    )
