"""Prepared records as files: the sessions, the mapping to keep, the report, and the description of the table.

Comes in: a file as it was exported and a folder. Goes out: ``sessions.parquet`` or ``sessions.csv``, its
``datapackage.json``, ``clinic.toml``, ``prepared.html``, each whole or not at all. An earlier ``clinic.toml`` is kept
under another name; the raw file is never written over.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from outcomes.errors import ExportError
from outcomes.files.write import write_csv, write_whole
from outcomes.intake.package import PACKAGE, package_text
from outcomes.intake.prepare import Ask, Prepared, UnpreparedError, prepare
from outcomes.intake.prepare_report import report_html

__all__ = ["Written", "prepare_file"]

MAPPING, REPORT, KEY = "clinic.toml", "prepared.html", "clinic.key"


@dataclass(frozen=True)
class Written:
    """What was prepared, and where it is."""

    done: Prepared
    sessions: Path
    mapping: Path
    report: Path
    kept: Path | None = None


def prepare_file(
    raw: Path,
    out: Path,
    *,
    mapping: str | Path | None = None,
    dictionary: Path | None = None,
    key: Path | None = None,
    form: Literal["parquet", "csv"] = "parquet",
    ask: Ask | None = None,
) -> Written:
    """Prepare a file and write what comes of it.

    Parameters
    ----------
    raw, out : Path
        The export; the folder to write to, made where it is not there.
    mapping, dictionary, ask
        As in :func:`outcomes.intake.prepare.prepare`.
    key : Path, optional
        By default ``clinic.key`` in ``out``; made where there is none.
    form : {"parquet", "csv"}

    Raises
    ------
    ExportError
        Where the sessions would be written over the raw file, or the folder cannot be written.
    OutcomesError
        As :func:`outcomes.intake.prepare.prepare`; a mapping as far as it could be drafted is written then too.
    """
    sessions = out / f"sessions.{form}"
    if sessions.resolve() == raw.resolve():
        raise ExportError(
            f"{sessions} is the raw file, which is left alone. Choose another folder with --out."
        )
    with _folder(out):
        try:
            done = prepare(raw, key=key or out / KEY, mapping=mapping, dictionary=dictionary, ask=ask)
        except UnpreparedError as error:
            if error.text:
                _keep(out / MAPPING, error.text)
            raise
    kept = _keep(out / MAPPING, done.text) if done.text else None
    write_whole(sessions, partial(write_csv, done.sessions) if form == "csv" else done.sessions.to_parquet)
    write_whole(out / PACKAGE, package_text(sessions, list(done.sessions.columns), len(done.sessions)))
    write_whole(out / REPORT, report_html(done))
    return Written(
        done, sessions, Path(mapping) if mapping and not done.text else out / MAPPING, out / REPORT, kept
    )


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make the folder; take it away again where nothing came to lie in it."""
    there = out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{out} cannot be made: {error.strerror or error}. Choose another --out.") from None
    try:
        yield
    except BaseException:
        if not there and not any(out.iterdir()):
            out.rmdir()
        raise


def _keep(path: Path, text: str) -> Path | None:
    """Write a mapping; another that stands there already is kept beside it, and its new place returned."""
    kept = None
    if path.is_file() and path.read_bytes() != text.encode():
        places = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(1))
        kept = next(place for place in places if not place.exists())
        write_whole(kept, path.read_bytes())
    write_whole(path, text)
    return kept
