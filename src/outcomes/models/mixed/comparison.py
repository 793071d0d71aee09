"""Two fits of the same records, one model inside the other: their likelihood-ratio test.

In come two fits, out comes one row. Refused with an `EstimationError`: fits of different records or methods, and REML
fits with different fixed parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from outcomes.errors import EstimationError

__all__ = ["compared"]


def compared(fit: Any, other: Any) -> pd.DataFrame:
    """One row of two :class:`MixedFit`, whichever is the larger model; see its ``compare``."""
    _check(fit, other)
    smaller, larger = sorted((fit, other), key=lambda each: each.n_parameters)
    df = larger.n_parameters - smaller.n_parameters
    statistic = 2.0 * (larger.log_likelihood - smaller.log_likelihood) if df else np.nan
    row = {
        "smaller": smaller.formula,
        "larger": larger.formula,
        "log_likelihood_smaller": smaller.log_likelihood,
        "log_likelihood_larger": larger.log_likelihood,
        "statistic": statistic,
        "df": df,
        "p_value": float(special.chdtrc(df, max(statistic, 0.0))) if df else np.nan,
    }
    if not df:
        row["note"] = "both models have as many parameters: neither contains the other"
    return pd.DataFrame([row])


def _check(fit: Any, other: Any) -> None:
    """Refuse fits that a likelihood-ratio test cannot compare."""
    if not isinstance(other, type(fit)):
        raise EstimationError(f"A fit is compared with another fit, found {type(other).__name__}.")
    if fit.method != other.method:
        raise EstimationError(f"One fit is by {fit.method}, the other by {other.method}: use ML for both.")
    ours, theirs = (f"{f.n_sessions} sessions of `{f.moments.formula.response}`" for f in (fit, other))
    if ours != theirs:
        raise EstimationError(
            f"The fits are of different records: {ours} and {theirs}. Leave out the same rows from both."
        )
    if fit.method == "REML" and fit.basis.terms != other.basis.terms:
        raise EstimationError(
            "Restricted likelihoods of models with different fixed parts cannot be compared: "
            'refit both with method="ML".'
        )
