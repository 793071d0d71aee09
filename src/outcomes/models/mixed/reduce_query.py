"""Moments of an Ibis table: three aggregations that run where the records live.

The first counts rows and finds centres, the second sums products within each combination of factor levels, the third
groups by patient; only the third returns more than a few rows, and those are taken in batches and forgotten. The same
expressions run on DuckDB, PySpark or any other Ibis backend. Refused as for a pandas frame.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, FormulaError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.cells import CellGrid, cell_grid, total_product
from outcomes.models.mixed.codes import check_finite, check_nested, expressions_of, factor_codes, factors_of
from outcomes.models.mixed.design import ONE, BaseSet, FactorLevels, base_sets
from outcomes.models.mixed.formula import (
    Coding,
    ModelFormula,
    evaluate,
    missing_column,
    split_product,
    variables_of,
)
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.packing import Packing, Source
from outcomes.models.mixed.sums import Key, base_keys, rounded_centre
from outcomes.models.mixed.tally import PatientTally

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["reduce_query"]

BATCH_ROWS = 131_072
"""Patients taken from the engine at a time."""


def reduce_query(formula: ModelFormula, table: ir.Table) -> Moments:
    """Reduce an Ibis table to moments.

    Parameters
    ----------
    formula : ModelFormula
    table : ibis Table
        One row per session.

    Returns
    -------
    Moments
    """
    for name in formula.columns:
        if name not in table.columns:
            raise missing_column(name, table.columns, formula.text)
    source = _source(formula, table)
    first = _overview(source)
    n_complete = int(first["complete"])
    if n_complete == 0:
        raise EstimationError(_nothing_left(formula, int(first["rows"])))
    for kind in (source.expressions, source.variables):
        for name, column in kind.items():
            check_finite(name, bool(np.isfinite([first[f"{column}_low"], first[f"{column}_high"]]).all()))
    centres = {
        name: rounded_centre(*(float(first[f"{column}_{part}"]) for part in ("mean", "low", "high")))
        for name, column in source.expressions.items()
    }
    records = _centred(source, centres)
    cells = _within_cells(records, source)
    grid, categorical = _grid(cells, source)
    sets = base_sets(formula, categorical)
    keys = base_keys(sets, grid.cells(sets))
    products = {
        (a, b): _in_grid(grid, cells[_product_name(source, a, b)])
        for a, b in itertools.product((ONE, *source.expressions), repeat=2)
    }
    tally, outer_column, labels = _tally_patients(
        formula, source, records, sets, keys, lambda: PatientTally(keys, categorical)
    )
    sizes, patients, classes = tally.classes()
    return Moments(
        formula,
        categorical,
        keys,
        centres,
        {name: float(first[f"{column}_mean"]) for name, column in source.variables.items()},
        total_product(sets, grid, products),
        sizes,
        patients,
        classes,
        tally.level_patients,
        int(first["rows"]) - n_complete,
        tally.outer(outer_column, labels),
    )


def _nothing_left(formula: ModelFormula, rows: int) -> str:
    if rows == 0:
        return f"The table has no rows, so {formula.text!r} cannot be fitted."
    return f"None of the {rows} rows has every value {formula.text!r} needs."


# --- expressions ----------------------------------------------------------------------------------------------------


def _ibis_functions() -> dict[str, Callable[..., Any]]:
    """Arithmetic with IEEE results on every engine: some raise, or give null, where others give infinity."""
    import ibis

    nan, infinity = ibis.literal(float("nan"), "float64"), ibis.literal(float("inf"), "float64")

    def as_value(x: Any) -> Any:
        return ibis.literal(x, "float64") if isinstance(x, float) else x

    def divide(a: Any, b: Any) -> Any:
        a, b = as_value(a), as_value(b)
        return ibis.ifelse(b == 0.0, a * infinity, a / b.nullif(0.0))

    def log(x: Any) -> Any:
        return ibis.ifelse(x > 0.0, ibis.ifelse(x > 0.0, x, 1.0).ln(), ibis.ifelse(x == 0.0, -infinity, nan))

    def sqrt(x: Any) -> Any:
        return ibis.ifelse(x >= 0.0, ibis.ifelse(x >= 0.0, x, 0.0).sqrt(), nan)

    return {
        "abs": lambda x: x.abs(),
        "exp": lambda x: x.exp(),
        "log": log,
        "sqrt": sqrt,
        "divide": divide,
        "power": lambda a, b: as_value(a).pow(b),
    }


def _source(formula: ModelFormula, table: ir.Table) -> Source:
    """Select the expressions, numbers, factors and groupings of a formula."""
    schema = table.schema()
    codings = factors_of(formula, lambda name: not schema[name].is_numeric())
    numeric = [e for e in formula.expressions if e not in codings]
    names = dict.fromkeys(
        itertools.chain.from_iterable(variables_of(e, formula) for e in [*numeric, formula.response])
    )
    values = {name: _number(table, name) for name in names}
    functions = _ibis_functions()
    expressions, variables = expressions_of(formula, codings), tuple(names)
    selected: dict[str, Any] = {}
    for place, expression in enumerate(expressions):
        parts = [expression] if expression == formula.response else split_product(expression, formula)
        terms = (evaluate(part, formula, values, functions) for part in parts)
        selected[f"e{place}"] = reduce(operator.mul, terms)
    selected |= {f"v{place}": values[name] for place, name in enumerate(variables)}
    selected |= {f"f{place}": _factor(table, codings[name]) for place, name in enumerate(codings)}
    groups = tuple(dict.fromkeys(itertools.chain(*formula.groups)))
    selected |= {f"g{place}": table[name] for place, name in enumerate(groups)}
    return Source(
        table.select(**selected),
        {name: f"e{place}" for place, name in enumerate(expressions)},
        {name: f"v{place}" for place, name in enumerate(variables)},
        {name: f"f{place}" for place, name in enumerate(codings)},
        {name: f"g{place}" for place, name in enumerate(groups)},
        codings,
    )


def _number(table: ir.Table, name: str) -> Any:
    """A numeric or boolean column as floats."""
    column = table[name]
    kind: Any = column.type()
    if kind.is_boolean():
        return column.cast("int8").cast("float64")
    if not kind.is_numeric():
        raise FormulaError(
            f"`{name}` holds {kind}, and the formula needs a number there. Cast the column first."
        )
    return column.cast("float64")


def _factor(table: ir.Table, coding: Coding) -> Any:
    """A factor's column; levels that were not asked for are missing."""
    column: Any = table[coding.column]
    kind = column.type()
    if not (kind.is_string() or kind.is_boolean() or kind.is_numeric()):
        column = column.cast("string")
    return column if coding.levels is None else column.isin(coding.levels).ifelse(column, None)


