"""p-values of one family in, the same adjusted out: Holm's step-down, or the false discovery rate.

Which comparisons make a family is the plan's to say; this adjusts what it is given, missing values left out.
"""

from __future__ import annotations

import numpy as np

from outcomes.errors import EstimationError
from outcomes.models import Floats

__all__ = ["ADJUSTMENTS", "adjusted"]

ADJUSTMENTS = ("holm", "none", "fdr_bh")


def adjusted(p_values: Floats, adjust: str) -> Floats:
    """p-values adjusted for the family of those that are not missing.

    Parameters
    ----------
    p_values : ndarray, shape (k,)
    adjust : {"holm", "fdr_bh", "none"}

    Returns
    -------
    ndarray, shape (k,)

    Raises
    ------
    EstimationError
        If the adjustment is unknown.

    References
    ----------
    .. [1] Holm (1979), Scand J Stat 6:65.
    .. [2] Benjamini & Hochberg (1995), J R Stat Soc B 57:289.

    Examples
    --------
    >>> adjusted(np.array([0.01, np.nan, 0.04]), "holm").tolist()
    [0.02, nan, 0.04]
    """
    if adjust not in ADJUSTMENTS:
        raise EstimationError(f"`adjust` has to be one of {', '.join(ADJUSTMENTS)}; found {adjust!r}.")
    present = ~np.isnan(p_values)
    out = p_values.copy()
    if adjust == "holm":
        out[present] = _holm(p_values[present])
    elif adjust == "fdr_bh" and present.any():
        from statsmodels.stats.multitest import fdrcorrection

        out[present] = fdrcorrection(p_values[present])[1]
    return out


def _holm(p_values: Floats) -> Floats:
    """Written out: statsmodels' ``multipletests`` collects the garbage of the whole process at every call."""
    order = np.argsort(p_values)
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    found = np.empty_like(p_values)
    found[order] = np.minimum(stepped, 1.0)
    return found
