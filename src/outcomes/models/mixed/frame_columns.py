"""Columns of a pandas frame as a formula reads them: codes of factors, values of numbers, codes of groupings.

In come a frame and a parsed formula, out come numpy arrays in which -1 and NaN are missing. Refused with a
`FormulaError`: text where a number is needed; with an `EstimationError`: infinite values.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.cells import compressed
from outcomes.models.mixed.column_sums import Floats, Whole
from outcomes.models.mixed.design import FactorLevels, numeric_part, sorted_levels
from outcomes.models.mixed.formula import Coding, ModelFormula, evaluate, variables_of

__all__ = [
    "NUMPY_FUNCTIONS",
    "check_finite",
    "evaluated",
    "expressions_of",
    "factor_codes",
    "factors_of",
    "group_codes",
    "joint_codes",
    "numbers_of",
    "read_columns",
    "split_product",
]


NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "divide": np.divide,
    "power": np.power,
}


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


def joint_codes(groups: Mapping[str, Whole], names: Sequence[str]) -> tuple[Whole, int]:
    """Codes without gaps for one grouping column, or for the combinations of several."""
    row = groups[names[0]]
    for name in names[1:]:
        row = row * (int(groups[name].max()) + 1) + groups[name]
    if len(names) > 1:
        row = pd.factorize(row)[0]
    return compressed(row, int(row.max()) + 1)