def _overview(source: Source) -> Mapping[str, Any]:
    """Rows, complete rows, and of each number among those its mean, least and greatest value."""
    complete = _complete(source.table)
    wanted: dict[str, Any] = {"complete": complete.count()}
    for column in (*source.expressions.values(), *source.variables.values()):
        wanted[f"{column}_mean"] = complete[column].mean()
        wanted[f"{column}_low"] = complete[column].min()
        wanted[f"{column}_high"] = complete[column].max()
    row = complete.aggregate(**wanted).to_pyarrow().to_pylist()[0]
    return {"rows": source.table.count().to_pyarrow().as_py(), **row}


def _complete(table: Any) -> Any:
    """Rows with every value: null and NaN are both missing, whatever the engine calls them."""
    table = table.drop_null()
    return table.filter([~table[name].isnan() for name in table.columns if table[name].type().is_floating()])


def _centred(source: Source, centres: Mapping[str, float]) -> Any:
    """Complete rows, with the expressions centred."""
    table = _complete(source.table)
    moved = {column: table[column] - centres[name] for name, column in source.expressions.items()}
    return table.select(*source.factors.values(), *source.groups.values(), **moved)


# --- the three aggregations -----------------------------------------------------------------------------------------


def _product_name(source: Source, a: str, b: str) -> str:
    names = sorted("n" if e == ONE else source.expressions[e] for e in (a, b))
    return "_".join(names)


