"""Run notebooks side by side, in kernels that leave nothing behind.

Comes in: notebooks with their parameters. Goes out: the same notebooks with their outputs, or one message that says
which of them stopped and why.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError
from outcomes.pages.drafting import CELL_SECONDS, Draft, draft, ended, overdue, stopped
from outcomes.pages.forks import ONE_THREAD

__all__ = ["Book", "draft_all", "environment", "execute_all", "read_book"]


@dataclass(frozen=True)
class Book:
    """A notebook about to be run: where it stands and what is in it."""

    path: Path
    node: Any

    @property
    def name(self) -> str:
        """Its name, without folder and ending."""
        return self.path.stem

    @property
    def code(self) -> tuple[str, ...]:
        """The sources of its code cells."""
        return tuple(cell.source for cell in self.node.cells if cell.cell_type == "code")


def read_book(path: Path, values: Mapping[str, Any]) -> Book:
    """Read a notebook and put parameters behind its cell tagged ``parameters``.

    Raises
    ------
    ExportError
        Where no cell is tagged so.
    """
    import nbformat

    node = nbformat.read(path, as_version=4)
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    at = [i for i, cell in enumerate(node.cells) if "parameters" in cell.metadata.get("tags", [])]
    if not at:
        raise ExportError(
            f"Notebook {path.stem} has no cell tagged 'parameters', so it cannot be given the records."
        )
    cell = nbformat.v4.new_code_cell(source, id="run-parameters", metadata={"tags": ["injected-parameters"]})
    node.cells.insert(at[0] + 1, cell)
    return Book(path, node)


def draft_all(books: Iterable[Book], cell_done: Callable[[], None]) -> None:
    """Go through notebooks for their tables alone (see :mod:`outcomes.drafting`)."""
    drafts = [Draft(book.name, book.code, book.path.parent) for book in books]
    _run_apart(lambda: draft(drafts, _cores(), cell_done))


def execute_all(books: Iterable[Book], sockets: Path, cell_done: Callable[[], None]) -> None:
    """Run notebooks in kernels, the longest first; outputs go into the notebooks.

    One more runs than there are cores: a kernel that is starting or ending mostly waits.

    Raises
    ------
    ExportError
        Where a notebook does not come to its end. Those that run are let finish; no other begins.
    """
    longest_first = sorted(books, key=lambda book: -len(book.code))

    async def everything() -> None:
        places, failed = asyncio.Semaphore(_cores() + 1), asyncio.Event()

        async def one(at: int, book: Book) -> None:
            async with places:
                if failed.is_set():
                    return
                try:
                    await _execute(book, sockets / str(at), cell_done)
                except BaseException:
                    failed.set()
                    raise

        for failure in await asyncio.gather(*map(one, count(), longest_first), return_exceptions=True):
            if failure is not None:
                raise failure

    _run_apart(everything)


def _run_apart(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine in a thread of its own, so that an interrupt reaches this one and ends the kernels cleanly."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def noted() -> None:
        loops.append(asyncio.get_running_loop())
        await work()

    def cancel() -> None:
        for task in asyncio.all_tasks(loops[0]):
            task.cancel()

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(asyncio.run, noted())
        try:
            future.result()
        except KeyboardInterrupt:
            if loops and loops[0].is_running():
                loops[0].call_soon_threadsafe(cancel)
            raise


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def environment(wanted: Mapping[str, str], private: Path) -> Iterator[None]:
    """Environment variables for the processes of a run, which leave nothing in the user's home and share the cores."""
    wanted = {
        "IPYTHONDIR": str(private / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        **ONE_THREAD,
        "PYTHONWARNINGS": "ignore",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **wanted,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def _execute(book: Book, socket: Path, cell_done: Callable[[], None]) -> None:
    """Run one notebook in a kernel reached over sockets in a private folder, not over open ports."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    from outcomes.pages.forked_kernel import ForkedKernelManager

    client = NotebookClient(
        book.node,
        config=Config({"KernelManager": {"transport": "ipc", "ip": str(socket)}}),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        kernel_manager_class=ForkedKernelManager,
        resources={"metadata": {"path": str(book.path.parent)}},
        on_cell_executed=lambda **_: cell_done(),
    )
    try:
        await client.async_execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        raise stopped(book.name, error.ename, error.evalue) from None
    except CellTimeoutError:
        raise overdue(book.name) from None
    except DeadKernelError:
        raise ended(book.name) from None
    except RuntimeError as error:
        raise ExportError(f"Notebook {book.name} could not be started: {error}") from None
    finally:
        atexit.unregister(client._cleanup_kernel)  # it has been cleaned up; nothing is left to say at the end
