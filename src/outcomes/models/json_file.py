"""The parts of a reduction in, JSON text out, and back, for every kind of reduction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import ReductionError
from outcomes.files.write import write_whole
from outcomes.record.plan import active_plan

__all__ = ["plan_hash", "read_json", "write_json"]


def write_json(kind: str, parts: Mapping[str, Any], path: str | Path | None) -> str:
    """Write a reduction as JSON text, to ``path`` too (whole or not at all) where one is given.

    Frames are written column by column; a number that is not finite is null.
    """
    body: dict[str, Any] = {"format": kind, "plan": plan_hash()}
    for name, part in parts.items():
        body[name] = _columns(part) if isinstance(part, pd.DataFrame) else part
    text = json.dumps(body, allow_nan=False) + "\n"
    if path is not None:
        write_whole(Path(path), text)
    return text


def read_json(source: str | Path, kind: str, noun: str) -> dict[str, Any]:
    """Read a reduction's JSON from a path or a text, refusing anything of another kind.

    Raises
    ------
    ReductionError
        Where the source cannot be read, or holds something else.
    """
    is_text = isinstance(source, str) and source.lstrip().startswith("{")
    try:
        text = str(source) if is_text else Path(source).read_text(encoding="utf-8")
        body = json.loads(text)
    except (OSError, ValueError) as error:
        raise ReductionError(
            f"{noun} was wanted, and the source cannot be read as JSON ({error}). Make it with to_json."
        ) from error
    found = body.get("format") if isinstance(body, dict) else None
    if found != kind:
        raise ReductionError(
            f"{noun} ({kind}) was wanted; found {found or 'no format'}. Make it with to_json."
        )
    return dict(body)


def plan_hash() -> str:
    """A hash of what the plan in use says of readings, windows and thresholds: sums add only under one plan."""
    text = json.dumps(asdict(active_plan()), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): [_plain(value) for value in frame[name]] for name in frame}


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value
