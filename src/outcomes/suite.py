"""The main job: check the records, run the notebooks side by side, write the pages.

Comes in: a file of records, and how to read it. Goes out: a folder of pages that appears whole or not at all. A
notebook that fails ends the run with one message and leaves the earlier pages as they were.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError, OutcomesError
from outcomes.export import Exported, page_html, write_estimates, write_index, write_manifest
from outcomes.folder import MANIFEST, whole_folder, write_whole
from outcomes.plan import PLAN, active_plan, read_plan, shipped_plan_text
from outcomes.problems import refuse
from outcomes.records import CHECKED, check_sessions
from outcomes.sources import sha256_of
from outcomes.vault import VAULT, Vault

__all__ = ["Ran", "RunOptions", "notebook_folder", "notebooks", "run"]

Progress = Callable[[str, int, int], None]
CELL_SECONDS = 1_800
LEDGER = "ledger.json"
STORED = "sessions.parquet"


@dataclass(frozen=True)
class RunOptions:
    """How to run: mapping, audience, notebooks, whether to run unchanged notebooks again, analysis plan."""

    mapping: str | None = None
    audience: str = "owner"
    only: tuple[str, ...] = ()
    fresh: bool = False
    plan: str | None = None


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


def notebook_folder() -> Path:
    """Where the notebooks are: in the installed package, or beside its source."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "notebooks", here.parents[2] / "notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise ExportError(
        "The notebooks of this suite are not installed. Install it again, or run it from its source."
    )


