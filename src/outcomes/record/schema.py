"""The session record as a Pandera schema, for pandas and for Ibis, built from the one list of rules.

Comes in: nothing but the engine's name. Goes out: a ``DataFrameSchema`` that programs which already hold a
frame or a table can validate with. ``read_sessions`` keeps the same rules (a test holds the two to the same
verdict) by a faster road that also knows file lines and remedies.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

import narwhals as nw

from outcomes.record.columns import ACTIVITIES, AGE_BANDS, COLUMN_NAMES, COLUMNS, Column, column
from outcomes.record.rules import Rule, rules

__all__ = [
    "ACTIVITIES",
    "AGE_BANDS",
    "COLUMNS",
    "COLUMN_NAMES",
    "Column",
    "Rule",
    "column",
    "rules",
    "session_schema",
]

Engine = Literal["pandas", "ibis"]


def session_schema(engine: Engine = "pandas") -> Any:
    """Build the Pandera schema of the session record.

    Parameters
    ----------
    engine : {"pandas", "ibis"}

    Returns
    -------
    pandera.pandas.DataFrameSchema or pandera.ibis.DataFrameSchema
        Error rules only; warnings are the business of ``outcomes check``. On an engine each rule gives one verdict over
        the table; ``check_sessions`` names the rows.
    """
    pandera = import_module(f"pandera.{engine}")
    errors = [rule for rule in rules() if rule.severity == "error"]
    columns = {
        c.name: pandera.Column(
            _dtype(c, engine),
            nullable=not c.needed,
            required=c.needed,
            coerce=engine == "pandas",
        )
        for c in COLUMNS
    }
    checks = [_check(pandera, rule, engine) for rule in errors if rule.name != "needed"]
    return pandera.DataFrameSchema(columns, checks=checks, name="session record")


def _dtype(c: Column, engine: Engine) -> Any:
    if engine == "ibis":
        import ibis.expr.datatypes as dt

        return {"number": dt.float64, "integer": dt.float64, "flag": dt.boolean}.get(c.kind, dt.string)
    return {"number": "float64", "integer": "float64", "flag": "boolean"}.get(c.kind, "str")


def _check(pandera: Any, rule: Rule, engine: Engine) -> Any:
    def keeps(data: Any) -> Any:
        table = data if engine == "pandas" else data.table
        if not set(rule.columns).issubset(table.columns):
            return True
        kept = nw.from_native(table).select(kept=~rule.breaks()).to_native()["kept"]
        # Pandera filters an engine's table by what a check returns, which it can do with no column of another query.
        return kept if engine == "pandas" else kept.all()

    return pandera.Check(keeps, name=f"{rule.columns[0]}: {rule.name}", error=rule.says)
