"""Run notebooks side by side, each in a process of its own.

Comes in: notebooks with their parameters, and what a run hands to each of them. Goes out: for each notebook what its
cells displayed and the tables it made, or one message that says which of them stopped and why.

The processes are forked from one that has the libraries loaded (the standard library's forkserver). Where that cannot
be done, each process starts by itself: the pages are the same, the run takes longer.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError
from outcomes.files.temporary import temporary_folder
from outcomes.pages.cells import Failure, Given, go_through

if TYPE_CHECKING:
    from outcomes.pages.notebooks import Book
    from outcomes.pages.tables import Gathered

__all__ = ["Run", "preload", "run_books"]

CELL_SECONDS = 1_800
"""Longest time one cell may take."""
LIBRARIES = (
    *("IPython.core.completer", "IPython.core.interactiveshell", "IPython.core.magics", "IPython.display"),
    *("IPython.utils.capture", "duckdb", "formulaic", "great_tables", "matplotlib.backends.backend_agg"),
    *("matplotlib.pyplot", "narwhals", "pandas", "pyarrow.parquet", "scipy.optimize", "scipy.special"),
    *("scipy.stats", "seaborn"),
)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # only a process of one thread is forked whole, and the notebooks share the cores
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "agg",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "ignore",
}


_MATPLOTLIBS = (("XDG_CONFIG_HOME", "~/.config"), ("XDG_CACHE_HOME", "~/.cache"))


@dataclass
class Run:
    """What came of a notebook: what each code cell displayed, and the tables it made."""

    outputs: list[list[dict[str, Any]]] = field(default_factory=list)
    tables: Gathered = field(default_factory=dict)


def preload() -> None:
    """Have the libraries loaded while the records are checked, where notebooks will be forked."""
    if sys.platform != "linux":
        return
    with suppress(OSError), _environment():
        before, tempfile.tempdir = tempfile.tempdir, str(temporary_folder())  # its socket goes there
        try:
            _context("forkserver").set_forkserver_preload([*LIBRARIES, *_own_modules()])
            resource_tracker.ensure_running()  # which lets interrupts through again
            with _uninterrupted():
                forkserver.ensure_running()
        finally:
            tempfile.tempdir = before


@cache
def _own_modules() -> tuple[str, ...]:
    import outcomes

    found = pkgutil.walk_packages(outcomes.__path__, "outcomes.")
    return tuple(module.name for module in found if not module.name.endswith("__main__"))


def _context(method: str) -> Any:
    return multiprocessing.get_context(method)


def run_books(
    books: Iterable[Book], given: Callable[[Book], Given], cell_done: Callable[[], None]
) -> dict[str, Run]:
    """Run notebooks, as many at once as there are cores, those that ask most of the records first.

    Parameters
    ----------
    books : iterable of Book
    given : callable
        What a notebook's process is handed.
    cell_done : callable
        Called after each cell.

    Returns
    -------
    dict of str to Run
        By the notebook's name.

    Raises
    ------
    ExportError
        Where a cell fails, does not end, or takes its process with it. The other processes are ended then.
    InternalError
        Where a cell fails by a fault of this package.
    """
    preload()
    waiting = sorted(books, key=lambda book: book.name)
    running: dict[Connection, _Running] = {}
    runs: dict[str, Run] = {}
    try:
        while waiting or running:
            while waiting and len(running) < _cores():
                book = waiting.pop()
                started = _Running(book, given(book))
                running[started.line] = started
            for line in _heard(running):
                if running[line].hear():
                    cell_done()
                else:
                    ended = running.pop(line)
                    runs[ended.book.name] = ended.run
                    ended.end()
    finally:
        for one in running.values():
            one.end()
    return runs


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _heard(running: Mapping[Connection, _Running]) -> list[Any]:
    """Lines on which something was said, waiting for the first; a process with nothing to say in time is overdue."""
    soonest = min(running.values(), key=lambda one: one.until)
    found = wait(list(running), max(soonest.until - time.monotonic(), 0))
    if not found:
        raise ExportError(
            f"Notebook {soonest.book.name} took more than {CELL_SECONDS} s over one cell and was stopped."
        )
    return found


class _Running:
    """A notebook in its process, and the line on which it tells what its cells displayed."""

    def __init__(self, book: Book, given: Given) -> None:
        self.book, self.run = book, Run()
        self.line, self.process = _started(book, given)
        self._wait_for_next()

    def _wait_for_next(self) -> None:
        self.until = time.monotonic() + CELL_SECONDS

    def hear(self) -> bool:
        """Take in what was said: False once the notebook has come to its end."""
        try:
            said = self.line.recv()
        except (EOFError, OSError):
            raise ExportError(
                f"Notebook {self.book.name} ran out of memory or was ended from outside."
            ) from None
        if isinstance(said, Failure):
            raise said.error(self.book.name, len(self.run.outputs) + 1)
        if isinstance(said, dict):
            self.run.tables = said
            return False
        self.run.outputs.append(said)
        self._wait_for_next()
        return True

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.line.close()
        self.process.kill()
        self.process.join()


def _started(book: Book, given: Given) -> tuple[Connection, Any]:
    """A process on its way through a notebook: forked where that is to be had, otherwise started."""
    work = (str(book.path.parent), [cell.source for cell in book.code], given)
    for method in ("forkserver", "spawn") if sys.platform == "linux" else ("spawn",):
        context = _context(method)
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=go_through, args=(theirs, *work), daemon=True)
        try:
            with _environment(), _no_program(), _uninterrupted() if method == "spawn" else nullcontext():
                process.start()
            return ours, process
        except (OSError, EOFError) as error:
            why = error
            ours.close()
        finally:
            theirs.close()
    raise ExportError(f"Notebook {book.name} could not be started: {why}")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave interrupts of processes started in the block to this one, which hears them when it ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment() -> Iterator[None]:
    """Environment variables for processes started in the block."""
    wanted = dict(ENVIRONMENT)
    with suppress(OSError):
        wanted["TMPDIR"] = str(temporary_folder())
        if "MPLCONFIGDIR" not in os.environ and not all(map(_can_be_made, _MATPLOTLIBS)):
            wanted["MPLCONFIGDIR"] = str(temporary_folder() / "matplotlib")
    before = {name: os.environ[name] for name in wanted if name in os.environ}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _can_be_made(place: tuple[str, str]) -> bool:
    """Whether matplotlib can have its folder there; where not, it makes one and says so, and again as it ends."""
    setting, otherwise = place
    folder = Path(os.environ.get(setting) or otherwise).expanduser() / "matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return False
    return os.access(folder, os.W_OK)


@contextmanager
def _no_program() -> Iterator[None]:
    """Keep processes started in the block from loading the program that starts them, as they would."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
