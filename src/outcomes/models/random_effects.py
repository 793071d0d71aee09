"""One estimate a clinic in, the average clinic, the spread of clinics and the range of one more out."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from outcomes.models import Floats

__all__ = ["among_clinics"]


def among_clinics(estimate: Floats, std_error: Floats, *, conf_level: float = 0.95) -> dict[str, float]:
    """Combine the estimates of three or more clinics that may truly differ.

    Parameters
    ----------
    estimate, std_error : ndarray, shape (clinics,)
    conf_level : float

    Returns
    -------
    dict of str to float
        ``estimate``, ``conf_low`` and ``conf_high`` of the average clinic; ``sd_between``, the standard deviation of
        clinics' true values; ``predicted_low`` and ``predicted_high``, where the true value of one more clinic lies.

    Notes
    -----
    The variance between clinics is Paule and Mandel's (statsmodels); the interval is Hartung and Knapp's, never
    narrower than without their correction [1]_; the prediction interval is that of Higgins, Thompson and
    Spiegelhalter on ``clinics - 2`` degrees of freedom [2]_.

    References
    ----------
    .. [1] Roever, Knapp & Friede (2015), BMC Med Res Methodol 15:99.
    .. [2] Higgins, Thompson & Spiegelhalter (2009), J R Stat Soc A 172:137.

    Examples
    --------
    >>> found = among_clinics(np.array([1.0, 1.5, 2.0, 3.0]), np.full(4, 0.1))
    >>> round(found["estimate"], 3), round(found["sd_between"], 2), round(found["predicted_high"], 2)
    (1.875, 0.85, 5.96)
    """
    from statsmodels.stats.meta_analysis import combine_effects

    found = combine_effects(estimate, std_error**2, method_re="iterated", use_t=True)
    mean, k = float(found.mean_effect_re), len(estimate)
    between = max(float(found.tau2), 0.0)
    error = max(float(found.sd_eff_w_re), float(found.sd_eff_w_re_hksj))
    reach = float(stdtrit(k - 1, 0.5 + conf_level / 2.0)) * error
    further = float(stdtrit(k - 2, 0.5 + conf_level / 2.0)) * float(np.sqrt(between + error**2))
    return {
        "estimate": mean,
        "conf_low": mean - reach,
        "conf_high": mean + reach,
        "sd_between": float(np.sqrt(between)),
        "predicted_low": mean - further,
        "predicted_high": mean + further,
    }
