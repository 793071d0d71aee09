"""Moments of a pandas frame: a few counting passes over columns, never a model matrix.

In comes a frame and a parsed formula, out come :class:`Moments`. Refused with an `OutcomesError`: columns the frame
does not have, text where a number is needed, infinite values, no usable row at all.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from outcomes.design import ONE, BaseSet, Cell, FactorLevels, base_sets, numeric_part, sorted_levels
from outcomes.errors import EstimationError, FormulaError
from outcomes.formula import Coding, ModelFormula, evaluate, missing_column, variables_of
from outcomes.moment_sums import Floats, Moments, PatientTally, Whole, base_keys, rounded_centre

__all__ = ["NUMPY_FUNCTIONS", "reduce_frame"]

NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "divide": np.divide,
    "power": np.power,
}

BATCH_CELLS = 40_000_000
"""Patients times base columns held at once, so that a wide model of very many patients fits in memory."""


def reduce_frame(formula: ModelFormula, frame: pd.DataFrame) -> Moments:
    """Reduce a pandas frame to moments.

    Parameters
    ----------
    formula : ModelFormula
    frame : pandas.DataFrame
        One row per session; never changed.

    Returns
    -------
    Moments
    """
    for name in formula.columns:
        if name not in frame.columns:
            raise missing_column(name, frame.columns, formula.text)
    factors, numbers, groups = _columns(formula, frame)
    categorical = {name: levels for name, (_, levels) in factors.items()}
    values = _evaluated(expressions_of(formula, categorical), formula, numbers)
    keep = _complete(factors, {**numbers, **values}, groups, len(frame))
    n_missing = 0 if keep is None else int(len(frame) - np.count_nonzero(keep))
    if n_missing == len(frame):
        raise EstimationError(_nothing_left(formula, frame))
    if keep is not None:
        factors = {name: (codes[keep], levels) for name, (codes, levels) in factors.items()}
        numbers = {name: column[keep] for name, column in numbers.items()}
        values = {name: column[keep] for name, column in values.items()}
        groups = {name: codes[keep] for name, codes in groups.items()}
    for name, column in {**numbers, **values}.items():
        check_finite(name, bool(np.isfinite(column.min()) and np.isfinite(column.max())))
    centres = {name: _centre(column) for name, column in values.items()}
    centred = {ONE: None, **{name: column - centres[name] for name, column in values.items()}}
    grid = cell_grid({name: codes for name, (codes, _) in factors.items()}, categorical)
    unit, n_units, outer, outer_column, outer_labels = _units(formula, frame, groups, keep)
    sets = base_sets(formula, categorical)
    keys = base_keys(sets, grid.cells(sets))
    products = _products(centred, grid)
    tally = PatientTally(keys, categorical)
    for sums, outer_codes in _patient_sums(sets, grid, centred, unit, n_units, outer, len(keys)):
        tally.add(sums, outer_codes)
    sizes, patients, classes = tally.classes()
    return Moments(
        formula,
        categorical,
        keys,
        centres,
        {name: float(column.mean()) for name, column in numbers.items()},
        total_product(sets, grid, products),
        sizes,
        patients,
        classes,
        tally.level_patients,
        n_missing,
        tally.outer(outer_column, outer_labels),
    )


# --- columns --------------------------------------------------------------------------------------------------------


def factors_of(formula: ModelFormula, is_factor: Callable[[str], bool]) -> dict[str, Coding]:
    """Expressions of the fixed terms that are factors, given which columns are not numbers."""
    found = {e: formula.codings.get(e) for e in formula.expressions}
    return {
        e: coding or Coding(e)
        for e, coding in found.items()
        if coding is not None or (e not in formula.trees and is_factor(e))
    }


def expressions_of(formula: ModelFormula, categorical: Mapping[str, Any]) -> tuple[str, ...]:
    """Numeric products the moments sum over, the response last."""
    parts = (numeric_part(term, categorical) for term in formula.terms)
    return tuple(dict.fromkeys((*(part for part in parts if part), formula.response)))


def _is_factor(series: pd.Series[Any]) -> bool:
    """Whether R would treat a column as a factor: text, categories, booleans."""
    return not pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype)


def _columns(
    formula: ModelFormula, frame: pd.DataFrame
) -> tuple[dict[str, tuple[Whole, FactorLevels]], dict[str, Floats], dict[str, Whole]]:
    """Codes of the factors, values of the numeric columns, codes of the groupings; -1 and NaN are missing."""
    codings = factors_of(formula, lambda name: _is_factor(frame[name]))
    factors = {e: factor_codes(frame[coding.column], coding) for e, coding in codings.items()}
    numeric = [e for e in formula.expressions if e not in codings]
    names = dict.fromkeys(
        itertools.chain.from_iterable(variables_of(e, formula) for e in [*numeric, formula.response])
    )
    numbers = {name: numbers_of(frame[name]) for name in names}
    groups = {name: group_codes(frame[name]) for name in dict.fromkeys(itertools.chain(*formula.groups))}
    return factors, numbers, groups


def numbers_of(series: pd.Series[Any]) -> Floats:
    """A numeric or boolean column as floats, missing as NaN."""
    if not pd.api.types.is_numeric_dtype(series.dtype):
        raise FormulaError(
            f"`{series.name}` holds {series.dtype}, and the formula needs a number there. "
            "Convert the column first, for instance with pandas.to_numeric."
        )
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy(dtype=np.float64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _native(level: Any) -> Any:
    """A level as text, whole number, float or boolean."""
    level = level.item() if isinstance(level, np.generic) else level
    return level if isinstance(level, (str, bool, int, float)) else str(level)


def factor_codes(series: pd.Series[Any], coding: Coding | None) -> tuple[Whole, FactorLevels]:
    """Codes of a factor's levels, -1 where missing; unused categories are kept as levels without sessions."""
    coding = coding or Coding(str(series.name))
    if coding.levels is not None:
        series = series.astype(pd.CategoricalDtype(list(coding.levels)))
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels = tuple(_native(level) for level in series.cat.categories)
        return series.cat.codes.to_numpy().astype(np.intp), FactorLevels(
            coding.column, levels, True, coding.reference
        )
    codes, found = pd.factorize(series, use_na_sentinel=True)
    natives = [_native(level) for level in found]
    levels = sorted_levels(natives)
    rank = {level: index for index, level in enumerate(levels)}
    order = np.array([*(rank[level] for level in natives), -1], dtype=np.intp)
    return order[codes], FactorLevels(coding.column, levels, False, coding.reference)


