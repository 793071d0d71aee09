"""What each column of an estimate frame holds, so that the gate knows how to protect it.

A column's name comes in, its ``ColumnKind`` goes out: from ``reference/column_kinds.csv``, from the session
record, or from ``register_column``. A name none of them knows is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from outcomes.errors import DisclosureError
from outcomes.record.columns import COLUMN_NAMES
from outcomes.record.reference import rows

__all__ = ["KINDS", "UNDIVIDED", "ColumnKind", "kind_of", "kinds_of", "register_column"]

KINDS: dict[str, str] = {
    "split": "a key that divides sessions into groups (condition, sex)",
    "time": "a key whose groups share patients (right after, at 2 days)",
    "ordered": "a key along which counts run on (hours, thresholds, steps)",
    "label": "a key that names what is estimated (measure, claim)",
    "name": "a key that names its row alone, and what stands beside it may change with the records (claim)",
    "numbered": "a key whose numbers change with the records while the row stays the same (adjust)",
    "mention": "a key whose text may name groups (term, contrast)",
    "interval_start": "where the step of a curve begins",
    "note": "the note of a row",
    "text": "words computed from a row's numbers",
    "patients": "the patients a row rests on",
    "sessions": "the sessions a row rests on",
    "part": "another count (responders, eligible)",
    "curve": "a count along a curve (at risk, resolved)",
    "share": "a share of the row's sessions",
    "estimate": "an estimate from all of the row's patients",
    "interval": "the error, interval or test of the row's main figure",
    "quantile": "a quantile of the row's readings",
    "extreme": "the least, the greatest or any single reading",
    "record": "a value of one record",
}
"""The kinds there are, each in words."""
UNDIVIDED = ("time", "ordered", "label", "name", "numbered", "mention")
"""Kinds of the keys that say what a row is of and divide no sessions."""


@dataclass(frozen=True)
class ColumnKind:
    """What a column holds.

    Attributes
    ----------
    name, kind : str
    count : str
        For a share, the column its count has (or would have); for an interval, the column it belongs to.
    of : str
        What a part or a share is part of: ``patients`` or ``sessions``.
    part : str
        Name of a partition: parts of one partition add up to ``of``.
    """

    name: str
    kind: str
    count: str = ""
    of: str = ""
    part: str = ""


_REGISTERED: dict[str, ColumnKind] = {}
_SUFFIXES = ("_conf_low", "_conf_high", "_std_error")


def register_column(name: str, kind: str, *, count: str = "", of: str = "", part: str = "") -> None:
    """Declare a column of an estimate frame of your own.

    Parameters
    ----------
    name : str
    kind : str
        One of ``KINDS``.
    count, of, part : str
        As in :class:`ColumnKind`; a part or share is of ``sessions`` unless ``of`` says otherwise.

    Raises
    ------
    DisclosureError
        For an unknown kind, or a name the gate already knows as something else.

    Examples
    --------
    >>> register_column("grip_gain", "estimate")
    >>> kind_of("grip_gain").kind
    'estimate'
    """
    if kind not in KINDS:
        raise DisclosureError(f"{kind!r} is not a kind of column; choose {', '.join(KINDS)}.")
    of = of or ("sessions" if kind in ("part", "share") else "")
    wanted = ColumnKind(name, kind, count or (f"{name}_sessions" if kind == "share" else ""), of, part)
    known = _REGISTERED.get(name) or _shipped(name)
    if known is not None and known.kind != kind:
        raise DisclosureError(
            f"the column {name!r} is known as {KINDS[known.kind]} ({known.kind}) and cannot be declared "
            f"{kind}; give your column another name."
        )
    _REGISTERED[name] = wanted


def kind_of(name: str) -> ColumnKind | None:
    """Look a column up; None where nobody has declared it."""
    return _REGISTERED.get(name) or _shipped(name) or _owned_interval(name)


def kinds_of(columns: Iterable[str], table: str) -> dict[str, ColumnKind]:
    """Look every column of a table up.

    Raises
    ------
    DisclosureError
        Naming the first column nobody has declared.
    """
    found: dict[str, ColumnKind] = {}
    for name in columns:
        kind = kind_of(name) if isinstance(name, str) else None
        if kind is None:
            raise DisclosureError(
                f"the column {name!r} of the table {table!r} is not known to the gate, so neither is whether it "
                f"may go out. Declare what it holds: register_column({name!r}, kind), where kind is one of "
                f"{', '.join(KINDS)}."
            )
        found[name] = kind
    if "null_benchmark" in found and "observed" in found:
        found["observed"] = ColumnKind("observed", "share", "responders", "sessions")
    return found


@cache
def _rows() -> tuple[ColumnKind, ...]:
    return rows("column_kinds", ColumnKind, name="column")


@cache
def _shipped(name: str) -> ColumnKind | None:
    exact = next((row for row in _rows() if row.name == name), None)
    if exact is not None:
        return exact
    if name in COLUMN_NAMES:
        return ColumnKind(name, "record")
    if name.endswith(_SUFFIXES):
        return None
    row = next((row for row in _rows() if fnmatchcase(name, row.name)), None)
    if row is None:
        return None
    return ColumnKind(
        name, row.kind, row.count or (f"{name}_sessions" if row.kind == "share" else ""), row.of
    )


def _owned_interval(name: str) -> ColumnKind | None:
    """``resolved_24h_conf_low`` is the interval of ``resolved_24h``."""
    for suffix in _SUFFIXES:
        owner = name.removesuffix(suffix)
        if owner != name and kind_of(owner) is not None:
            return ColumnKind(name, "interval", count=owner)
    return None
