"""Records in, a fitted mixed model out: the table is reduced where it lies, and the model is fitted from the sums.

Refused with an `OutcomesError`: formulas that cannot be computed from a reduction, unknown methods, factors and levels.
What cannot be estimated is a row of missing values with a note, never an exception.
"""

from __future__ import annotations

from typing import Any

from outcomes.models.mixed.fitted import MixedFit, check_settings, fit_moments
from outcomes.models.mixed.reduce import reduce_moments

__all__ = ["MixedFit", "fit_mixed", "fit_moments"]


def fit_mixed(
    formula: str,
    table: Any,
    *,
    method: str = "REML",
    conf_level: float = 0.95,
    df: str = "satterthwaite",
) -> MixedFit:
    """Fit a linear mixed model with random intercepts.

    Parameters
    ----------
    formula : str
        ``"pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"``; nested groupings are
        ``(1 | clinic_id/patient_id)``.
    table : pandas.DataFrame or ibis Table
        One row per session. Rows with a missing value in the formula are left out and counted.
    method : {"REML", "ML"}
        Restricted or full maximum likelihood.
    conf_level : float
        Level of every interval.
    df : {"satterthwaite", "kenward-roger"}
        Whose degrees of freedom; with Kenward and Roger's, after REML only, errors are corrected for the variances
        being estimates, which widens the intervals of small clinics.

    Returns
    -------
    MixedFit

    Raises
    ------
    FormulaError
        If the formula cannot be read, or not computed from a reduction.
    EstimationError
        If the method or level is unknown, no row is complete, or a value is infinite.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0, 6.0, 8.0], "g": list("aabbcc")})
    >>> fit = fit_mixed("y ~ 1 + (1 | g)", frame)
    >>> fit.coefficients[["term", "estimate", "df"]].round(3).values.tolist()
    [['Intercept', 4.0, 2.0]]
    """
    check_settings(method, conf_level, df)
    return reduce_moments(formula, table).fit(method=method, conf_level=conf_level, df=df)
