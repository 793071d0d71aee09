"""Go through notebooks for their tables alone, so that all can be protected together before anything is drawn.

Comes in: notebooks with their parameters set. Goes out: a vault full of tables. One plain Python process per core takes
notebook after notebook; libraries are loaded and records read once per core, not once per notebook.
``python -m outcomes.pages.drafting`` is such a process: it reads one notebook per line and answers in lines.
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
from outcomes.pages.forks import fork, hang_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["CELL_SECONDS", "Draft", "draft", "ended", "go_through", "overdue", "stopped"]

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
    async with _process(first.folder) as (answers, asked):
        await _hand(first, answers, asked, cell_done)
        for following in waiting:
            await _hand(following, answers, asked, cell_done)


@asynccontextmanager
async def _process(folder: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A process to hand notebooks to: forked where that is to be had, otherwise started."""
    forked = await fork("draft", [], str(folder), os.environ)
    if forked is not None:
        process, answers, asked = forked
        try:
            yield answers, asked
        finally:
            process.kill()
            await hang_up(asked)
        return
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "outcomes.pages.drafting"),
        cwd=folder,
        stdin=pipe,
        stdout=pipe,
        stderr=nowhere,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    try:
        yield started.stdout, started.stdin
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def _hand(
    draft: Draft, answers: asyncio.StreamReader, asked: asyncio.StreamWriter, cell_done: Callable[[], None]
) -> None:
    try:
        asked.write(json.dumps({"folder": str(draft.folder), "cells": draft.cells}).encode() + b"\n")
        await asked.drain()
        for _ in draft.cells:
            line = await asyncio.wait_for(answers.readline(), CELL_SECONDS)
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


def go_through(asked: Iterable[str], answers: TextIO) -> None:
    """Run the cells of each notebook asked for, and answer each cell with a line.

    Parameters
    ----------
    asked : iterable of str
        Lines of JSON: the ``folder`` a notebook stands in, and its ``cells``.
    answers : text file
        Takes a line of JSON per cell: empty, or the ``kind`` of its error and what it ``said``.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    os.environ["MPLBACKEND"] = "agg"
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
    go_through(sys.stdin, answers)


if __name__ == "__main__":
    main()
