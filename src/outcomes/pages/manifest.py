"""What a run says of itself: what was read, how, with which packages, and the hash of every file it made.

Comes in: the records' file, the options of the run, a folder of pages. Goes out: ``manifest.json``.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from outcomes.files.read import sha256_of
from outcomes.files.write import MANIFEST, json_text, write_whole
from outcomes.intake.read import public_name
from outcomes.record.plan import Plan, active_plan, shipped_plan, shipped_plan_text

__all__ = ["RunOptions", "about_run", "write_manifest"]

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
    """How to run: mapping, audience, notebooks, analysis plan."""

    mapping: str | None = None
    audience: str = "owner"
    only: tuple[str, ...] = ()
    plan: str | None = None


def about_run(path: Path, options: RunOptions, sessions: Any) -> dict[str, Any]:
    """What the manifest says of the input and of how it was read."""
    labels = sessions.attrs.get("outcomes", {})
    plan = active_plan()
    return {
        "made_by": f"outcomes {metadata.version('outcomes')}",
        "input": {
            "file": public_name(path),
            "sha256": sha256_of(path),
            "mapping_sha256": sha256_of(Path(options.mapping)) if options.mapping else None,
            "rows": len(sessions),
        },
        "patients": int(sessions["patient_id"].nunique()),
        "title": labels.get("title", ""),
        "citation": labels.get("citation", ""),
        "times": labels.get("times", {}),
        "options": {"audience": options.audience},
        "seed": plan.estimates.seed,
        "plan": {"sha256": _plan_hash(options.plan, plan), **asdict(plan)},
    }


def _plan_hash(path: str | None, plan: Plan) -> str:
    """Of the file the plan was read from; of a plan made in a program, of what it says."""
    if path:
        return sha256_of(Path(path))
    text = shipped_plan_text() if plan == shipped_plan() else json_text(asdict(plan))
    return hashlib.sha256(text.encode()).hexdigest()


def write_manifest(out: Path, about: dict[str, Any]) -> None:
    """Write ``manifest.json``: what was read, with what, and the SHA-256 of every file beside it."""
    made = {
        str(path.relative_to(out)): sha256_of(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    packages = {name: metadata.version(name) for name in PACKAGES}
    write_whole(
        out / MANIFEST,
        json_text({**about, "python": platform.python_version(), "packages": packages, "files": made}),
    )
