"""Records in, moments out: the one group-by that every mixed model is fitted from.

:func:`reduce_moments` takes a pandas frame or an Ibis table; :class:`Moments` is what it returns, can be written to a
file, and adds.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.mixed.formula import parse_formula
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.reduce_frame import reduce_frame
from outcomes.models.mixed.reduce_query import reduce_query
from outcomes.record.outcomes import with_outcomes

__all__ = ["Moments", "reduce_moments"]


def reduce_moments(formula: str, table: Any) -> Moments:
    """Reduce a table to the moments a mixed model needs.

    Parameters
    ----------
    formula : str
        For instance ``"pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"``.
    table : pandas.DataFrame or ibis Table
        One row per session. Derived outcome columns (``pain_relief_48h`` and the like) need not be there.

    Returns
    -------
    Moments

    Raises
    ------
    FormulaError
        If the formula cannot be read, computed from a reduction, or names a column the table does not have.
    EstimationError
        If no row has every value, or a value is infinite.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "g": ["a", "a", "b", "b"]})
    >>> moments = reduce_moments("y ~ 1 + (1 | g)", frame)
    >>> moments.n_sessions, moments.n_patients
    (4, 2)
    """
    parsed = parse_formula(formula)
    if isinstance(table, pd.DataFrame):
        return reduce_frame(parsed, with_outcomes(table, parsed.columns))
    if type(table).__module__.partition(".")[0] == "ibis" and hasattr(table, "aggregate"):
        return reduce_query(parsed, with_outcomes(table, parsed.columns))
    raise EstimationError(f"A table has to be a pandas frame or an Ibis table, found {type(table).__name__}.")
