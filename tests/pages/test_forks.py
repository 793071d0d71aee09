"""Processes forked from a warm one: whole, loaded, ended with it, and replaced by ordinary ones where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest

import outcomes.pages.run
from outcomes.pages.forks import WARM, Fork, fork, hang_up, warmed
from outcomes.pages.kernels import Book, draft_all, environment, execute_all
from outcomes.pages.run import RunOptions, run

ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    with warmed(tmp_path_factory.mktemp("warm")) as found:
        yield found


async def _asked(warm: dict[str, str], *cells: str) -> tuple[Fork, list[dict]]:
    forked = await fork("draft", [], "/", {**os.environ, **warm})
    assert forked is not None
    process, answers, line = forked
    line.write(json.dumps({"folder": "/", "cells": cells}).encode() + b"\n")
    found = [json.loads(await answers.readline()) for _ in cells]
    await hang_up(line)
    return process, found


async def _left_alone(warm: dict[str, str]) -> Fork:
    """A fork that goes on when its line is gone."""
    forked = await fork("draft", [], "/", {**os.environ, **warm})
    assert forked is not None
    process, answers, line = forked
    line.write(json.dumps({"folder": "/", "cells": ["1", "import time; time.sleep(600)"]}).encode() + b"\n")
    assert await answers.readline() == b"{}\n"
    await hang_up(line)
    return process


def _book(tmp_path: Path, *cells: str) -> Book:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return Book(tmp_path / "00_book.ipynb", node)


@LINUX
def test_a_fork_has_the_libraries_loaded_and_no_thread_but_its_own(warm) -> None:
    loaded = "import sys, os; assert {'seaborn', 'duckdb', 'outcomes.models.mixed.fit'} <= set(sys.modules)"
    alone = "assert len(os.listdir('/proc/self/task')) == 1, os.listdir('/proc/self/task')"
    assert asyncio.run(_asked(warm, loaded, alone))[1] == [{}, {}]


@LINUX
def test_forks_end_with_their_line_and_with_the_warm_process(warm, tmp_path) -> None:
    process, _ = asyncio.run(_asked(warm, "1"))
    assert process.wait(20) == 0
    with warmed(tmp_path) as other:
        process = asyncio.run(_left_alone(other))
        assert process.poll() is None
    assert process.wait(20) == 0


def test_without_a_warm_process_there_is_no_fork(tmp_path) -> None:
    assert asyncio.run(fork("draft", [], "/", {})) is None
    assert asyncio.run(fork("draft", [], "/", {WARM: str(tmp_path / "nothing")})) is None


@LINUX
def test_a_forked_kernel_draws_inline_and_starts_afresh(warm, tmp_path) -> None:
    drawn = "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"
    afresh = "assert 'kept' not in globals(); kept = 1"
    books = [_book(tmp_path, afresh, drawn, "import os; os.getppid()") for _ in range(2)]
    with environment(warm, tmp_path):
        execute_all(books, tmp_path, lambda: None)
    for book in books:
        assert any("image/png" in output.get("data", {}) for output in book.node.cells[1].outputs)
    parents = {book.node.cells[2].outputs[0]["data"]["text/plain"] for book in books}
    assert parents == {str(_warm_pid(parents))}


def _warm_pid(parents: set[str]) -> int:
    """The process number all forks have as parent, once it is seen to be a warm process."""
    pid = min(map(int, parents))
    assert b"outcomes.pages.warm" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return pid


@pytest.mark.parametrize("warm_address", [{}, {WARM: "/nowhere/warm"}])
def test_kernels_and_drafts_start_by_themselves_where_nothing_is_warm(warm_address, tmp_path) -> None:
    done: list[int] = []
    with environment(warm_address, tmp_path):
        draft_all([_book(tmp_path, "1", "2")], lambda: done.append(1))
        book = _book(tmp_path, "1 + 1")
        execute_all([book], tmp_path, lambda: done.append(1))
    assert len(done) == 3
    assert book.node.cells[0].outputs[0]["data"]["text/plain"] == "2"


def test_a_run_needs_no_warm_process(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(outcomes.pages.run, "warmed", lambda *_: nullcontext({}))
    run(ROOT / "data/demo_sessions.csv", tmp_path / "out", options=RunOptions(only=("09_claims",)))
    assert (tmp_path / "out/09_claims.html").is_file()
