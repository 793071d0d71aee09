"""Levels, groupings and numbers of a table as the engine works with them: codes from zero on, -1 and NaN where missing.

Shared by both ways of reducing a table and by predictions. Refused with a `FormulaError`: text where a number is
needed, crossed groupings; with an `EstimationError`: infinite values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, FormulaError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.cells import compressed
from outcomes.models.mixed.design import FactorLevels, numeric_part, sorted_levels
from outcomes.models.mixed.formula import Coding, ModelFormula

__all__ = [
    "check_finite",
    "check_nested",
    "expressions_of",
    "factor_codes",
    "factors_of",
    "group_codes",
    "joint_codes",
    "numbers_of",
]


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
        series = series.where(series.isin(coding.levels)).astype(pd.CategoricalDtype(list(coding.levels)))
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


def check_nested(formula: ModelFormula, distinct: Mapping[str, int], pairs: int) -> None:
    """Refuse two groupings of which neither contains the other."""
    if pairs not in distinct.values():
        a, b = distinct
        raise FormulaError(
            f"`{a}` and `{b}` are crossed in these records: some {b} has sessions in more than one {a}, and the other "
            f"way round. Only nested groupings can be computed from a reduction: (1 | outer) + (1 | outer:inner), "
            f"found {formula.text!r}."
        )
