"""Moments of a pandas frame: a few counting passes over columns, never a model matrix.

In comes a frame and a parsed formula, out come :class:`Moments`. Refused with an `OutcomesError`: columns the frame
does not have, text where a number is needed, infinite values, no usable row at all.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS
from outcomes.models.mixed.cells import CellGrid, cell_grid, cell_products, total_product
from outcomes.models.mixed.codes import (
    check_finite,
    check_nested,
    expressions_of,
    factor_codes,
    factors_of,
    group_codes,
    joint_codes,
    numbers_of,
)
from outcomes.models.mixed.design import ONE, BaseSet, FactorLevels, base_sets
from outcomes.models.mixed.formula import ModelFormula, evaluate, missing_column, split_product, variables_of
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.sums import base_keys, rounded_centre
from outcomes.models.mixed.tally import PatientTally

__all__ = ["reduce_frame"]


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
    factors, numbers, groups = read_columns(formula, frame)
    categorical = {name: levels for name, (_, levels) in factors.items()}
    values = evaluated(expressions_of(formula, categorical), formula, numbers)
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
    products = cell_products(centred, grid)
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


def _is_factor(series: pd.Series[Any]) -> bool:
    """Whether R would treat a column as a factor: text, categories, booleans."""
    return not pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype)


def read_columns(
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


def evaluated(
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


def _centre(values: Floats) -> float:
    return rounded_centre(float(values.mean()), float(values.min()), float(values.max()))


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
