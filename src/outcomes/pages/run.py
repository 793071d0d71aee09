"""The main job: check the records, run the notebooks side by side, write the pages.

Comes in: records, wherever they lie, and how to read them. Goes out: a folder of pages that appears whole or not at
all. A notebook that fails ends the run with one message and leaves the earlier pages as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError, OutcomesError
from outcomes.files.folder import added_files, whole_folder
from outcomes.files.origin import Origin, origin_of
from outcomes.intake.account import Account
from outcomes.intake.problems import refuse
from outcomes.intake.read import Checked, Records, check_sessions
from outcomes.pages.cells import RECORDS, Given
from outcomes.pages.held import Held
from outcomes.pages.manifest import RunOptions, about_run, unchanged
from outcomes.pages.notebooks import Book, notebooks, read_book
from outcomes.pages.processes import Run, preload, run_books
from outcomes.pages.protection import Protection
from outcomes.record.plan import Plan, active_plan, read_plan, use_plan

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.pages.tables import Shown

__all__ = ["Ran", "RunOptions", "run"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Ran:
    """What a run did.

    Attributes
    ----------
    out : Path
        Where the pages are.
    n_sessions, n_patients, n_warnings : int
        What it read.
    executed : tuple of str
        The notebooks it ran.
    kept : tuple of str
        Files next to the pages that no run made.
    seconds : float
        How long it took.
    account : Account
        What became of every row of the file.
    """

    out: Path
    n_sessions: int
    n_patients: int
    n_warnings: int
    executed: tuple[str, ...]
    kept: tuple[str, ...]
    seconds: float
    account: Account


def run(
    records: Records, out: str | Path, *, options: RunOptions | None = None, progress: Progress | None = None
) -> Ran:
    """Check the records, run the notebooks and write the pages.

    Parameters
    ----------
    records : str, Path, sequence of them, pandas.DataFrame or ibis.Table
        Session records, as ``read_sessions`` takes them: files, a database, or a table of any engine Ibis knows.
    out : str or Path
        Folder to write; what an earlier run wrote there is replaced as a whole.
    options : RunOptions, optional
    progress : callable, optional
        Called with what is being done, how much is done and how much there is.

    Raises
    ------
    OutcomesError
        Where the records, the notebooks or the folder are at fault; nothing was written then.
    """
    from outcomes.pages.html import write_pages

    started = time.perf_counter()
    options, tell = options or RunOptions(), progress or (lambda *_: None)
    chosen = notebooks(options.only)
    tell("checking the records", 0, 1)
    preload()
    plan, sessions, checked, about = _read(origin_of(records, table=options.table), options)
    protection = Protection.of(sessions, options.audience, Path(out), new_series=options.new_series)
    with use_plan(plan), whole_folder(Path(out)) as staging:
        work = _Work(Held.of(protection.sessions), staging, protection, options, tell)
        books = work.through(chosen)
        write_pages(books, staging, protection.about(about), protection.records, formats=options.formats)
        tell("checking that no small group can be worked out", 0, 1)
        protection.attack(staging)
        protection.remember()
    return Ran(
        Path(out),
        len(sessions),
        int(sessions["patient_id"].nunique()),
        checked.n_warnings,
        tuple(book.name for book in books),
        tuple(added_files(Path(out))),
        time.perf_counter() - started,
        checked.account,
    )


def _read(origin: Origin, options: RunOptions) -> tuple[Plan, pd.DataFrame, Checked, dict[str, Any]]:
    """The analysis plan, the sessions, what came of checking them, and what the manifest says."""
    with ExitStack() as reading:
        files = [*map(str, origin.files), *(name for name in (options.mapping, options.plan) if name)]
        hashes = {name: reading.enter_context(unchanged(name)) for name in files}
        plan = read_plan(options.plan) if options.plan else active_plan()
        with use_plan(plan):
            checked = check_sessions(origin, mapping=options.mapping)
            refuse(checked.problems, origin.name)
            if checked.sessions is None:
                raise OutcomesError(f"{origin.name} holds no sessions.")
            about = about_run(origin, options, checked.sessions, checked.account, hashes)
            return plan, checked.sessions, checked, about


@dataclass(frozen=True)
class _Work:
    """What a run works with: the records, the folder being made, what protects it, how to run, whom to tell."""

    records: Held
    staging: Path
    protection: Protection
    options: RunOptions
    tell: Progress

    def through(self, chosen: Iterable[Path]) -> list[Book]:
        """Gather the tables of the notebooks, protect them together, and run the notebooks to draw and write.

        What is passed on is protected together with the tables of every notebook, whichever are chosen: no run may
        give away what another withholds.
        """
        books = [read_book(path, self._parameters()) for path in chosen]
        names = {book.name for book in books}
        others = [] if self.protection.renewal is None else [p for p in notebooks() if p.stem not in names]
        every = [*books, *(read_book(path, self._parameters()) for path in others)]
        gathered = self._run("calculating the tables", every, lambda _: self._given())
        self.tell("checking privacy", 0, 1)
        shown = self.protection.shown(
            {key: held for run in gathered.values() for key, held in run.tables.items()}
        )
        of_book = {name: {key: shown[key] for key in run.tables} for name, run in gathered.items()}
        runs = self._run("running the notebooks", books, lambda book: self._given(of_book[book.name]))
        for book in books:
            self._refuse_unexported(book)
            book.keep(runs[book.name].outputs)
        return books

    def _parameters(self) -> dict[str, str]:
        return {"data": RECORDS, "audience": self.options.audience, "out": str(self.staging)}

    def _given(self, shown: Shown | None = None) -> Given:
        return Given(self.records, active_plan(), shown)

    def _run(self, what: str, books: list[Book], given: Callable[[Book], Given]) -> dict[str, Run]:
        total, done = max(sum(len(book.code) for book in books), 1), 0

        def cell_done() -> None:
            nonlocal done
            done += 1
            self.tell(what, done, total)

        self.tell(what, 0, total)
        return run_books(books, given, cell_done)

    def _refuse_unexported(self, book: Book) -> None:
        if not (self.staging / f"{book.name}.page.json").is_file():
            raise ExportError(
                f"Notebook {book.name} did not export its page: its last cell must call page.export()."
            )
