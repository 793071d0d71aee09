"""Predictions of two nested models in, a test of whether the larger one predicts better out, clustered on patients.

Of a useless predictor the larger model predicts worse, not equally well: it spends error on a coefficient that is zero.
So a plain gain in squared error is below zero without meaning it, and its interval must not be read against zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr

from outcomes.models import Floats
from outcomes.models.means import cr2_error

__all__ = ["clark_west"]


def clark_west(
    actual: Floats, smaller: Floats, larger: Floats, patients: npt.NDArray[Any]
) -> dict[str, float]:
    """Test whether a larger model predicts new patients better than a smaller one it contains.

    Parameters
    ----------
    actual : ndarray, shape (sessions,)
    smaller, larger : ndarray, shape (sessions,)
        Predictions of sessions whose patients the models have not seen. Sessions that lack one are left out.
    patients : ndarray, shape (sessions,)

    Returns
    -------
    dict
        ``estimate`` (mean gain in squared error, with what the larger model's own noise costs given back; squared
        units of the outcome), ``std_error, df, statistic``, and ``p_value``, one-sided: small where the larger model
        predicts better. Missing with fewer than two patients, or where both predict alike.

    Notes
    -----
    The mean of ``(y - s)^2 - (y - l)^2 + (s - l)^2`` over sessions, against zero, its error clustered on patients as in
    :func:`outcomes.models.means.clustered_means`. If the smaller model is right its expectation is zero [1]_.

    References
    ----------
    .. [1] Clark & West (2007), J Econom 138:291.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 3.0, 4.0])
    >>> found = clark_west(y, np.full(4, 2.5), y * 0.5 + 1.25, np.arange(4))
    >>> round(found["estimate"], 3), round(found["p_value"], 3)
    (1.25, 0.06)
    """
    gain = (actual - smaller) ** 2 - (actual - larger) ** 2 + (smaller - larger) ** 2
    known = np.isfinite(gain) & ~pd.isna(patients)
    person = pd.factorize(patients[known])[0]
    n = np.bincount(person).astype(np.float64)
    nothing = dict.fromkeys(("estimate", "std_error", "df", "statistic", "p_value"), float("nan"))
    if len(n) < 2 or np.ptp(gain[known]) == 0.0:
        return nothing
    estimate = float(gain[known].mean())
    residual = np.bincount(person, weights=gain[known]) - n * estimate
    std_error, df = cr2_error(np.ones(len(n)), n, residual**2)
    statistic = estimate / std_error
    found = {"estimate": estimate, "std_error": std_error, "df": df, "statistic": statistic}
    return nothing | found | {"p_value": float(stdtr(df, -statistic))}
