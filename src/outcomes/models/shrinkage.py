"""Estimates of several groups in, the same shrunk towards their common mean out: the best linear predictions.

The groups are taken as draws from a normal law around the common mean, its variance by Paule and Mandel (1982), as for
a meta-analysis. The error of that variance is left out.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from outcomes.models.types import Floats

__all__ = ["between_variance", "shrunk"]


def shrunk(estimates: Floats, errors: Floats, conf_level: float) -> dict[str, Floats]:
    """Shrink estimates towards their common mean; two or fewer are left as they are.

    Parameters
    ----------
    estimates, errors : ndarray, shape (groups,)
        Missing where a group has none.
    conf_level : float

    Returns
    -------
    dict of str to ndarray
        ``estimate, std_error, conf_low, conf_high``; the errors hold that of the common mean.
    """
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    estimate, error = estimates.copy(), errors.copy()
    if known.sum() > 2:
        b, variance = estimates[known], errors[known] ** 2
        between = between_variance(b, variance)
        weight = 1.0 / (variance + between)
        common, common_variance = float(weight @ b / weight.sum()), 1.0 / float(weight.sum())
        kept = between / (between + variance)
        estimate[known] = common + kept * (b - common)
        error[known] = np.sqrt(kept * variance + (1.0 - kept) ** 2 * common_variance)
    reach = float(ndtri(0.5 + conf_level / 2.0)) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }


def between_variance(values: Floats, variances: Floats) -> float:
    """Variance between groups at which the weighted squares equal their degrees of freedom; 0 where they are fewer."""
    from scipy.optimize import brentq

    def excess(between: float) -> float:
        weight = 1.0 / (variances + between)
        return float(weight @ (values - weight @ values / weight.sum()) ** 2) - (len(values) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    high = 10.0 * float(np.var(values) + variances.max())
    return float(brentq(excess, 0.0, high))
