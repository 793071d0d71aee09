"""Sessions per patient in, the slopes of later relief on relief right after out that no effect at all would give.

Two readings of one pain go together whatever helps. How much of that a model's slope shows depends on the model and on
how often patients came: between patients usual pain is shared, within them it drops out, and a random intercept weighs
the two by its variance. So a benchmark is computed for the very model it stands beside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from outcomes.models import Floats
from outcomes.models.chance.variation import Variation

__all__ = ["ROUNDING", "null_slopes"]

ROUNDING = 1.0 / 12.0
"""Variance that rounding to whole points adds to a reading (Sheppard)."""
_READINGS = ("post", "pre", "48h")


def null_slopes(
    sessions: npt.ArrayLike, variation: Variation | None = None, *, bad_days: bool = False
) -> dict[str, float]:
    """Slopes of later relief on relief right after, at equal baseline, with no effect at all.

    Parameters
    ----------
    sessions : array_like
        Sessions with both reliefs of each patient.
    variation : Variation, optional
        Spreads; the published ones by default.
    bad_days : bool
        Of patients who book when worse than usual, in place of visits booked ahead.

    Returns
    -------
    dict of str to float
        ``within patients`` and ``between patients``, of Mundlak's split; ``all sessions``, of the model with a random
        intercept and one slope. Missing where the sessions cannot tell.

    Notes
    -----
    The readings of a session have covariance ``w`` around the patient's usual pain, whose variance ``u`` they share. A
    patient of ``n`` sessions adds ``(n - 1) w`` to the squares and products within and ``(w + n u) / (1 + n r)`` to
    those between, ``r`` the ratio of the model's variances. The slopes are those of these expected squares and
    products, ``r`` the one that maximizes the likelihood expected with them. The ends of the scale are left out.

    Flares of those who come on a bad day are the upper part of a normal law, cut where its mean is the published one.
    They vary less than all flares, so that usual pain, which all readings share, counts for more: over all sessions and
    between patients the slope is steeper, within patients it is flatter.

    Examples
    --------
    >>> {part: round(slope, 2) for part, slope in null_slopes([1, 2, 3, 4, 5]).items()}
    {'within patients': 0.14, 'between patients': 0.4, 'all sessions': 0.28}
    >>> {part: round(slope, 2) for part, slope in null_slopes([1, 2, 3, 4, 5], bad_days=True).items()}
    {'within patients': 0.1, 'between patients': 0.44, 'all sessions': 0.35}
    """
    n, patients = np.unique(np.asarray(sessions, dtype=np.float64), return_counts=True)
    if not len(n):
        return dict.fromkeys(("within patients", "between patients", "all sessions"), np.nan)
    day, usual = _covariances(variation or Variation.published(), bad_days)
    within = day * float(patients @ (n - 1.0))

    def between(ratio: float) -> Floats:
        weight = patients / (1.0 + n * ratio)
        return day * float(weight.sum()) + usual * float(weight @ n)

    def whole(ratio: float) -> Floats:
        return within + between(ratio)

    def depth(left: Callable[[float], float]) -> Callable[[float], float]:
        return lambda ratio: float((patients @ n) * np.log(left(ratio)) + patients @ np.log1p(n * ratio))

    repeated = bool(within.any())
    split = _least(depth(lambda ratio: _left(between(ratio)) + (_left(within) if repeated else 0.0)))
    common = _least(depth(lambda ratio: _left(whole(ratio))))
    return {
        "within patients": _slope(within) if repeated else np.nan,
        "between patients": _slope(between(split)),
        "all sessions": _slope(whole(common)),
    }


def _covariances(variation: Variation, bad_days: bool) -> tuple[Floats, Floats]:
    """Covariances of the three readings around usual pain, and of usual pain."""
    day = np.array(
        [[variation.covariance(one, other, within=True) for other in _READINGS] for one in _READINGS]
    )
    if bad_days:
        kept = np.array(
            [variation.correlation_of_flares("post"), 1.0, variation.correlation_of_flares("48h")]
        )
        narrower = (1.0 - _flare_left(variation.booking_flare)) * variation.flare_sd**2
        day -= narrower * np.outer(kept, kept)
    return day + ROUNDING * np.eye(3), np.full((3, 3), variation.usual_pain_sd**2)


def _flare_left(mean: float) -> float:
    """Share of its variance that a standard normal law keeps when it is cut from below so as to have a mean."""
    from scipy.optimize import brentq

    if mean <= 0.0:
        return 1.0
    cut = float(brentq(lambda at: np.exp(norm.logpdf(at) - norm.logsf(at)) - mean, -10.0, 10.0))
    return 1.0 + cut * mean - mean**2


def _slope(products: Floats) -> float:
    """Slope of the later reading on the one right after, at equal reading before."""
    return float(np.linalg.solve(products[:2, :2], products[:2, 2])[0])


def _left(products: Floats) -> float:
    """Squares of the later reading that both readings before leave."""
    return float(products[2, 2] - products[2, :2] @ np.linalg.solve(products[:2, :2], products[:2, 2]))


def _least(depth: Callable[[float], float]) -> float:
    """Ratio of the variances at which a deviance is least; zero where that is at the boundary."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda log: depth(float(np.exp(log))), bounds=(-12.0, 5.0), method="bounded")
    ratio = float(np.exp(found.x))
    return ratio if depth(ratio) < depth(0.0) else 0.0
