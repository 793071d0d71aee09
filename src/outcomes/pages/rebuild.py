"""The pages of a run: which must be made, which hold from before, and how they are put together.

Comes in: a folder of earlier pages, what shapes the new ones, executed notebooks. Goes out: jobs, each with a key that
changes when anything that shapes its page does; in the end the pages, their index, the estimates and the manifest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError
from outcomes.files.read import sha256_of
from outcomes.files.write import MANIFEST, write_whole
from outcomes.pages.html import Exported, page_html, write_estimates, write_index, write_manifest
from outcomes.record.plan import active_plan, read_plan, shipped_plan_text

__all__ = [
    "Job",
    "RunOptions",
    "about_run",
    "forget",
    "notebook_folder",
    "notebooks",
    "planned",
    "tables_of",
    "write_pages",
]


@dataclass(frozen=True)
class RunOptions:
    """How to run: mapping, audience, notebooks, whether to run unchanged notebooks again, analysis plan."""

    mapping: str | None = None
    audience: str = "owner"
    only: tuple[str, ...] = ()
    fresh: bool = False
    plan: str | None = None


def notebook_folder() -> Path:
    """Where the notebooks are: in the installed package, or beside its source."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "notebooks", package.parents[1] / "notebooks"):
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


def about_run(path: Path, options: RunOptions, sessions: Any) -> dict[str, Any]:
    """What the manifest says of the input; ``key`` changes when anything that shapes the pages does."""
    from importlib import metadata

    labels = sessions.attrs.get("outcomes", {})
    plan = read_plan(options.plan) if options.plan else active_plan()
    mapping = sha256_of(Path(options.mapping)) if options.mapping else None
    settings = {
        name: value
        for name, value in asdict(options).items()
        if name not in ("only", "fresh", "mapping", "plan")
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
        "seed": plan.estimates.seed,
        "plan": {
            "sha256": _plan_hash(options.plan),
            **asdict(plan),
        },
    }
    code = hashlib.sha256()
    for source in sorted(Path(__file__).parents[1].rglob("*")):
        if source.suffix in (".py", ".csv", ".j2", ".css"):
            code.update(source.read_bytes())
    key = json.dumps([about, code.hexdigest()], sort_keys=True)
    return {**about, "key": hashlib.sha256(key.encode()).hexdigest()}


def _plan_hash(path: str | None) -> str:
    return sha256_of(Path(path)) if path else hashlib.sha256(shipped_plan_text().encode()).hexdigest()


class Job:
    """One notebook to run: its key says when a page made earlier still holds."""

    def __init__(self, path: Path, data_key: str) -> None:
        self.path = path
        self.name = path.stem
        self.key = hashlib.sha256(path.read_bytes() + data_key.encode()).hexdigest()
        self.page: Exported | None = None


def planned(
    chosen: list[Path], data_key: str, out: Path, staging: Path, *, fresh: bool
) -> tuple[list[Job], list[Job]]:
    """Jobs in order, and those whose earlier pages still hold and were taken over.

    Beside the notebooks chosen, earlier pages made from the same records are kept where nothing about them changed.
    """
    earlier = _earlier_pages(out)
    names = {path.stem for path in chosen}
    beside = [path for path in notebooks() if path.stem in earlier and path.stem not in names]
    together = sorted([*chosen, *beside], key=lambda path: path.stem)
    key = data_key + ",".join(path.stem for path in together)
    jobs = [Job(path, key) for path in together]
    kept = [
        job for job in jobs if not (fresh and job.name in names) and _take_over(job, earlier, out, staging)
    ]
    if any(
        job.name not in names and job not in kept for job in jobs
    ):  # pages beside that no longer hold are left out
        for job in kept:
            forget(job, staging)
        jobs = [Job(path, data_key + ",".join(sorted(names))) for path in chosen]
        kept = [] if fresh else [job for job in jobs if _take_over(job, earlier, out, staging)]
    return jobs, kept


def _earlier_pages(out: Path) -> dict[str, Any]:
    try:
        found = json.loads((out / MANIFEST).read_text("utf-8")).get("notebooks", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _take_over(job: Job, earlier: dict[str, Any], out: Path, staging: Path) -> bool:
    """Copy the page of a notebook that has not changed, made from records that have not changed."""
    made = earlier.get(job.name, {})
    if made.get("key") != job.key or not all((out / name).is_file() for name in made.get("files", [])):
        return False
    for name in made["files"]:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(out / name, staging / name)
    job.page = Exported(job.name, made["title"], made["question"])
    return True


def tables_of(job: Job, staging: Path) -> dict[str, Any]:
    """The tables a page has written, as read back from their files."""
    import pandas as pd

    paths = sorted((staging / "tables").glob(f"{job.name}-*.csv"))
    return {path.stem: pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths}


def forget(job: Job, staging: Path) -> None:
    """Take away what a page has written, before it is run again."""
    job.page = None
    for path in [*staging.glob(f"{job.name}.*"), *staging.glob(f"*/{job.name}-*")]:
        path.unlink()


def write_pages(
    jobs: list[Job], books: Mapping[str, Any], staging: Path, about: dict[str, Any], sessions: Any
) -> None:
    """Write the pages of executed notebooks beside those taken over, and what stands around them.

    Parameters
    ----------
    jobs : list of Job
        All pages there will be, in order.
    books : mapping of str to NotebookNode
        The executed notebooks; jobs without one have their page already.
    staging : Path
    about : dict
        From :func:`about_run`.
    sessions : pandas.DataFrame
    """
    for job in jobs:
        if job.name in books:
            job.page = _titled(job.name, books[job.name])
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


def _made(job: Job, staging: Path) -> dict[str, Any]:
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
