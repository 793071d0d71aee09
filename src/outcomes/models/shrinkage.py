"""Estimates of several groups in, the same shrunk towards their common mean out: the best linear predictions.

The groups are taken as draws from a normal law around the common mean, its variance by Paule and Mandel (1982), as for
a meta-analysis. That variance is estimated from no more numbers than there are groups, and the intervals say so.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, stdtrit

from outcomes.models import Floats

__all__ = ["between_variance", "shrunk"]


def shrunk(
    estimates: Floats, errors: Floats, conf_level: float, *, df: Floats | None = None
) -> dict[str, Floats]:
    """Shrink estimates towards their common mean; two or fewer are left as they are.

    Parameters
    ----------
    estimates, errors : ndarray, shape (groups,)
        Missing where a group has none.
    conf_level : float
    df : ndarray, shape (groups,), optional
        Degrees of freedom behind each error; infinite by default.

    Returns
    -------
    dict of str to ndarray
        ``estimate, std_error, conf_low, conf_high``.

    Notes
    -----
    With ``v`` a squared error, ``t`` the variance between groups and ``kept`` the weight ``t / (t + v)`` a group keeps,
    its mean squared error is ``kept^2 v + (1 - kept)^2 (t + Var(common mean))``. The weights are those of Paule and
    Mandel's ``t``, which is zero for about half of all sets of groups that hardly differ; the error takes ``t`` where
    the restricted likelihood times its root is highest, which is never zero [1]_. Limits use Student's t on ``k - 1``
    degrees of freedom, as Hartung and Knapp do for the common mean [2]_; no interval is wider than the group's own.

    References
    ----------
    .. [1] Morris & Tang (2011), Stat Sci 26:271; Li & Lahiri (2010), J Multivar Anal 101:882.
    .. [2] Hartung & Knapp (2001), Stat Med 20:3875.
    """
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    estimate, error = estimates.copy(), errors.copy()
    tail = 0.5 + conf_level / 2.0
    own = np.full(len(errors), ndtri(tail)) if df is None else stdtrit(df, tail)
    reach = own * error
    if known.sum() > 2:
        estimate[known], error[known] = _predicted(estimates[known], errors[known])
        wide = float(stdtrit(int(known.sum()) - 1, tail)) * error[known]
        reach[known] = np.minimum(wide, reach[known])
    return {
        "estimate": estimate,
        "std_error": error,
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }


def _predicted(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Shrunken values and their errors, none above that of the value itself."""
    variances = errors**2
    between = between_variance(values, variances)
    weight = 1.0 / (variances + between)
    common, kept = float(weight @ values / weight.sum()), between * weight
    likely = _likely_variance(values, variances)
    of_common = 1.0 / float((1.0 / (variances + likely)).sum())
    squares = kept**2 * variances + (1.0 - kept) ** 2 * (likely + of_common)
    return common + kept * (values - common), np.minimum(np.sqrt(squares), errors)


def _likely_variance(values: Floats, variances: Floats) -> float:
    """Variance between groups where the restricted likelihood times its root is highest: never zero."""
    from scipy.optimize import minimize_scalar

    def depth(log_between: float) -> float:
        weight = 1.0 / (variances + np.exp(log_between))
        whole = float(weight.sum())
        squares = float(weight @ (values - weight @ values / whole) ** 2)
        return 0.5 * (squares + float(np.log(whole)) - float(np.log(weight).sum()) - log_between)

    middle = float(np.log(np.var(values) + variances.mean()))
    found = minimize_scalar(
        depth, bounds=(middle - 12.0, middle + 4.0), method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(found.x))


def between_variance(values: Floats, variances: Floats) -> float:
    """Variance between groups at which the weighted squares equal their degrees of freedom; 0 where they are fewer."""
    from scipy.optimize import brentq

    def excess(between: float) -> float:
        weight = 1.0 / (variances + between)
        return float(weight @ (values - weight @ values / weight.sum()) ** 2) - (len(values) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    high = 10.0 * float(np.var(values) + variances.max())
    return float(brentq(excess, 0.0, high, xtol=1e-15))
