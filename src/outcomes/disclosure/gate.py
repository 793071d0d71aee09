"""Tables of estimates in, tables that may be shown out, with what was withheld: the gate before anything is written.

Groups of fewer patients than the audience's limit are withheld, and so is whatever would give them away: by
subtraction in a table or across the tables of one export, by a percentage, along a curve, or beside an
earlier export. What the gate does not know, it refuses. See ``docs/privacy.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.disclosure.blank import BlankedTable
from outcomes.disclosure.columns import kind_of, kinds_of
from outcomes.disclosure.constraints import relate
from outcomes.disclosure.counts import Row, Sheet, read_sheet
from outcomes.disclosure.curves import on_grid, withhold_small_steps
from outcomes.disclosure.ledger import Ledger
from outcomes.disclosure.limits import Limits, limits_for
from outcomes.disclosure.suppression import Hidden, guard, withhold_small
from outcomes.errors import DisclosureError

__all__ = ["Protected", "protect", "protect_all"]

MARK = "outcomes_protected"
"""Name in ``DataFrame.attrs`` under which a protected table says so."""


@dataclass(frozen=True)
class Protected:
    """A table that may be shown.

    Attributes
    ----------
    table : pandas.DataFrame
        The table with small groups withheld: missing numbers, and the reason in ``note``.
    withheld : pandas.DataFrame
        ``table``, the keys of the row, ``columns`` (``all``, or those withheld), ``reason``. Says nothing about
        which cells were small and which guard them.
    limits : Limits
    """

    table: pd.DataFrame
    withheld: pd.DataFrame
    limits: Limits


def protect(
    table: pd.DataFrame, *, audience: str = "owner", name: str = "table", kind: str = "estimates"
) -> Protected:
    """Withhold small groups, and what would give them away, from one table.

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
    >>> table = pd.DataFrame({"condition": ["jaw_pain", "headache"], "patients": [7, 40], "estimate": [1.2, 0.8]})
    >>> print(protect(table).table.to_string(index=False, na_rep="-"))  # doctest: +NORMALIZE_WHITESPACE
    condition patients estimate note
    jaw_pain - - withheld: fewer than 11 patients, or it would reveal so few
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
    ledger: Ledger | None = None,
) -> dict[str, Protected]:
    """Withhold small groups, and what would give them away, from all tables of one export.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Everything that will be shown together; a table left out cannot be guarded against.
    audience : {"owner", "researcher", "clinician"}
    reference : collection of str
        Names of the tables that hold nothing computed from patients.
    ledger : Ledger, optional
        What earlier exports showed: rows that differ from it by a small group are withheld as well.

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
    Primary cells, then complementary ones until linear-programming bounds on every withheld cell are at least as
    wide as the limit (Fischetti M, Salazar JJ (2001) Manage Sci 47:1008, there solved exactly, here greedily).
    """
    limits = limits_for(audience)
    for name in tables:
        _admit(name, tables[name], limits, name in reference)
    guarded = {name: table for name, table in tables.items() if name not in reference}
    if not limits.protects or (ledger is None and _is_protected(guarded, limits)):
        return {name: Protected(table.copy(), _nothing_withheld(), limits) for name, table in tables.items()}
    found = _protect_together(guarded, limits, ledger)
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
    return pd.DataFrame({"table": [], "columns": [], "reason": []}, dtype="str")


def _protect_together(
    tables: Mapping[str, pd.DataFrame], limits: Limits, ledger: Ledger | None
) -> dict[str, Protected]:
    sheets = [read_sheet(name, on_grid(name, table, limits), limits) for name, table in tables.items()]
    hidden = Hidden(relate(sheets, limits))
    withhold_small(hidden, limits)
    few = _named_groups(hidden, limits)
    earlier = _withhold_differences(hidden, sheets, limits, ledger)
    for sheet in sheets:
        withhold_small_steps(hidden, sheet, limits)
        _withhold_mentions(hidden, sheet, few)
    guard(hidden, limits)
    blanked = [BlankedTable(sheet, hidden, limits, earlier) for sheet in sheets]
    shown = {b.sheet.name: Protected(b.table(), b.withheld(), limits) for b in blanked}
    _mark(shown, limits)
    return shown


def _named_groups(hidden: Hidden, limits: Limits) -> frozenset[str]:
    """Values of keys that by themselves are a small group."""
    rows = (hidden.system.rows[key] for key in hidden.rows)
    small = (row for row in rows if len(row.where) == 1 and limits.is_small(row.main["patients"].value))
    return frozenset(value for row in small for _, value in row.where)


def _withhold_mentions(hidden: Hidden, sheet: Sheet, few: frozenset[str]) -> None:
    """A coefficient or contrast that names a small group tells of it, however many patients the model has."""
    columns = sheet.columns("mention")
    if not few or not columns:
        return
    names = "|".join(re.escape(name) for name in sorted(few, key=len, reverse=True))
    pattern = re.compile(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9_])")
    for row in sheet.rows:
        if any(pattern.search(str(sheet.frame[c].iloc[row.number])) for c in columns):
            _hide_only(hidden, row)


def _hide_only(hidden: Hidden, row: Row) -> None:
    """Withhold a row's figures; its patients are the model's, and stay visible elsewhere."""
    hidden.rows.add(row.key)


def _withhold_differences(
    hidden: Hidden, sheets: list[Sheet], limits: Limits, ledger: Ledger | None
) -> dict[tuple[str, int], str]:
    if ledger is None:
        return {}
    found = ledger.check({sheet.name: sheet.frame for sheet in sheets}, audience=limits.audience)
    reasons: dict[tuple[str, int], str] = {}
    for table, number, _, reason in found.itertuples(index=False, name=None):
        row = hidden.system.rows[table, number]
        if row.key not in hidden.rows:
            reasons[row.key] = reason
    for key in reasons:
        hidden.hide_row(hidden.system.rows[key])
    return reasons


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
