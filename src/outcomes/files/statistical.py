"""SPSS, Stata and SAS files: values by their labels, where every value has one.

Comes in: a path and the first bytes of the file. Goes out: a raw table of text. Refuses what is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import UnreadableFileError
from outcomes.files.outline import distinct_headings
from outcomes.files.source import Source, refuse_bad_names, without_totals
from outcomes.files.text_table import arrow_table, text_cells

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_statistical", "statistical_kind"]

_SAS = b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"
_OLD_STATA = range(105, 116)
_CALLED = {"sav": "SPSS", "por": "SPSS", "dta": "Stata", "sas7bdat": "SAS", "xport": "SAS"}


def statistical_kind(head: bytes) -> str | None:
    """Which package wrote a file, recognized by its first bytes; None for any other file."""
    if head[:4] in (b"$FL2", b"$FL3"):
        return "sav"
    if head.startswith(b"<stata_dta>") or (
        head[:1] and head[0] in _OLD_STATA and head[1:2] in (b"\1", b"\2") and head[2:4] == b"\1\0"
    ):
        return "dta"
    if head.startswith(_SAS):
        return "sas7bdat"
    if head.startswith(b"HEADER RECORD*******L"):
        return "xport"
    return "por" if b"SPSS PORT FILE" in head[:600] else None


def read_statistical(path: Path, kind: str) -> Source:
    """Read a file of SPSS, Stata or SAS.

    Raises
    ------
    UnreadableFileError
        Where it is damaged or holds no rows.
    """
    import pyreadstat

    read: Callable[..., Any] = getattr(pyreadstat, f"read_{kind}")
    try:
        frame, about = read(str(path))
    except (pyreadstat.PyreadstatError, pyreadstat.ReadstatError, ValueError, OSError, UnicodeDecodeError):
        raise UnreadableFileError(
            f"{path.name} is a {_CALLED[kind]} file that breaks off or is damaged. Copy or export it again."
        ) from None
    names, said = distinct_headings([str(name) for name in frame.columns])
    refuse_bad_names(path, names)
    if frame.empty:
        raise UnreadableFileError(f"{path.name} has columns but no rows. Export the session records again.")
    labelled = _with_labels(frame, about.variable_value_labels or {}).set_axis(names, axis="columns")
    text = labelled.apply(text_cells)
    table = arrow_table(text)
    return without_totals(
        Source(path, _CALLED[kind].lower(), table, lambda rows: [row + 1 for row in rows], tuple(said))
    )


def _with_labels(frame: pd.DataFrame, labels: dict[str, dict[Any, str]]) -> pd.DataFrame:
    """Values by their labels, in columns in which every value has one; a scale with named ends keeps its numbers."""
    changed = {
        name: frame[name].map(named, na_action="ignore")
        for name, named in labels.items()
        if name in frame and frame[name].dropna().isin(list(named)).all()
    }
    return frame.assign(**changed)
