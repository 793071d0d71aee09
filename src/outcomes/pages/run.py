"""The main job: check the records, run the notebooks side by side, write the pages.

Comes in: a file of records, and how to read it. Goes out: a folder of pages that appears whole or not at all. A
notebook that fails ends the run with one message and leaves the earlier pages as they were.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError, OutcomesError
from outcomes.files.write import whole_folder
from outcomes.intake.problems import refuse
from outcomes.intake.read import CHECKED, check_sessions
from outcomes.pages.forks import warmed
from outcomes.pages.kernels import Book, draft_all, environment, execute_all, read_book
from outcomes.pages.rebuild import (
    Job,
    RunOptions,
    about_run,
    forget,
    notebook_folder,
    notebooks,
    planned,
    tables_of,
    write_pages,
)
from outcomes.pages.tables import VAULT, Vault
from outcomes.record.plan import PLAN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ran", "RunOptions", "notebook_folder", "notebooks", "run"]

Progress = Callable[[str, int, int], None]
LEDGER = "ledger.json"
STORED = "sessions.parquet"


@dataclass(frozen=True)
class Ran:
    """What a run did: where the pages are, what it read, which notebooks ran anew, how long it took."""

    out: Path
    n_sessions: int
    n_patients: int
    n_warnings: int
    executed: tuple[str, ...]
    unchanged: tuple[str, ...]
    seconds: float


def run(
    path: str | Path, out: str | Path, *, options: RunOptions | None = None, progress: Progress | None = None
) -> Ran:
    """Check the records, run the notebooks and write the pages.

    Parameters
    ----------
    path : str or Path
        Session records, as ``read_sessions`` takes them.
    out : str or Path
        Folder to write; replaced as a whole where this suite made it.
    options : RunOptions, optional
    progress : callable, optional
        Called with what is being done, how much is done and how much there is.

    Raises
    ------
    OutcomesError
        Where the records, the notebooks or the folder are at fault; nothing was written then.
    """
    started = time.perf_counter()
    options, tell = options or RunOptions(), progress or (lambda *_: None)
    chosen = notebooks(options.only)
    tell("checking the records", 0, 1)
    plan = {PLAN: str(Path(options.plan).absolute()) if options.plan else ""}
    with _private_folder() as private, warmed(private, plan) as warm:
        sessions, n_warnings = _checked(Path(path), options)
        sessions.to_parquet(private / STORED)
        about = about_run(Path(path), options, sessions)
        with whole_folder(Path(out)) as staging:
            jobs, kept = planned(chosen, about["key"], Path(out), staging, fresh=options.fresh)
            work = _Work(private, staging, Path(out), options, tell)
            with environment({**work.settings, **plan, **warm}, private):
                books, kept = work.through(jobs, kept)
            write_pages(jobs, books, staging, about, sessions)
    executed = tuple(job.name for job in jobs if job not in kept)
    return Ran(
        Path(out),
        len(sessions),
        int(sessions["patient_id"].nunique()),
        n_warnings,
        executed,
        tuple(job.name for job in kept),
        time.perf_counter() - started,
    )


def _checked(path: Path, options: RunOptions) -> tuple[pd.DataFrame, int]:
    """The sessions, and how many kinds of them are implausible."""
    checked = check_sessions(path, mapping=options.mapping)
    refuse(checked.problems, path.name)
    if checked.sessions is None:
        raise OutcomesError(f"{path.name} holds no sessions.")
    return checked.sessions, checked.n_warnings


@dataclass(frozen=True)
class _Work:
    """What a run works with: a private folder, the folder being made, the one before it, how to run, whom to tell."""

    private: Path
    staging: Path
    earlier: Path
    options: RunOptions
    tell: Progress

    @property
    def settings(self) -> dict[str, str]:
        """What the processes of this run find in their environment."""
        return {VAULT: str(self.private / "vault"), CHECKED: str(self.private / STORED)}

    def through(self, jobs: list[Job], kept: list[Job]) -> tuple[dict[str, Any], list[Job]]:
        """Gather the tables of the notebooks to run, protect them together with those kept, and make the pages.

        Returns
        -------
        dict of str to NotebookNode
            The executed notebooks.
        list of Job
            Those whose earlier pages were taken over: less those of ``kept`` that must say less now.
        """
        fresh = [job for job in jobs if job not in kept]
        vault = Vault(self.private / "vault")
        vault.folder.mkdir(mode=0o700)
        books = self._read(fresh)
        draft_all(books, self._progress("reckoning the tables", books))
        stale = self._agree(vault, kept)
        for job in stale:
            forget(job, self.staging)
        books += self._read(stale)
        execute_all(books, self.private, self._progress("running the notebooks", books))
        for book in books:
            if not (self.staging / f"{book.name}.page.json").is_file():
                raise ExportError(
                    f"Notebook {book.name} did not export its page: its last cell must call page.export()."
                )
        return {book.name: book.node for book in books}, [job for job in kept if job not in stale]

    def _read(self, jobs: list[Job]) -> list[Book]:
        values = {
            "data": str(self.private / STORED),
            "audience": self.options.audience,
            "out": str(self.staging),
        }
        return [read_book(job.path, values) for job in jobs]

    def _agree(self, vault: Vault, kept: list[Job]) -> list[Job]:
        """Protect all tables together; return the kept pages that must say less than they do."""
        from outcomes.disclosure.ledger import Ledger
        from outcomes.disclosure.limits import limits_for

        audience = self.options.audience
        ledger = Ledger.load(self.earlier / LEDGER) if limits_for(audience).protects else None
        before = {key: table for job in kept for key, table in tables_of(job, self.staging).items()}
        self.tell("protecting the tables together", 0, 1)
        again, agreed = vault.agree(audience, shown_before=before, ledger=ledger)
        if ledger is not None:
            ledger.add(agreed)
            ledger.save(self.staging / LEDGER)
        return [job for job in kept if job.name in again]

    def _progress(self, what: str, books: list[Book]) -> Callable[[], None]:
        total, done = max(sum(len(book.code) for book in books), 1), 0

        def cell_done() -> None:
            nonlocal done
            done += 1
            self.tell(what, done, total)

        self.tell(what, 0, total)
        return cell_done


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder only this user can read, gone at the end: the records a run works on never reach ``out``."""
    folder = Path(tempfile.mkdtemp(prefix="outcomes-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
