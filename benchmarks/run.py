"""How long `outcomes run` takes, beside twelve notebooks that only import what ours import.

    python benchmarks/run.py                   # the demo records
    python benchmarks/run.py --sessions 1000000    # and a million synthetic sessions after it

The empty notebooks run in kernels side by side, as many at once as there are cores; each loads the modules
that the notebook of the same number has loaded once it has been run by hand. Times are medians, in seconds by the clock
and of processor time (which other work on the machine moves less); the peak is the largest sum, over all processes of a
run, of the memory that is theirs alone or their share of what they share.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import outcomes as oc
from outcomes.pages.notebooks import notebooks

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data/demo_sessions.csv"
SUBREAPER = 36
LOADED = """
import json, sys
found = [name for name, module in sys.modules.items() if "site-packages" in (getattr(module, "__file__", None) or "")]
print(json.dumps(found + [name for name in sys.modules if name.startswith("outcomes")]))
"""
IMPORTS = """
import importlib
for name in {names!r}:
    importlib.import_module(name)
"""


async def executed(books: list, folder: Path) -> None:
    """Run notebooks in kernels, as many at once as there are cores."""
    places = asyncio.Semaphore(len(os.sched_getaffinity(0)))

    async def one(book) -> None:
        async with places:
            client = NotebookClient(
                book, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
            )
            await client.async_execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    await asyncio.gather(*map(one, books))


def modules_of(path: Path) -> list[str]:
    """Modules of installed libraries that a notebook, run by hand, has loaded at its end."""
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(LOADED))
    asyncio.run(executed([book], path.parent))
    names = json.loads(book.cells[-1].outputs[0]["text"])
    return [name for name in names if name != "__main__" and not name.startswith(("ipykernel", "debugpy"))]


@contextmanager
def clock() -> Iterator[list[float]]:
    """Seconds by the clock, and of processor time in other processes, once the block is over."""
    used, before, started = [], resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    yield used
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used += [
        time.perf_counter() - started,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    ]


def empty_notebooks(modules: list[list[str]]) -> list[float]:
    """Seconds that notebooks take which only import."""
    books = [
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(IMPORTS.format(names=names))])
        for names in modules
    ]
    with clock() as used:
        asyncio.run(executed(books, ROOT))
    return used


def full_run(file: Path) -> list[float]:
    """Seconds and peak memory (GiB) of ``outcomes run`` from a shell."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "outcomes",
            "run",
            str(file),
            "--out",
            f"{folder}/exports",
        ]
        with clock() as used:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peak = Peak(process.pid)
            if process.wait():
                raise SystemExit(f"{' '.join(command)} failed")
            with suppress(ChildProcessError):  # the process the others were forked from ends a moment later
                while True:
                    os.wait()
        return [*used, peak.stop()]


class Peak:
    """Watch the memory of a process and all that come of it (Linux; elsewhere it stays 0)."""

    def __init__(self, pid: int) -> None:
        self.largest, self.over, self.pid = 0.0, threading.Event(), pid
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def stop(self) -> float:
        """The largest sum seen, in GiB."""
        self.over.set()
        self.thread.join()
        return self.largest

    def _watch(self) -> None:
        while not self.over.wait(0.2):
            self.largest = max(self.largest, sum(map(_gib, _family(self.pid))))


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def _gib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 2**20 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sessions", type=int, help="then run as many synthetic sessions")
    asked.add_argument("--runs", type=int, default=3)
    options = asked.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1)  # what a run leaves behind is counted with it
    modules = [modules_of(path) for path in notebooks()]
    empty, demo = [], []
    for _ in range(options.runs):
        empty.append(empty_notebooks(modules))
        demo.append(full_run(DEMO))
    least, ours = medians(empty), medians(demo)
    told("twelve notebooks that only import", least)
    told("outcomes run, demo", ours, f"{ours[0] / least[0]:.2f} and {ours[1] / least[1]:.2f} times")
    if options.sessions:
        sessions, _ = oc.simulate_sessions(patients=round(options.sessions / 4.01), seed=3)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sessions.parquet"
            sessions.to_parquet(file)
            much = medians([full_run(file) for _ in range(options.runs)])
        told(
            f"outcomes run, {len(sessions):,} sessions", much, f"{much[0] - ours[0]:.1f} s more than the demo"
        )


def medians(rows: list[list[float]]) -> list[float]:
    """The median of each column."""
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def told(what: str, figures: list[float], ratio: str = "") -> None:
    """Print a line."""
    clock, processor, *peak = figures
    memory = f"; peak {peak[0]:.2f} GiB" if peak else ""
    print(f"{what}: {clock:.1f} s, processor {processor:.1f} s{memory}{'; ' + ratio if ratio else ''}")


if __name__ == "__main__":
    main()