def group_codes(series: pd.Series[Any]) -> Whole:
    """Codes of a grouping, -1 where missing."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy().astype(np.intp)
    return pd.factorize(series, use_na_sentinel=True)[0]


def _complete(
    factors: Mapping[str, tuple[Whole, FactorLevels]],
    numbers: Mapping[str, Floats],
    groups: Mapping[str, Whole],
    n_rows: int,
) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Rows with every value; None if that is all of them."""
    missing = np.zeros(n_rows, dtype=bool)
    for codes in (*(codes for codes, _ in factors.values()), *groups.values()):
        missing |= codes < 0
    for values in numbers.values():
        missing |= np.isnan(values)
    return ~missing if missing.any() or n_rows == 0 else None


def _nothing_left(formula: ModelFormula, frame: pd.DataFrame) -> str:
    """Message for a table without one complete row."""
    if len(frame) == 0:
        return f"The table has no rows, so {formula.text!r} cannot be fitted."
    absent = frame[list(formula.columns)].isna().sum()
    counts = ", ".join(f"{name} ({count})" for name, count in absent[absent > 0].items())
    return (
        f"None of the {len(frame)} rows has every value {formula.text!r} needs; missing values in {counts}."
    )


def _evaluated(
    expressions: Iterable[str], formula: ModelFormula, numbers: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Values of the numeric products; NaN where arithmetic has no answer, such as the logarithm of -1."""
    found: dict[str, Floats] = {}
    for expression in expressions:
        parts = [expression] if expression == formula.response else split_product(expression, formula)
        with np.errstate(all="ignore"):
            found[expression] = reduce(
                operator.mul,
                (np.asarray(evaluate(part, formula, numbers, NUMPY_FUNCTIONS)) for part in parts),
            )
    return found


def split_product(expression: str, formula: ModelFormula) -> list[str]:
    """Expressions that a product such as ``x:z`` multiplies."""
    for term in formula.terms:
        for size in range(1, len(term) + 1):
            for parts in itertools.combinations(term, size):
                if ":".join(parts) == expression:
                    return list(parts)
    return [expression]


def check_finite(expression: str, finite: bool) -> None:
    """Raise if an expression is infinite in a row that has all its values."""
    if not finite:
        raise EstimationError(
            f"`{expression}` is infinite in at least one row that has all its values. Correct those rows, or make the "
            "value missing (its row is then left out and counted)."
        )


def _centre(values: Floats) -> float:
    return rounded_centre(float(values.mean()), float(values.min()), float(values.max()))


# --- cells of factors -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Combinations of factor levels that have a session.

    Attributes
    ----------
    codes : mapping of str to ndarray of int, shape (cells,)
        Level of each factor in each combination.
    categorical : mapping of str to FactorLevels
    of_row : ndarray of int, shape (rows,)
        Combination of each row; empty if the rows were never here.
    """

    codes: Mapping[str, Whole]
    categorical: Mapping[str, FactorLevels]
    of_row: Whole
    n_cells: int

    def positions(self, factors: tuple[str, ...]) -> tuple[Whole, Whole]:
        """Where each combination falls among the cells of fewer factors, and one combination for each of those."""
        if not factors:
            return np.zeros(self.n_cells, dtype=np.intp), np.zeros(1, dtype=np.intp)
        mixed = np.zeros(self.n_cells, dtype=np.intp)
        for name in factors:
            mixed = mixed * len(self.categorical[name].levels) + self.codes[name]
        _, first, position = np.unique(mixed, return_index=True, return_inverse=True)
        return position.astype(np.intp), first.astype(np.intp)

    def cells(self, sets: Iterable[BaseSet]) -> dict[tuple[str, ...], list[Cell]]:
        """Cells with a session, for the factors of each base set."""
        found: dict[tuple[str, ...], list[Cell]] = {}
        for factors in dict.fromkeys(base.factors for base in sets):
            _, first = self.positions(factors)
            found[factors] = [
                tuple((name, self.categorical[name].levels[self.codes[name][row]]) for name in factors)
                for row in first
            ]
        return found


def cell_grid(codes: Mapping[str, Whole], categorical: Mapping[str, FactorLevels]) -> CellGrid:
    """Combinations of factor levels that occur in rows of codes."""
    if not codes:
        return CellGrid({}, {}, np.zeros(0, dtype=np.intp), 1)
    names = sorted(codes)
    row = codes[names[0]]
    width = len(categorical[names[0]].levels)
    for name in names[1:]:
        levels = len(categorical[name].levels)
        if width * levels > 1_000_000:
            row, width = _compressed(row)
        row, width = row * levels + codes[name], width * levels
    row, n_cells = _compressed(row, width)
    first = np.zeros(n_cells, dtype=np.intp)
    first[row[::-1]] = np.arange(len(row) - 1, -1, -1)
    return CellGrid({name: codes[name][first] for name in names}, categorical, row, n_cells)


def _compressed(codes: Whole, width: int | None = None) -> tuple[Whole, int]:
    """Codes renumbered without gaps, in their order."""
    if width is not None and width <= 1_000_000:
        present = np.bincount(codes, minlength=width) > 0
        if present.all():
            return codes, width
        return (np.cumsum(present) - 1)[codes], int(present.sum())
    values, inverse = np.unique(codes, return_inverse=True)
    return inverse.astype(np.intp), len(values)


def _products(centred: Mapping[str, Floats | None], grid: CellGrid) -> dict[tuple[str, str], Floats]:
    """Sums of products of every two expressions within each combination of factor levels."""
    found: dict[tuple[str, str], Floats] = {}
    rows = next(len(column) for column in centred.values() if column is not None)
    for a, b in itertools.combinations_with_replacement(centred, 2):
        x, y = centred[a], centred[b]
        if grid.n_cells == 1:
            sums = np.array([rows if y is None else y.sum() if x is None else x @ y], dtype=np.float64)
        else:
            weights = y if x is None or y is None else x * y
            sums = np.bincount(grid.of_row, weights=weights, minlength=grid.n_cells).astype(np.float64)
        found[a, b] = found[b, a] = sums
    return found


def total_product(
    sets: Sequence[BaseSet], grid: CellGrid, products: Mapping[tuple[str, str], Floats]
) -> Floats:
    """Cross-product of all base columns, from the products within combinations of factor levels."""
    places, start = [], 0
    for base in sets:
        position, first = grid.positions(base.factors)
        places.append(position + start)
        start += len(first)
    total = np.zeros((start, start))
    for (a, at_a), (b, at_b) in itertools.product(zip(sets, places, strict=True), repeat=2):
        np.add.at(total, (at_a, at_b), products[a.expression, b.expression])
    return total


# --- patients -------------------------------------------------------------------------------------------------------


def _units(
    formula: ModelFormula, frame: pd.DataFrame, groups: Mapping[str, Whole], keep: Any
) -> tuple[Whole, int, Whole | None, str, list[str]]:
    """Patient of each row, how many there are, outer group of each patient, the outer column and its labels."""
    if len(formula.groups) == 1:
        unit, n_units = joint_codes(groups, formula.groups[0])
        return unit, n_units, None, "", []
    outer_column, both = formula.groups[0][0], tuple(dict.fromkeys(itertools.chain(*formula.groups)))
    unit, n_units = joint_codes(groups, both)
    if formula.nested_by_data:
        inner = {name: joint_codes(groups, (name,))[1] for name in both}
        check_nested(formula, inner, n_units)
        outer_column = min(both, key=lambda name: (inner[name], both.index(name)))
    labels_of_rows = frame[outer_column] if keep is None else frame[outer_column][keep]
    codes, labels = pd.factorize(labels_of_rows)
    outer = np.zeros(n_units, dtype=np.intp)
    outer[unit] = codes
    return unit, n_units, outer, outer_column, [str(label) for label in labels]


def check_nested(formula: ModelFormula, distinct: Mapping[str, int], pairs: int) -> None:
    """Refuse two groupings of which neither contains the other."""
    if pairs not in distinct.values():
        a, b = distinct
        raise FormulaError(
            f"`{a}` and `{b}` are crossed in these records: some {b} has sessions in more than one {a}, and the other "
            f"way round. Only nested groupings can be computed from a reduction: (1 | outer) + (1 | outer:inner), "
            f"found {formula.text!r}."
        )


def joint_codes(groups: Mapping[str, Whole], names: Sequence[str]) -> tuple[Whole, int]:
    """Codes without gaps for one grouping column, or for the combinations of several."""
    row = groups[names[0]]
    for name in names[1:]:
        row = row * (int(groups[name].max()) + 1) + groups[name]
    if len(names) > 1:
        row = pd.factorize(row)[0]
    return _compressed(row, int(row.max()) + 1)


def _patient_sums(
    sets: Sequence[BaseSet],
    grid: CellGrid,
    centred: Mapping[str, Floats | None],
    unit: Whole,
    n_units: int,
    outer: Whole | None,
    width: int,
) -> Iterable[tuple[Floats, Whole | None]]:
    """Column sums of the patients, some patients at a time."""
    batch = max(1, BATCH_CELLS // width)
    if n_units <= batch:
        yield _sums(sets, grid, centred, unit, n_units, width), outer
        return
    order = np.argsort(unit, kind="stable")
    unit, columns = unit[order], {e: None if c is None else c[order] for e, c in centred.items()}
    row_cells = grid.of_row[order] if len(grid.of_row) else grid.of_row
    for low in range(0, n_units, batch):
        high = min(low + batch, n_units)
        rows = slice(*np.searchsorted(unit, [low, high]))
        part = CellGrid(grid.codes, grid.categorical, row_cells[rows], grid.n_cells)
        cut = {e: None if c is None else c[rows] for e, c in columns.items()}
        yield (
            _sums(sets, part, cut, unit[rows] - low, high - low, width),
            None if outer is None else outer[low:high],
        )


def _sums(
    sets: Sequence[BaseSet],
    grid: CellGrid,
    centred: Mapping[str, Floats | None],
    unit: Whole,
    n_units: int,
    width: int,
) -> Floats:
    """Column sums of each patient, shape (patients, base columns)."""
    sums = np.empty((n_units, width))
    start = 0
    for base in sets:
        position, first = grid.positions(base.factors)
        cells = len(first)
        place = unit if cells == 1 else unit * cells + position[grid.of_row]
        counted = np.bincount(place, weights=centred[base.expression], minlength=n_units * cells)
        sums[:, start : start + cells] = counted.reshape(n_units, cells)
        start += cells
    return sums
