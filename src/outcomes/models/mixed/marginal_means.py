"""Marginal means of a mixed model, and contrasts among them, as emmeans computes them.

In come moments and fixed effects, out come tidy frames. Means are at the average of the numeric columns and give
equal weight to every level of the other factors. Refused with an `EstimationError`: factors and levels the model does
not have.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from outcomes.errors import EstimationError
from outcomes.models import Floats
from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS
from outcomes.models.mixed.design import DesignColumn
from outcomes.models.mixed.formula import evaluate, split_product
from outcomes.models.mixed.satterthwaite import FixedEffects, tidy
from outcomes.models.mixed.sums import Sums
from outcomes.models.multiplicity import adjusted

__all__ = ["contrasts", "joint_test", "marginal_means"]


def factor_named(moments: Sums, name: str) -> str:
    """Expression of the factor a caller means by a column's or an expression's name."""
    if name in moments.categorical:
        return name
    found = [e for e, factor in moments.categorical.items() if factor.column == name]
    if found:
        return found[0]
    known = ", ".join(moments.categorical) or "none"
    raise EstimationError(
        f"{name!r} is not a factor of {moments.formula.text!r}; its factors are: {known}. "
        "Write C(column) in the formula to make a number a factor."
    )


def average_rows(moments: Sums, effects: FixedEffects, factor: str, at: Mapping[str, Any] | None) -> Floats:
    """Weights of all design columns in the marginal mean of each level of one factor.

    Parameters
    ----------
    moments : Sums
    effects : FixedEffects
    factor : str
        Expression of the factor.
    at : mapping of str to object, optional
        A number for a numeric column, or one for each level; a level or a list of levels for another factor.

    Returns
    -------
    ndarray, shape (levels, design columns)
    """
    seen = moments.seen_levels()
    grid = {moments.categorical[e].column: list(levels) for e, levels in seen.items()}
    numbers, own = dict(moments.means), {}
    for name, value in (at or {}).items():
        if name in grid and name != moments.categorical[factor].column:
            grid[name] = _levels_asked(name, value, grid[name])
        elif name in numbers and isinstance(value, Mapping):
            own[name] = {level: _number_asked(name, value.get(level)) for level in seen[factor]}
        elif name in numbers:
            numbers[name] = _number_asked(name, value)
        else:
            known = ", ".join([*(g for g in grid if g != moments.categorical[factor].column), *numbers])
            raise EstimationError(f"`at` names {name!r}; it can hold: {known or 'nothing in this model'}.")
    columns = effects.basis.columns
    rows = np.zeros((len(seen[factor]), len(columns)))
    for row, level in enumerate(seen[factor]):
        levels = grid | {moments.categorical[factor].column: [level]}
        here = numbers | {name: values[level] for name, values in own.items()}
        rows[row] = [_weight(moments, column, levels, here) for column in columns]
    return rows


def _levels_asked(name: str, value: Any, known: Sequence[Any]) -> list[Any]:
    asked = list(value) if isinstance(value, (list, tuple)) else [value]
    unknown = [level for level in asked if level not in known]
    if unknown or not asked:
        raise EstimationError(
            f"{unknown or asked} is not a level of `{name}`; its levels are: {list(known)}."
        )
    return asked


def _number_asked(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise EstimationError(f"`at` needs one number for `{name}`, found {value!r}.") from None


def _weight(
    moments: Sums, column: DesignColumn, grid: Mapping[str, Sequence[Any]], numbers: Mapping[str, float]
) -> float:
    """Average of one design column over the grid of factor levels, at the given numbers."""
    weight = 1.0
    wanted: dict[str, set[Any]] = {}
    for expression, level in column.cell:
        wanted.setdefault(moments.categorical[expression].column, set()).add(level)
    for name, levels in wanted.items():
        weight *= sum(levels == {level} for level in grid[name]) / len(grid[name])
    if column.expression:
        values = {name: np.float64(value) for name, value in numbers.items()}
        for part in split_product(column.expression, moments.formula):
            with np.errstate(all="ignore"):
                weight *= float(evaluate(part, moments.formula, values, NUMPY_FUNCTIONS))
    return weight


def marginal_means(
    moments: Sums, effects: FixedEffects, name: str, at: Mapping[str, Any] | None, conf_level: float
) -> pd.DataFrame:
    """Marginal mean of each level of a factor, with how many patients and sessions have that level."""
    factor = factor_named(moments, name)
    rows = average_rows(moments, effects, factor, at)
    levels = moments.seen_levels()[factor]
    frame = tidy({name: levels}, effects.combine(rows), conf_level, test=False)
    place = list(frame.columns).index("conf_high") + 1
    frame.insert(place, "patients", [moments.level_patients[factor][level] for level in levels])
    frame.insert(place + 1, "sessions", [moments.sessions_at(factor, level) for level in levels])
    return frame


def contrasts(
    moments: Sums,
    effects: FixedEffects,
    name: str,
    *,
    against: Any,
    adjust: str,
    at: Mapping[str, Any] | None,
    conf_level: float,
) -> pd.DataFrame:
    """Contrasts of marginal means; p-values adjusted, intervals not."""
    factor = factor_named(moments, name)
    rows = average_rows(moments, effects, factor, at)
    labels, weights = _contrast_weights(name, moments.seen_levels()[factor], against)
    frame = tidy({"contrast": labels}, effects.combine(weights @ rows), conf_level, test=True)
    frame["p_value"] = adjusted(frame["p_value"].to_numpy(), adjust)
    return frame


def joint_test(moments: Sums, effects: FixedEffects, name: str) -> pd.DataFrame:
    """One row: the F test that the marginal means of a factor are all the same."""
    rows = average_rows(moments, effects, factor_named(moments, name), None)
    statistic, numerator_df, df, note = effects.together(rows - rows.mean(axis=0))
    row = {
        "term": name,
        "statistic": statistic,
        "numerator_df": numerator_df,
        "df": df,
        "p_value": float(special.fdtrc(numerator_df, df, statistic)),
    }
    return pd.DataFrame([row | ({"note": note} if note else {})])


def _contrast_weights(name: str, levels: Sequence[Any], against: Any) -> tuple[list[str], Floats]:
    """Labels and weights of the contrasts asked for, over the levels."""
    unit = np.eye(len(levels))
    if against in levels:
        place = list(levels).index(against)
        others = [i for i in range(len(levels)) if i != place]
        return [f"{levels[i]} - {against}" for i in others], unit[others] - unit[place]
    if against == "grand_mean":
        return [f"{level} - grand mean" for level in levels], unit - 1.0 / len(levels)
    if against == "pairwise":
        pairs = list(itertools.combinations(range(len(levels)), 2))
        weights = np.array([unit[i] - unit[j] for i, j in pairs]).reshape(-1, len(levels))
        return [f"{levels[i]} - {levels[j]}" for i, j in pairs], weights
    known = ", ".join(map(str, levels))
    raise EstimationError(
        f"`against` has to be 'grand_mean', 'pairwise' or a level of {name!r} ({known}); found {against!r}."
    )
