"""Tables of estimates in, tables that may be shown out: the gate before anything is written.

Figures are rounded to what their intervals support, counts below the audience's limit become ranges, and so does
whatever would give them away: by subtraction in a table or across the tables of one export, or by a percentage.
What the gate does not know, it refuses. See ``docs/privacy.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.disclosure.columns import kind_of, kinds_of
from outcomes.disclosure.constraints import relate
from outcomes.disclosure.counts import Keys, Sheet, read_sheet
from outcomes.disclosure.guard import guard
from outcomes.disclosure.limits import Limits, limits_for
from outcomes.disclosure.shown import ShownTable
from outcomes.disclosure.windows import Windows
from outcomes.errors import DisclosureError

__all__ = ["Protected", "Wholes", "protect", "protect_all"]

Wholes = Mapping[Keys, Mapping[str, float]]
"""Patients and sessions of each group, readings or none: ``{frozenset(): {"patients": 60, "sessions": 222}}``."""

MARK = "outcomes_protected"
"""Name in ``DataFrame.attrs`` under which a protected table says so."""


@dataclass(frozen=True)
class Protected:
    """A table that may be shown.

    Attributes
    ----------
    table : pandas.DataFrame
        The table with every figure rounded; where a count is small, missing numbers, and the range in ``note``.
    withheld : pandas.DataFrame
        ``table``, the keys of the row, ``reason``: the rows withheld, and those with a range.
    limits : Limits
    """

    table: pd.DataFrame
    withheld: pd.DataFrame
    limits: Limits


def protect(
    table: pd.DataFrame, *, audience: str = "owner", name: str = "table", kind: str = "estimates"
) -> Protected:
    """Round, and hide small groups and what would give them away, in one table.

    Tables shown together must be protected together: :func:`protect_all`.

    Parameters
    ----------
    table : pandas.DataFrame
        A tidy estimate frame with a column ``patients``; not changed.
    audience : {"owner", "researcher", "clinician"}
    name : str
        What to call the table in messages and in ``withheld``.
    kind : {"estimates", "reference"}
        ``reference`` declares a table that holds nothing computed from patients (a dictionary, thresholds).

    Returns
    -------
    Protected

    Raises
    ------
    DisclosureError
        For a column the gate does not know, one that may never pass, or a table that does not say how many
        patients its rows rest on.

    Examples
    --------
    >>> table = pd.DataFrame({"condition": ["jaw_pain", "headache"], "patients": [7, 40], "estimate": [1.23, 0.84]})
    >>> print(protect(table).table.to_string(index=False, na_rep="-"))  # doctest: +NORMALIZE_WHITESPACE
    condition patients estimate note
    jaw_pain - - withheld: fewer than 11 patients
    headache 40.0 0.8
    """
    if kind not in ("estimates", "reference"):
        raise DisclosureError(f"{kind!r} is not a kind of table; choose estimates or reference.")
    return protect_all({name: table}, audience=audience, reference=(name,) if kind == "reference" else ())[
        name
    ]


def protect_all(
    tables: Mapping[str, pd.DataFrame],
    audience: str = "owner",
    *,
    reference: Collection[str] = (),
    wholes: Wholes | None = None,
) -> dict[str, Protected]:
    """Round, and hide small groups and what would give them away, in all tables of one export.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Everything that will be shown together; a table left out cannot be guarded against.
    audience : {"owner", "researcher", "clinician"}
    reference : collection of str
        Names of the tables that hold nothing computed from patients.
    wholes : mapping, optional
        Patients and sessions of each group, readings or no readings; by default the most that a row of it has.

    Returns
    -------
    dict of str to Protected
        In the order of ``tables``. Protecting the result again changes nothing.

    Raises
    ------
    DisclosureError
        As :func:`protect`.

    Notes
    -----
    Counts are published as ranges where they must be, and no more widely than linear programming asks: partial cell
    suppression (Fischetti M, Salazar JJ (2003) Manage Sci 49:1100, there solved exactly, here greedily).
    """
    limits = limits_for(audience)
    for name in tables:
        _admit(name, tables[name], limits, name in reference)
    guarded = {name: table for name, table in tables.items() if name not in reference}
    if not limits.protects or _is_protected(guarded, limits):
        return {name: Protected(table.copy(), _nothing_withheld(), limits) for name, table in tables.items()}
    found = _protect_together(guarded, limits, wholes)
    return {
        name: found.get(name) or Protected(table.copy(), _nothing_withheld(), limits)
        for name, table in tables.items()
    }


def _admit(name: str, table: pd.DataFrame, limits: Limits, reference: bool) -> None:
    """Refuse what is no table, or a reference table that counts patients after all."""
    if not isinstance(table, pd.DataFrame):
        raise DisclosureError(
            f"{name!r} is a {type(table).__name__}, and only a pandas DataFrame passes the gate."
        )
    if reference:
        counting = [
            c
            for c in table.columns
            if (k := kind_of(str(c))) and k.kind in ("patients", "sessions", "record")
        ]
        if counting and limits.protects and name:
            raise DisclosureError(
                f"the table {name!r} is declared as reference but has the column {counting[0]!r}, which counts or "
                "holds patients' data. Protect it as estimates."
            )
    elif not limits.records:
        read_sheet(name, table.head(0), limits)
    else:
        kinds_of(table.columns, name)


def _nothing_withheld() -> pd.DataFrame:
    return pd.DataFrame({"table": [], "reason": []}, dtype="str")


def _protect_together(
    tables: Mapping[str, pd.DataFrame], limits: Limits, wholes: Wholes | None
) -> dict[str, Protected]:
    sheets = [read_sheet(name, table, limits) for name, table in tables.items()]
    system = relate(sheets, limits, _largest(sheets) if wholes is None else wholes)
    windows = Windows(system)
    guard(windows)
    few = _named_groups(sheets)
    gone = [_mentions(sheet, few) | _near_steps(sheet, limits) for sheet in sheets]
    shown = [ShownTable(sheet, windows, rows) for sheet, rows in zip(sheets, gone, strict=True)]
    protected = {one.sheet.name: Protected(one.table, one.withheld, limits) for one in shown}
    _mark(protected, limits)
    return protected


def _largest(sheets: Iterable[Sheet]) -> dict[Keys, dict[str, float]]:
    """The patients and sessions of each group, where nothing else says: the most that a row of it has."""
    found: dict[Keys, dict[str, float]] = {}
    for row in (row for sheet in sheets for row in sheet.rows):
        for cell in row.main.values():
            group = found.setdefault(row.where, {})
            group[cell.unit] = max(group.get(cell.unit, 0.0), cell.value)
    return found


def _named_groups(sheets: Iterable[Sheet]) -> frozenset[str]:
    """Values of keys that by themselves are a group of too few patients."""
    small = (row for sheet in sheets for row in sheet.rows if row.small and len(row.where) == 1)
    return frozenset(value for row in small for _, value in row.where)


def _mentions(sheet: Sheet, few: frozenset[str]) -> frozenset[int]:
    """Coefficients and contrasts that name a small group tell of it, however many patients the model has."""
    columns = sheet.columns("mention")
    if not few or not columns:
        return frozenset()
    names = "|".join(re.escape(name) for name in sorted(few, key=len, reverse=True))
    pattern = re.compile(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9_])")
    texts = sheet.frame[columns].astype("str").agg(" ".join, axis=1)
    return frozenset(i for i, text in enumerate(texts) if pattern.search(text))


def _near_steps(sheet: Sheet, limits: Limits) -> frozenset[int]:
    """Steps of a flow too near another one: those go whose counts differ from the last one kept, or the end, by few."""
    if "step" not in sheet.kinds or not sheet.rows:
        return frozenset()
    far = 2 * limits.least_patients
    counts = [[cell.value for cell in row.main.values()] for row in sheet.rows]
    end, last, gone = counts[-1], counts[0], set()
    for number, now in enumerate(counts[1:-1], start=1):
        if any(0 < abs(a - b) < far for other in (last, end) for a, b in zip(now, other, strict=True)):
            gone.add(number)
        else:
            last = now
    return frozenset(gone)


def _digest(table: pd.DataFrame) -> str:
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


def _mark(shown: Mapping[str, Protected], limits: Limits) -> None:
    digests = {name: _digest(page.table) for name, page in shown.items()}
    together = hashlib.sha256("".join(sorted(digests.values())).encode()).hexdigest()
    for name, page in shown.items():
        page.table.attrs[MARK] = {
            "least_patients": limits.least_patients,
            "digest": digests[name],
            "together": together,
        }


def _is_protected(tables: Mapping[str, pd.DataFrame], limits: Limits) -> bool:
    """Whether every table says it was protected together with the others, as strictly, and is unchanged."""
    found = [table.attrs.get(MARK) for table in tables.values()]
    marks = [mark for mark in found if isinstance(mark, dict)]
    if len(marks) < len(found) or any(mark["least_patients"] < limits.least_patients for mark in marks):
        return False
    together = {mark["together"] for mark in marks}
    return len(together) <= 1 and all(
        mark["digest"] == _digest(table) for mark, table in zip(marks, tables.values(), strict=True)
    )
