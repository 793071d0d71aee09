"""A report with one row per measurement, or one per reading: which columns say what was measured, and what it was.

Comes in: a table of text. Goes out: the section ``[long_to_wide]`` of a mapping; nothing where every row is a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outcomes.deidentify.identifiers import kind_of_name, words_of
from outcomes.intake.headings import name_score, reading_time
from outcomes.intake.matching import range_of
from outcomes.intake.reshape import joined
from outcomes.record.columns import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["long_form"]

_VALUES = frozenset(["value", "result", "score", "answer", "response", "reading", "measurement"])
_MOST_KINDS = 80
_SURE = 0.8
_SESSION = frozenset(["session", "visit", "encounter", "appointment", "appt"])


def long_form(raw: pd.DataFrame) -> dict[str, Any] | None:
    """How a table of measurements becomes one row per session.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text.

    Returns
    -------
    dict or None
        ``row``, ``by``, ``visits`` and ``value`` or ``columns``, as a mapping has them.
    """
    names = [str(name) for name in raw.columns]
    for name in names:
        kinds = raw[name].dropna()
        distinct = kinds.unique()
        if not 2 <= len(distinct) <= min(_MOST_KINDS, len(kinds) / 2):
            continue
        found = _measurements(raw, [name], kinds)
        times = {str(text): time for text in distinct if (time := reading_time(str(text)))}
        if found is None and len(times) == len(distinct) and len(set(times.values())) == len(times):
            found = _readings(raw, name, times)
        if found is None and len(times) >= 2:
            pairs = ((other, joined([raw[other], raw[name]], " ")) for other in names if other != name)
            found = next(
                filter(None, (_measurements(raw, [other, name], both) for other, both in pairs)), None
            )
        if found:
            return found
    return None


def _measurements(raw: pd.DataFrame, by: list[str], kinds: pd.Series) -> dict[str, Any] | None:
    """One row per measurement: its name in one column, or what and when in two, and one column of values."""
    distinct = kinds.unique()
    if not 2 <= len(distinct) <= min(_MOST_KINDS, len(kinds) / 2):
        return None
    what = dict(zip(kinds, raw.loc[kinds.index, by[0]], strict=True))
    visits = {str(text): ours for text in distinct if (ours := _measured(str(text)) or _untimed(what[text]))}
    value = _value_column(raw, by)
    if not value or len(set(visits.values())) < 2 or kinds.isin(list(visits)).mean() <= 0.4:
        return None
    row = _session_columns(raw, by, {value})
    named = by[0] if len(by) == 1 else by
    return {"row": row, "by": named, "value": value, "visits": _first_of_each(visits)} if row else None


def _measured(text: str) -> str | None:
    """The column of the record that a measurement's name means."""
    movement, time = range_of(text)
    if movement:
        return f"rom_{movement}_{time}"
    best = max(((name_score(c, text), c.name) for c in COLUMNS if c.kind != "id"), default=(0.0, ""))
    return best[1] if best[0] >= _SURE else None


def _untimed(text: Any) -> str | None:
    """The column a measurement's name means by itself, where it is one that is read once."""
    found = _measured(str(text))
    return found if found and not found.endswith(("_pre", "_post", "_48h")) else None


def _first_of_each(visits: dict[str, str]) -> dict[str, str]:
    """One name for each column: the first, where two mean the same."""
    kept: dict[str, str] = {}
    for text, ours in visits.items():
        if ours not in kept.values():
            kept[text] = ours
    return kept


def _value_column(raw: pd.DataFrame, by: list[str]) -> str | None:
    named = [name for name in map(str, raw.columns) if name not in by and set(words_of(name)) & _VALUES]
    return named[0] if named else None


def _session_columns(raw: pd.DataFrame, by: list[str], other: set[str]) -> list[str]:
    """The columns that name a session: the patient, and its id or its date; the first that tell sessions apart."""
    names = [name for name in map(str, raw.columns) if name not in other and name not in by]
    ids = [name for name in names if set(words_of(name)) & _SESSION and set(words_of(name)) & _NUMBER]
    dates = [name for name in names if kind_of_name(name) == "date" or set(words_of(name)) & {"date", "dos"}]
    who = [name for name in names if name_score(_PATIENT, name) >= _SURE]
    numbers = [name for name in names if kind_of_name(name) == "record number"]
    people = [name for name in names if kind_of_name(name) == "name"]
    patient = next(iter([*who, *numbers, *people]), None)
    for session in ([*ids[:1]], [*dates[:1]], [*ids[:1], *dates[:1]], [*ids, *dates]):
        row = [patient, *session] if patient else []
        if session and not raw.duplicated([*row, *by]).any():
            return row
    return []


_NUMBER = frozenset(["id", "number", "no", "num", "identifier"])
_PATIENT = next(c for c in COLUMNS if c.name == "patient_id")


def _readings(raw: pd.DataFrame, by: str, times: dict[str, str]) -> dict[str, Any] | None:
    """One row per reading (before, right after, at two days): columns of pain, range or function without a time."""
    columns = [
        name
        for name in map(str, raw.columns)
        if name != by
        and set(words_of(name)) & {"pain", "nprs", "nrs", "vas", "rom", "range", "function", "psfs"}
    ]
    row = _session_columns(raw, [by], {*columns})
    ids = [name for name in row if kind_of_name(name) != "date" and not set(words_of(name)) & {"date", "dos"}]
    if not columns or len(ids) < 2:  # a follow-up has another date: only an id or a number tells its session
        return None
    return {"row": ids, "by": by, "visits": times, "columns": columns}
