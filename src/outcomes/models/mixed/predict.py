"""Predictions of a mixed model for the rows of a table.

In come fixed effects and a table, out comes a series of predictions: for the population, or for each patient by the
best linear unbiased prediction from that patient's rows in the same table. Nothing about a patient is kept in a fit,
so the records have to be at hand. Refused with an `OutcomesError`: missing columns, unknown levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS
from outcomes.models.mixed.codes import factor_codes, group_codes, joint_codes, numbers_of
from outcomes.models.mixed.formula import evaluate, missing_column, split_product, variables_of
from outcomes.models.mixed.satterthwaite import FixedEffects
from outcomes.models.mixed.sums import Sums
from outcomes.record.outcomes import with_outcomes

__all__ = ["design_rows", "frame_for", "predict_patients", "predict_population"]


def predict_population(moments: Sums, effects: FixedEffects, frame: pd.DataFrame) -> Floats:
    """Fixed part of the model for each row, NaN where a value is missing.

    Parameters
    ----------
    moments : Sums
    effects : FixedEffects
    frame : pandas.DataFrame

    Returns
    -------
    ndarray, shape (rows,)
    """
    return np.asarray(design_rows(moments, effects, frame) @ effects.beta)


def design_rows(moments: Sums, effects: FixedEffects, frame: pd.DataFrame) -> Floats:
    """The design columns a fit kept, NaN in all of a row where a value is missing.

    Parameters
    ----------
    moments : Sums
    effects : FixedEffects
    frame : pandas.DataFrame

    Returns
    -------
    ndarray, shape (rows, kept columns)
    """
    _check_columns(moments, frame, moments.formula.expressions)
    codes = {e: _known_codes(moments, e, frame) for e in moments.categorical}
    columns = {
        name: numbers_of(frame[name])
        for e in moments.formula.expressions
        if e not in moments.categorical
        for name in variables_of(e, moments.formula)
    }
    rows = np.ones((len(frame), len(effects.basis.kept)))
    for place, index in enumerate(effects.basis.kept):
        column = effects.basis.columns[index]
        for expression, level in column.cell:
            rows[:, place] *= codes[expression] == moments.categorical[expression].levels.index(level)
        if column.expression:
            rows[:, place] *= _number(moments, column.expression, columns)
    for code in codes.values():
        rows[code < 0] = np.nan
    rows[np.isnan(rows).any(axis=1)] = np.nan
    return rows


def _number(moments: Sums, expression: str, columns: Mapping[str, Floats]) -> Floats:
    with np.errstate(all="ignore"):
        parts = [
            evaluate(e, moments.formula, columns, NUMPY_FUNCTIONS)
            for e in split_product(expression, moments.formula)
        ]
        return np.asarray(reduce(np.multiply, parts))


def _check_columns(moments: Sums, frame: pd.DataFrame, expressions: Iterable[str]) -> None:
    for expression in expressions:
        for name in variables_of(expression, moments.formula):
            if name not in frame.columns:
                raise missing_column(name, frame.columns, moments.formula.text)


def _known_codes(moments: Sums, expression: str, frame: pd.DataFrame) -> Whole:
    """Codes of a factor's levels in the order of the fitted model; a level it never saw is an error."""
    factor = moments.categorical[expression]
    codes, found = factor_codes(frame[factor.column], moments.formula.codings.get(expression))
    seen = set(moments.seen_levels()[expression])
    present = {found.levels[code] for code in np.unique(codes[codes >= 0])}
    if present - seen:
        raise EstimationError(
            f"{sorted(map(str, present - seen))} of `{factor.column}` had no session when the model was fitted; "
            f"its levels are: {', '.join(map(str, factor.levels))}."
        )
    rank = {level: place for place, level in enumerate(factor.levels)}
    order = np.array([*(rank.get(level, -1) for level in found.levels), -1], dtype=np.intp)
    return order[codes]


def predict_patients(moments: Sums, ratios: Floats, frame: pd.DataFrame, population: Floats) -> Floats:
    """Population prediction plus each patient's (and outer group's) best linear unbiased prediction.

    Parameters
    ----------
    moments : Sums
    ratios : ndarray
        Variance ratios of the fit, the patient's first.
    frame : pandas.DataFrame
        Rows with the response and the grouping columns; the rows of a patient that have a response inform the
        prediction of all of that patient's rows. A patient without any is predicted as the population.
    population : ndarray, shape (rows,)

    Returns
    -------
    ndarray, shape (rows,)

    Notes
    -----
    With ``a_i = 1 / (1 + lam_1 n_i)`` and ``r_i`` the summed residuals of patient i, the outer effect is
    ``lam_2 / (1 + lam_2 d) * sum a_i r_i`` with ``d = sum a_i n_i``, and the patient's ``lam_1 a_i (r_i - n_i v)``.
    """
    formula = moments.formula
    _check_columns(moments, frame, [formula.response, *(name for group in formula.groups for name in group)])
    response = evaluate(
        formula.response,
        formula,
        {v: numbers_of(frame[v]) for v in variables_of(formula.response, formula)},
        NUMPY_FUNCTIONS,
    )
    codes = {name: group_codes(frame[name]) for group in formula.groups for name in group}
    grouped = np.all([code >= 0 for code in codes.values()], axis=0)
    result = population.copy()
    if not grouped.any():
        return result
    codes = {name: code[grouped] for name, code in codes.items()}
    unit, n_units = joint_codes(codes, tuple(codes))
    residual = (response - population)[grouped]
    used = ~np.isnan(residual)
    n = np.bincount(unit[used], minlength=n_units).astype(np.float64)
    r = np.bincount(unit[used], weights=residual[used], minlength=n_units)
    share = 1.0 / (1.0 + ratios[0] * n)
    outer_effect = np.zeros(n_units)
    if moments.outer is not None:
        outer_effect = _outer_effect(moments, codes, unit, share * r, share * n, ratios[1])
    effect = ratios[0] * share * (r - n * outer_effect) + outer_effect
    result[grouped] += effect[unit]
    return result


def _outer_effect(
    moments: Sums, codes: Mapping[str, Whole], unit: Whole, r: Floats, n: Floats, ratio: float
) -> Floats:
    """Effect of each unit's outer group."""
    name = moments.formula.groups[0][0]
    if moments.formula.nested_by_data:
        name = min(codes, key=lambda key: joint_codes(codes, (key,))[1])
    group, n_groups = joint_codes(codes, (name,))
    of_unit = np.zeros(len(n), dtype=np.intp)
    of_unit[unit] = group
    d = np.bincount(of_unit, weights=n, minlength=n_groups)
    effect = ratio / (1.0 + ratio * d) * np.bincount(of_unit, weights=r, minlength=n_groups)
    return np.asarray(effect[of_unit])


def frame_for(moments: Sums, table: Any) -> pd.DataFrame:
    """The columns a formula needs of a table, as a pandas frame."""
    table = with_outcomes(table, moments.formula.columns)
    if isinstance(table, pd.DataFrame):
        return table
    present = [name for name in moments.formula.columns if name in table.columns]
    frame: pd.DataFrame = table.select(*present).to_pyarrow().to_pandas()
    return frame