def _in_grid(grid: CellGrid, sums: pd.Series[Any]) -> Floats:
    """Sums in the order of the grid's combinations."""
    values = sums.to_numpy(dtype=np.float64)
    placed = np.empty(grid.n_cells)
    placed[grid.of_row if len(grid.of_row) else slice(None)] = values
    return placed


def _within_cells(records: Any, source: Source) -> pd.DataFrame:
    """Sums of products within each combination of factor levels, sorted so that the order is always the same."""
    factors = list(source.factors.values())
    wanted: dict[str, Any] = {}
    for a, b in itertools.combinations_with_replacement((ONE, *source.expressions), 2):
        columns = [records[source.expressions[e]] for e in (a, b) if e != ONE]
        wanted[_product_name(source, a, b)] = (
            reduce(operator.mul, columns).sum() if columns else records.count()
        )
    grouped = records.group_by(factors).aggregate(**wanted) if factors else records.aggregate(**wanted)
    frame: pd.DataFrame = grouped.to_pyarrow().to_pandas()
    return frame.sort_values(factors, ignore_index=True) if factors else frame


def _grid(cells: pd.DataFrame, source: Source) -> tuple[CellGrid, dict[str, FactorLevels]]:
    """Combinations of factor levels, and the levels."""
    coded = {
        name: factor_codes(cells[column], source.codings[name]) for name, column in source.factors.items()
    }
    categorical = {
        name: FactorLevels(source.codings[name].column, found.levels, found.declared, found.reference)
        for name, (_, found) in coded.items()
    }
    return cell_grid({name: code for name, (code, _) in coded.items()}, categorical), categorical


def _tally_patients(
    formula: ModelFormula,
    source: Source,
    records: Any,
    sets: Sequence[BaseSet],
    keys: Sequence[Key],
    tally: Callable[[], PatientTally],
) -> tuple[PatientTally, str, list[str]]:
    """Group by patient and take the column sums in; returns the tally, the outer column and its labels.

    Counts of several cells travel as the digits of one number, which is several times faster than a column for each.
    Digits are wide enough if no patient has more sessions than one digit holds; if one has, wider digits are used.
    """
    outer = _outer_column(formula, source, records)
    for bits in (8, 26):
        found = tally()
        labels: dict[Any, int] = {}
        packing = Packing.of(sets, keys, bits)
        kept = [*packing.names, *([source.groups[outer]] if outer else [])]
        grouped = records.group_by(list(source.groups.values())).aggregate(**packing.sums(records, source))
        for batch in grouped.select(*kept).to_pyarrow().to_batches(max_chunksize=BATCH_ROWS):
            block = packing.unpacked(
                [batch.column(i).to_numpy(zero_copy_only=False) for i in range(packing.width)]
            )
            if block is None:
                break
            found.add(block, _outer_codes(batch.column(packing.width), labels) if outer else None)
        else:
            return found, outer, [str(label) for label in labels]
    raise EstimationError(
        "A patient has more than 67 million sessions: is the grouping column the right one?"
    )


def _outer_codes(column: Any, labels: dict[Any, int]) -> Whole:
    """Codes of outer groups, numbered as they are first met."""
    encoded = column.dictionary_encode()
    known = [labels.setdefault(value, len(labels)) for value in encoded.dictionary.to_pylist()]
    codes: Whole = np.array(known, dtype=np.intp)[encoded.indices.to_numpy(zero_copy_only=False)]
    return codes


def _outer_column(formula: ModelFormula, source: Source, records: Any) -> str:
    """Which grouping contains the other; empty if there is only one."""
    if len(formula.groups) == 1:
        return ""
    if not formula.nested_by_data:
        return formula.groups[0][0]
    columns = list(source.groups.values())
    pairs = records.select(*columns).distinct()
    row = (
        pairs.aggregate(pairs=pairs.count(), **{c: pairs[c].nunique() for c in columns})
        .to_pyarrow()
        .to_pandas()
        .iloc[0]
    )
    distinct = {name: int(row[column]) for name, column in source.groups.items()}
    check_nested(formula, distinct, int(row["pairs"]))
    return min(distinct, key=lambda name: (distinct[name], list(distinct).index(name)))
