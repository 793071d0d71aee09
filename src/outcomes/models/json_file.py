"""The parts of a reduction in, JSON text out, and back, for every kind of reduction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from outcomes.errors import ReductionError
from outcomes.files.write import write_whole
from outcomes.record.plan import active_plan

__all__ = ["InJson", "plan_hash", "read_json", "refuse_unlike", "write_json"]


class InJson:
    """A reduction made of tables, written as JSON text and read back.

    Attributes
    ----------
    FORMAT, NOUN : str
        What its file says it is, and what messages call it.
    """

    FORMAT: ClassVar[str]
    NOUN: ClassVar[str]

    def _parts(self) -> Mapping[str, Any]:
        """What is written, by name: plain values and tables."""
        raise NotImplementedError

    @classmethod
    def _of(cls, body: Mapping[str, Any]) -> Self:
        """The reduction of what was read; whatever does not fit raises."""
        raise NotImplementedError

    def to_json(self, path: str | Path | None = None) -> str:
        """Write as JSON text, to ``path`` too where one is given; numbers that are not finite are null."""
        return write_json(self.FORMAT, self._parts(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what :meth:`to_json` wrote: a path, or the text itself.

        Raises
        ------
        ReductionError
            Where the source is something else, or damaged.
        """
        body = read_json(source, cls.FORMAT, cls.NOUN)
        try:
            return cls._of(body)
        except (KeyError, TypeError, ValueError) as error:
            raise ReductionError(f"{cls.NOUN} is damaged ({error}); ask its sender for it again.") from error


def refuse_unlike(what: str, mine: tuple[str, Sequence[str]], theirs: tuple[str, Sequence[str]]) -> None:
    """Refuse to add reductions of two things, each told by its name and what it is by.

    Raises
    ------
    ReductionError
        Where either differs.
    """
    if mine != theirs:
        raise ReductionError(
            f"{what} of {mine[0]} by {list(mine[1])} and of {theirs[0]} by {list(theirs[1])} do not add; "
            "reduce both the same way."
        )


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
