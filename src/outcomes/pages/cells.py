"""In the process of a notebook: run its cells, and say what each displayed.

Comes in: the sources of the cells, and what the run hands to the notebook. Goes out, on a line to the process that
started this one: what each cell displayed or how it failed, and at the end the tables the notebook made.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NamedTuple

from outcomes.errors import ExportError, InternalError, OutcomesError, place_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from outcomes.pages.held import Held
    from outcomes.pages.tables import Shown
    from outcomes.record.plan import Plan

__all__ = ["RECORDS", "Failure", "Given", "displayed", "go_through"]

RECORDS = "the records of this run"
"""What a notebook in a run gives to ``read_sessions``."""


@dataclass(frozen=True)
class Given:
    """What the process of a notebook is handed.

    Attributes
    ----------
    records : Held or None
        The checked sessions; None for a notebook that reads none.
    plan : Plan
        The analysis plan of the run.
    shown : mapping of str to DataFrame or None
        What may be shown of the notebook's tables; None while the tables are still gathered.
    """

    records: Held | None
    plan: Plan
    shown: Shown | None = None


class Failure(NamedTuple):
    """A cell's error: what it says, or, where it is a fault of ours, the place of it."""

    said: str
    ours: bool = False

    def error(self, notebook: str, cell: int) -> OutcomesError:
        """What to raise for it: which notebook stopped, and where."""
        kind = InternalError if self.ours else ExportError
        return kind(f"Notebook {notebook} stopped in code cell {cell}: {self.said}")


def go_through(line: Connection, folder: str, cells: Iterable[str], given: Given) -> None:
    """Run the cells of a notebook; say what each displayed or how it failed, and at the end which tables it made."""
    from outcomes.intake.read import already_checked
    from outcomes.pages.tables import in_run
    from outcomes.record.plan import use_plan

    _cut_off()
    gc.freeze()  # what was loaded before the fork is not looked through again
    os.chdir(folder)
    known = already_checked(RECORDS, given.records.sessions) if given.records else nullcontext()
    with use_plan(given.plan), known, in_run(given.shown) as tables:
        for said in displayed(cells):
            line.send(said)
            if isinstance(said, Failure):
                return
        line.send(tables.gathered)


def displayed(cells: Iterable[str]) -> Iterator[list[dict[str, Any]] | Failure]:
    """Run cells in this process and give what each displayed, as a notebook holds it; a failure is the last."""
    shell = _shell()
    for source in cells:
        yield _displayed(shell, source)


def _cut_off() -> None:
    """Print to nowhere, leave interrupts to the program that started this process, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _shell() -> InteractiveShell:
    """An IPython shell that reads and leaves nothing in the user's home."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def init_ipython_dir(self, ipython_dir: Any) -> None:
            """There is none."""

        def init_profile_dir(self, profile_dir: Any) -> None:
            """There is none."""

    shell: InteractiveShell = Shell.instance(
        config=Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
    )
    return shell


def _displayed(shell: Any, source: str) -> list[dict[str, Any]] | Failure:
    """Run one cell and return what it displayed."""
    from IPython.utils.capture import capture_output

    with shell.display_trap, capture_output() as kept:
        result = shell.run_cell(source)
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        return _failure(error)
    printed = {"stdout": kept.stdout, "stderr": kept.stderr}
    streams = [
        {"output_type": "stream", "name": name, "text": text} for name, text in printed.items() if text
    ]
    return streams + [
        {"output_type": "display_data", "data": _as_text(output.data), "metadata": output.metadata}
        for output in kept.outputs
    ]


def _failure(error: BaseException) -> Failure:
    if isinstance(error, OutcomesError):
        return Failure(next(iter(str(error).strip().splitlines()), "no message"))
    if isinstance(error, MemoryError):
        return Failure("there was not enough memory")
    return Failure(place_of(error), ours=True)


def _as_text(data: Mapping[str, Any]) -> dict[str, Any]:
    """Pictures in base64, as JSON has to hold them."""
    return {
        kind: b64encode(held).decode() if isinstance(held, bytes) else held for kind, held in data.items()
    }
