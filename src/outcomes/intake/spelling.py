"""The record's headings and codes, however loosely spelled, in the language of an engine.

Comes in: an Ibis table as it was exported. Goes out: its columns under the record's names, and of each the typed
expression that ``intake/types.py`` gives a frame: blanks are missing, ``Neck pain`` is ``neck_pain``, ``yes`` is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from outcomes.errors import UnreadableFileError
from outcomes.intake.types import TRUE_WORDS
from outcomes.record.columns import KNOWN_NAMES, Column, own_name

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["own_headings", "own_names", "spelled"]

_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$|^[-+]?[iI][nN][fF]$"
_AGAIN = re.compile(r" \(\d+\)$")
_LONG_TAG = r"(^|;)\s*[^;\s]+(\s+[^;\s]+){3,}\s*(;|$)"


def own_headings(headings: Iterable[str], file: str) -> dict[str, str]:
    """Headings to the record's names, where they spell them; others to themselves, trimmed.

    Raises
    ------
    UnreadableFileError
        Where two of them spell the same column.

    Examples
    --------
    >>> own_headings(["Pain Pre", "Room"], "f.csv")
    {'Pain Pre': 'pain_pre', 'Room': 'Room'}
    """
    ours = {name: own_name(name) for name in headings}
    spelled = [own_name(_AGAIN.sub("", name)) for name in ours]  # "pain_pre (2)" is the second of that name
    twice = [name for name in KNOWN_NAMES if spelled.count(name) > 1]
    if twice:
        places = [at for at, name in enumerate(spelled, start=1) if name == twice[0]]
        raise UnreadableFileError(
            f"{file}, line 1: columns {places[0]} and {places[1]} have the same name: {twice[0]}. "
            "Rename or remove one."
        )
    return ours


def own_names(raw: ir.Table, file: str) -> ir.Table:
    """Rename the columns of a table whose headings spell the record's; see :func:`own_headings`."""
    ours = own_headings(map(str, raw.columns), file)
    return raw.rename({new: old for old, new in ours.items() if new != old})


def spelled(c: Column, raw: ir.Table) -> Any:
    """A column of the record: typed, blank as missing, its codes spelled as the record does; null if absent."""
    import ibis

    kind = {"number": "float64", "integer": "float64", "flag": "boolean"}.get(c.kind, "string")
    if c.name not in raw.columns:
        return ibis.null(kind)
    value = raw[c.name]
    if not value.type().is_string():
        return value if str(value.type()) == kind else value.cast(kind)
    value = value.strip().nullif("")
    if kind == "float64":
        return ibis.ifelse(value.re_search(_NUMBER), value, ibis.null("string")).try_cast("float64")
    if kind == "boolean":
        return _flag(value)
    return _code(c, value)


def _flag(value: Any) -> Any:
    import ibis

    word = value.lower()
    yes, no = ([text for text, truth in TRUE_WORDS.items() if truth is wanted] for wanted in (True, False))
    return ibis.cases((word.isin(yes), True), (word.isin(no), False))


def _code(c: Column, value: Any) -> Any:
    import ibis

    if c.name == "age_band":
        return value.replace("–", "-").replace(" ", "")
    if c.kind == "category":
        plain = value.lower().re_replace(r"[-_\s]+", "_")
        return ibis.ifelse(plain.isin(c.values), plain, value)
    if c.kind in ("tag", "tags"):
        plain = value.lower().re_replace(r"\s*;\s*", ";").re_replace(r"\s+", "_")
        plain = plain.re_replace(r"^;+|;+$", "").re_replace(";+", ";").nullif("")
        return ibis.ifelse(value.re_search(_LONG_TAG), value, plain)
    return value