def notebooks(only: tuple[str, ...] = ()) -> list[Path]:
    """The notebooks in order, or those named.

    Raises
    ------
    ExportError
        Where a name is not that of a notebook; the message lists them.
    """
    found = sorted(notebook_folder().glob("[0-9]*.ipynb"))
    names = [path.stem for path in found]
    for name in only:
        if name not in names:
            raise ExportError(f"There is no notebook {name!r}. There are: {', '.join(names)}.")
    return [path for path in found if not only or path.stem in only]


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
    checked = check_sessions(path, mapping=options.mapping)
    refuse(checked.problems, Path(path).name)
    sessions = checked.sessions
    if sessions is None:
        raise OutcomesError(f"{Path(path).name} holds no sessions.")
    about = _about(Path(path), options, sessions)
    with whole_folder(Path(out)) as staging, _private_folder() as private:
        sessions.to_parquet(private / STORED)
        jobs, kept = _planned(chosen, about["key"], Path(out), staging, fresh=options.fresh)
        folders = _Folders(private, staging, Path(out))
        kept = _run_together(jobs, kept, folders, options, tell)
        _write_pages(jobs, staging, about, sessions)
    executed = tuple(job.name for job in jobs if job not in kept)
    return Ran(
        Path(out),
        len(sessions),
        int(sessions["patient_id"].nunique()),
        checked.n_warnings,
        executed,
        tuple(job.name for job in kept),
        time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Folders:
    """Where a run reads and writes: its private folder, the folder being made, the one that was there."""

    private: Path
    staging: Path
    earlier: Path


def _run_together(
    jobs: list[_Job], kept: list[_Job], folders: _Folders, options: RunOptions, tell: Progress
) -> list[_Job]:
    """Run the notebooks, protect all their tables together, and run again those that must say less.

    Returns
    -------
    list of _Job
        Those whose earlier pages were taken over.
    """
    from outcomes.ledger import Ledger
    from outcomes.limits import limits_for

    vault = Vault(folders.private / "vault")
    vault.folder.mkdir(mode=0o700)
    _execute([job for job in jobs if job not in kept], folders, options, tell)
    guarded = limits_for(options.audience).protects
    ledger = Ledger.load(folders.earlier / LEDGER) if guarded else None
    before = {key: table for job in kept for key, table in _tables_of(job, folders.staging).items()}
    again, agreed = vault.agree(options.audience, shown_before=before, ledger=ledger)
    rerun = [job for job in jobs if job.name in again]
    for job in rerun:
        _forget(job, folders.staging)
    _execute(rerun, folders, options, tell)
    if ledger is not None:
        ledger.add(agreed)
        ledger.save(folders.staging / LEDGER)
    return [job for job in kept if job not in rerun]


def _tables_of(job: _Job, staging: Path) -> dict[str, Any]:
    import pandas as pd

    paths = sorted((staging / "tables").glob(f"{job.name}-*.csv"))
    return {path.stem: pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths}


def _forget(job: _Job, staging: Path) -> None:
    """Take away what a page has written, before it is run again."""
    job.page = None
    for path in [*staging.glob(f"{job.name}.*"), *staging.glob(f"*/{job.name}-*")]:
        path.unlink()


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder only this user can read, gone at the end: the records a run works on never reach ``out``."""
    folder = Path(tempfile.mkdtemp(prefix="outcomes-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _about(path: Path, options: RunOptions, sessions: Any) -> dict[str, Any]:
    """What the manifest says of the input; ``key`` changes when anything that shapes the pages does."""
    from importlib import metadata

    labels = sessions.attrs.get("outcomes", {})
    plan = read_plan(options.plan) if options.plan else active_plan()
    mapping = sha256_of(Path(options.mapping)) if options.mapping else None
    settings = {
        name: value for name, value in asdict(options).items() if name not in ("only", "fresh", "mapping")
    }
    about = {
        "made_by": f"outcomes {metadata.version('outcomes')}",
        "input": {
            "file": path.name,
            "sha256": sha256_of(path),
            "mapping_sha256": mapping,
            "rows": len(sessions),
        },
        "patients": int(sessions["patient_id"].nunique()),
        "title": labels.get("title", ""),
        "citation": labels.get("citation", ""),
        "times": labels.get("times", {}),
        "options": settings,
        "seed": plan.seed,
        "plan": {
            "sha256": _plan_hash(options.plan),
            **asdict(plan),
        },
    }
    code = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*")):
        if source.suffix in (".py", ".csv", ".j2", ".css"):
            code.update(source.read_bytes())
    key = json.dumps([about, code.hexdigest()], sort_keys=True)
    return {**about, "key": hashlib.sha256(key.encode()).hexdigest()}


def _plan_hash(path: str | None) -> str:
    return sha256_of(Path(path)) if path else hashlib.sha256(shipped_plan_text().encode()).hexdigest()


class _Job:
    """One notebook to run: its key says when a page made earlier still holds."""

    def __init__(self, path: Path, data_key: str) -> None:
        self.path = path
        self.name = path.stem
        self.key = hashlib.sha256(path.read_bytes() + data_key.encode()).hexdigest()
        self.page: Exported | None = None


# --- running ---------------------------------------------------------------------------------------------------


def _execute(jobs: list[_Job], folders: _Folders, options: RunOptions, tell: Progress) -> None:
    """Run notebooks side by side, as many at once as there are cores."""
    import nbformat

    if not jobs:
        return
    private, staging = folders.private, folders.staging
    read = {job.name: nbformat.read(job.path, as_version=4) for job in jobs}
    total = sum(len(book.cells) for book in read.values())
    done = 0

    def cell_done(**_: Any) -> None:
        nonlocal done
        done += 1
        tell("running the notebooks", done, total)

    async def everything() -> list[BaseException | None]:
        places, failed = asyncio.Semaphore(_cores()), asyncio.Event()

        async def one(job: _Job) -> None:
            async with places:
                if failed.is_set():  # those that run are let finish; no other begins
                    return
                try:
                    book = read[job.name]
                    _set_parameters(book, private, staging, options)
                    await _run_one(job, book, private, cell_done)
                    nbformat.write(book, private / f"{job.name}.ipynb")
                except BaseException:
                    failed.set()
                    raise

        return await asyncio.gather(*(one(job) for job in jobs), return_exceptions=True)

    tell("running the notebooks", 0, max(total, 1))
    with _kernel_environment(private, options.plan):
        for failure in _run_apart(everything):
            if failure is not None:
                raise failure
    for job in jobs:
        _convert(job, private, staging)


def _run_apart(work: Callable[[], Coroutine[Any, Any, list[Any]]]) -> list[Any]:
    """Run a coroutine in a thread of its own, so that an interrupt reaches this one and ends the kernels cleanly."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def noted() -> list[Any]:
        loops.append(asyncio.get_running_loop())
        return await work()

    def cancel() -> None:
        for task in asyncio.all_tasks(loops[0]):
            task.cancel()

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(asyncio.run, noted())
        try:
            return future.result()
        except KeyboardInterrupt:
            if loops and loops[0].is_running():
                loops[0].call_soon_threadsafe(cancel)
            raise


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def _kernel_environment(private: Path, plan: str | None) -> Iterator[None]:
    """Kernels that leave nothing behind in the user's home and do not fight over the cores."""
    wanted = {
        "IPYTHONDIR": str(private / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
        VAULT: str(private / "vault"),
        CHECKED: str(private / STORED),
        PLAN: str(Path(plan).absolute()) if plan else "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
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


def _set_parameters(book: Any, private: Path, staging: Path, options: RunOptions) -> None:
    """Put this run's parameters behind the cell tagged ``parameters``."""
    import nbformat

    values = {"data": str(private / STORED), "audience": options.audience, "out": str(staging)}
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    at = [i for i, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", [])]
    if not at:
        raise ExportError("A notebook has no cell tagged 'parameters', so it cannot be given the records.")
    cell = nbformat.v4.new_code_cell(source, id="run-parameters", metadata={"tags": ["injected-parameters"]})
    book.cells.insert(at[0] + 1, cell)


async def _run_one(job: _Job, book: Any, sockets: Path, cell_done: Callable[..., None]) -> None:
    """Run one notebook in a kernel reached over sockets in a private folder, not over open ports."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    client = NotebookClient(
        book,
        config=Config({"KernelManager": {"transport": "ipc", "ip": str(sockets / job.name[:2])}}),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(job.path.parent)}},
        on_cell_executed=cell_done,
    )
    try:
        await client.async_execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        raise ExportError(
            f"Notebook {job.name} stopped: {error.ename}: {_first_line(error.evalue)}"
        ) from None
    except CellTimeoutError:
        raise ExportError(
            f"Notebook {job.name} took more than {CELL_SECONDS} s over one cell and was stopped."
        ) from None
    except RuntimeError as error:
        if not isinstance(error, DeadKernelError):
            raise ExportError(f"Notebook {job.name} could not be started: {_first_line(error)}") from None
        raise ExportError(f"Notebook {job.name} ran out of memory or was ended from outside.") from None
    finally:
        atexit.unregister(client._cleanup_kernel)  # it has been cleaned up; nothing is left to say at the end


def _first_line(text: Any) -> str:
    return str(text).strip().splitlines()[0] if str(text).strip() else "no message"


# --- pages -----------------------------------------------------------------------------------------------------


def _convert(job: _Job, private: Path, staging: Path) -> None:
    """Keep the executed notebook beside its record until the pages are written."""
    record = staging / f"{job.name}.page.json"
    if not record.is_file():
        raise ExportError(
            f"Notebook {job.name} did not export its page: its last cell must call page.export()."
        )
    shutil.move(private / f"{job.name}.ipynb", staging / f"{job.name}.executed")


def _planned(
    chosen: list[Path], data_key: str, out: Path, staging: Path, *, fresh: bool
) -> tuple[list[_Job], list[_Job]]:
    """Jobs in order, and those whose earlier pages still hold and were taken over.

    Beside the notebooks chosen, earlier pages made from the same records are kept where nothing about them changed.
    """
    earlier = _earlier_pages(out)
    names = {path.stem for path in chosen}
    beside = [path for path in notebooks() if path.stem in earlier and path.stem not in names]
    together = sorted([*chosen, *beside], key=lambda path: path.stem)
    key = data_key + ",".join(path.stem for path in together)
    jobs = [_Job(path, key) for path in together]
    kept = [
        job for job in jobs if not (fresh and job.name in names) and _take_over(job, earlier, out, staging)
    ]
    if any(
        job.name not in names and job not in kept for job in jobs
    ):  # pages beside that no longer hold are left out
        for job in kept:
            _forget(job, staging)
        jobs = [_Job(path, data_key + ",".join(sorted(names))) for path in chosen]
        kept = [] if fresh else [job for job in jobs if _take_over(job, earlier, out, staging)]
    return jobs, kept


def _earlier_pages(out: Path) -> dict[str, Any]:
    try:
        found = json.loads((out / MANIFEST).read_text("utf-8")).get("notebooks", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _take_over(job: _Job, earlier: dict[str, Any], out: Path, staging: Path) -> bool:
    """Copy the page of a notebook that has not changed, made from records that have not changed."""
    made = earlier.get(job.name, {})
    if made.get("key") != job.key or not all((out / name).is_file() for name in made.get("files", [])):
        return False
    for name in made["files"]:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(out / name, staging / name)
    job.page = Exported(job.name, made["title"], made["question"])
    return True


def _write_pages(jobs: list[_Job], staging: Path, about: dict[str, Any], sessions: Any) -> None:
    import nbformat

    books = {}
    for job in jobs:
        if job.page is None:
            books[job.name] = nbformat.read(staging / f"{job.name}.executed", as_version=4)
            job.page = _titled(job.name, books[job.name])
            (staging / f"{job.name}.executed").unlink()
    pages = [job.page for job in jobs if job.page is not None]
    footer = _footer(about)
    for page in pages:
        if page.name in books:
            write_whole(staging / page.file, page_html(books[page.name], page, pages, footer))
    title = about["title"] or "What our sessions were followed by"
    write_index(staging, title, pages, _facts(about, sessions), footer)
    write_estimates(staging, pages)
    made = {job.name: _made(job, staging) for job in jobs}
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    write_manifest(staging, {**about, "notebooks": made, "finished": finished})


def _made(job: _Job, staging: Path) -> dict[str, Any]:
    page = job.page or Exported(job.name, job.name, "")
    names = [page.file, f"{job.name}.page.json"]
    for kind in ("charts", "tables"):
        names += [str(path.relative_to(staging)) for path in sorted((staging / kind).glob(f"{job.name}-*"))]
    return {"key": job.key, "title": page.title, "question": page.question, "files": names}


def _titled(name: str, book: Any) -> Exported:
    """Title (first heading) and question (first paragraph after it) of a notebook."""
    lines = [
        line.strip()
        for cell in book.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)
    after = iter(lines[next((i for i, line in enumerate(lines) if line.startswith("# ")), 0) + 1 :])
    question = next(
        (line.strip("*_ ") for line in after if line and not line.startswith(("#", "|", "-"))), ""
    )
    return Exported(name, title, question)


def _footer(about: dict[str, Any]) -> str:
    source = f"; {about['citation']}" if about["citation"] else ""
    return (
        f"Made by {about['made_by']} from {about['input']['file']} (SHA-256 {about['input']['sha256'][:12]}…){source}. "
        f"For the audience “{about['options']['audience']}”. manifest.json has the details."
    )


def _facts(about: dict[str, Any], sessions: Any) -> list[tuple[str, str]]:
    times = about["times"]
    facts = [
        ("Records", f"{about['input']['rows']:,} sessions of {about['patients']:,} patients"),
        ("File", about["input"]["file"]),
        ("Readings", ", then ".join(times.values())),
        ("Conditions", f"{sessions['condition'].nunique()}"),
    ]
    if about["citation"]:
        facts.append(("Source", about["citation"]))
    return facts
