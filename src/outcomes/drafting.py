"""Go through notebooks for their tables alone, so that all can be protected together before anything is drawn.

Comes in: notebooks with their parameters set. Goes out: a vault full of tables. One plain Python process per core takes
notebook after notebook, so that libraries are loaded and records read once per core, not once per notebook.
``python -m outcomes.drafting`` is such a process: it reads one notebook per line and answers in lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from outcomes.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["CELL_SECONDS", "Draft", "draft", "ended", "overdue", "stopped"]

CELL_SECONDS = 1_800
"""Longest time one cell may take."""


@dataclass(frozen=True)
class Draft:
    """A notebook to go through: its name, the sources of its code cells, the folder it stands in."""

    name: str
    cells: tuple[str, ...]
    folder: Path


def stopped(name: str, kind: str, said: Any) -> ExportError:
    """The error of a notebook with a cell that fails."""
    first = next(iter(str(said).strip().splitlines()), "no message")
    return ExportError(f"Notebook {name} stopped: {kind}: {first}")


def overdue(name: str) -> ExportError:
    """The error of a notebook with a cell that does not come to an end."""
    return ExportError(f"Notebook {name} took more than {CELL_SECONDS} s over one cell and was stopped.")


def ended(name: str) -> ExportError:
    """The error of a notebook whose process is gone."""
    return ExportError(f"Notebook {name} ran out of memory or was ended from outside.")


async def draft(drafts: Iterable[Draft], cores: int, cell_done: Callable[[], None]) -> None:
    """Go through notebooks, the last first (they ask most of the records), as many at once as there are cores.

    Raises
    ------
    ExportError
        Where a cell fails, does not end, or takes its process with it.
    """
    waiting = iter(sorted(drafts, key=lambda draft: draft.name, reverse=True))
    workers = [asyncio.ensure_future(_work(waiting, cell_done)) for _ in range(cores)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work(waiting: Iterator[Draft], cell_done: Callable[[], None]) -> None:
    """Hand a process one notebook after another, until none is left."""
    first = next(waiting, None)
    if first is None:
        return
    async with _process(first.folder) as process:
        await _go_through(process, first, cell_done)
        for following in waiting:
            await _go_through(process, following, cell_done)


@asynccontextmanager
async def _process(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "outcomes.drafting"), cwd=folder, stdin=pipe, stdout=pipe, stderr=nowhere
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _go_through(
    process: asyncio.subprocess.Process, draft: Draft, cell_done: Callable[[], None]
) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    asked = json.dumps({"folder": str(draft.folder), "cells": draft.cells})
    try:
        process.stdin.write(asked.encode() + b"\n")
        await process.stdin.drain()
        for _ in draft.cells:
            line = await asyncio.wait_for(process.stdout.readline(), CELL_SECONDS)
            if not line:
                raise ended(draft.name)
            answer = json.loads(line)
            if "kind" in answer:
                raise stopped(draft.name, answer["kind"], answer["said"])
            cell_done()
    except TimeoutError:
        raise overdue(draft.name) from None
    except ConnectionError:
        raise ended(draft.name) from None


# --- the process that goes through them ------------------------------------------------------------------------


def _answer(asked: Iterable[str], answers: TextIO) -> None:
    """Run the cells of each notebook asked for, and answer each cell with a line."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    for line in asked:
        notebook = json.loads(line)
        os.chdir(notebook["folder"])
        shell.reset(new_session=False)
        for source in notebook["cells"]:
            result = shell.run_cell(source)
            error = result.error_before_exec or result.error_in_exec
            told = {} if error is None else {"kind": type(error).__name__, "said": str(error)[:2_000]}
            answers.write(json.dumps(told) + "\n")
            answers.flush()
            if told:
                break


def main() -> None:
    """Take notebooks from standard input; what their cells print goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["MPLBACKEND"] = "agg"
    _answer(sys.stdin, answers)


if __name__ == "__main__":
    main()
