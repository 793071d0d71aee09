"""What a run says of itself: what was read, how, with which packages, and the hash of every file it made.

Comes in: where the records lay, the options of the run, a folder of pages. Goes out: ``manifest.json``.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from outcomes.disclosure.limits import limits_for
from outcomes.errors import UnreadableFileError
from outcomes.files.folder import FORMAT, MARKER
from outcomes.files.origin import Origin
from outcomes.files.read import sha256_of
from outcomes.files.write import json_text, write_whole
from outcomes.intake.account import Account
from outcomes.intake.read import public_name
from outcomes.record.plan import Plan, active_plan, shipped_plan, shipped_plan_text
from outcomes.record.synthetic import how_synthetic

__all__ = ["RunOptions", "about_plan", "about_run", "rows_shown", "unchanged", "write_manifest"]

MANIFEST = "manifest.json"
PACKAGES = (
    *(
        "outcomes",
        "pandas",
        "numpy",
        "scipy",
        "statsmodels",
        "pyarrow",
        "duckdb",
        "ibis-framework",
        "narwhals",
    ),
    *("formulaic", "matplotlib", "seaborn", "great-tables", "ipython", "nbconvert"),
)


@dataclass(frozen=True)
class RunOptions:
    """How to run: mapping, audience, notebooks, plan, whether a new series begins, formats, table of a database."""

    mapping: str | None = None
    audience: str = "owner"
    only: tuple[str, ...] = ()
    plan: str | None = None
    new_series: bool = False
    formats: tuple[str, ...] = ()
    table: str | None = None


@contextmanager
def unchanged(path: str | Path) -> Iterator[str]:
    """Yield the SHA-256 of a file that is read in the block, and refuse what was read if the file changed meanwhile.

    Readers open a file several times, some of them by its name alone; so the file is held open from before the hash is
    taken, and has to be the same one, written to by nobody, when all have read it.

    Raises
    ------
    UnreadableFileError
        Where it was replaced or written to. Why a file cannot be opened is left to its reader to say.
    """
    path = Path(path)
    if not (path.is_file() and os.access(path, os.R_OK)):
        yield ""
        return
    with path.open("rb") as file:
        before = _identity(os.fstat(file.fileno()))
        yield hashlib.file_digest(file, "sha256").hexdigest()
        if not path.exists() or not before == _identity(os.fstat(file.fileno())) == _identity(path.stat()):
            raise UnreadableFileError(
                f"{path.name} changed while it was being read. Run again when nothing writes to it any more."
            )


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def about_run(
    origin: Origin, options: RunOptions, sessions: Any, account: Account, hashes: Mapping[str, str]
) -> dict[str, Any]:
    """What the manifest says of the input and of how it was read.

    Parameters
    ----------
    origin : Origin
        Where the records lay; of an address the name of its table alone is said.
    options : RunOptions
    sessions : pandas.DataFrame
    account : Account
    hashes : mapping of str to str
        SHA-256 of each file that was read, by its path.
    """
    labels = sessions.attrs.get("outcomes", {})
    return {
        **about_plan(hashes.get(options.plan or "", "")),
        "input": {
            **_read_from(origin, hashes),
            "mapping_sha256": hashes.get(options.mapping or ""),
            "rows": len(sessions),
        },
        "rows": rows_shown(account.as_dict(), options.audience),
        "patients": int(sessions["patient_id"].nunique()),
        "synthetic": how_synthetic(sessions["session_id"]) or "none",
        "title": labels.get("title", ""),
        "citation": labels.get("citation", ""),
        "times": labels.get("times", {}),
        "options": {"audience": options.audience},
    }


def about_plan(file_hash: str = "") -> dict[str, Any]:
    """What the manifest says of every run: by which version, and under which plan; ``file_hash`` is of its file."""
    plan = active_plan()
    return {
        "format": FORMAT,
        "made_by": f"outcomes {metadata.version('outcomes')}",
        "seed": plan.estimates.seed,
        "plan": {"sha256": file_hash or _plan_hash(plan), **asdict(plan)},
    }


def _read_from(origin: Origin, hashes: Mapping[str, str]) -> dict[str, Any]:
    """The records' file and its hash; of several the hash of theirs; of a server and of a table in memory, none."""
    each = [{"file": public_name(path), "sha256": hashes[str(path)]} for path in origin.files]
    if len(each) == 1:
        return each[0]
    whole = hashlib.sha256("".join(one["sha256"] for one in each).encode()).hexdigest() if each else None
    return {"file": public_name(Path(origin.name)), "sha256": whole} | ({"files": each} if each else {})


def rows_shown(rows: Mapping[str, Any], audience: str) -> dict[str, Any]:
    """What became of every row, as an audience may see it: no small count, and no total that gives one away.

    Examples
    --------
    >>> rows = {"read": 43, "sessions": 40, "moved": [{"how": "left out", "why": "a total", "rows": 3}]}
    >>> rows_shown(rows, "owner")
    {'sessions': 40, 'moved': [{'how': 'left out', 'why': 'a total', 'rows': 'fewer than 11'}]}
    >>> rows_shown(rows, "clinician") == rows
    True
    """
    limits = limits_for(audience)
    small = [limits.is_small(one["rows"]) for one in rows["moved"]]
    words = f"fewer than {limits.least_patients}"
    moved = [
        {**one, "rows": words if few else one["rows"]} for one, few in zip(rows["moved"], small, strict=True)
    ]
    total = {} if any(small) else {"read": rows["read"]}
    return {**total, "sessions": rows["sessions"], "moved": moved}


def _plan_hash(plan: Plan) -> str:
    """Of the text of the shipped plan; of a plan made in a program, of what it says."""
    text = shipped_plan_text() if plan == shipped_plan() else json_text(asdict(plan))
    return hashlib.sha256(text.encode()).hexdigest()


def write_manifest(out: Path, about: dict[str, Any]) -> None:
    """Write ``manifest.json``: what was read, with what, and the SHA-256 of every file next to it."""
    made = {
        str(path.relative_to(out)): sha256_of(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in (MANIFEST, MARKER)
    }
    packages = {name: metadata.version(name) for name in PACKAGES}
    write_whole(
        out / MANIFEST,
        json_text({**about, "python": platform.python_version(), "packages": packages, "files": made}),
    )
