"""Profile-likelihood intervals of variance components.

In comes a likelihood (of full, not restricted, maximum likelihood: lme4 profiles that too), out comes for each variance
the interval of values whose deviance, minimised over everything else, is within a chi-squared quantile of the least.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize, special

from outcomes.models import Floats
from outcomes.models.mixed.likelihood import Likelihood
from outcomes.models.newton import attempt, minimise

__all__ = ["variance_intervals"]

REACH = 40.0
"""An end is sought so far on the logarithmic scale; one that lies further off (1e17 times) is as good as none."""


def variance_intervals(
    likelihood: Likelihood, conf_level: float, places: Sequence[int]
) -> list[tuple[float, float]]:
    """Intervals of some variances.

    Parameters
    ----------
    likelihood : Likelihood
        Its deviance is profiled as it is; pass one with ``reml=False`` for lme4's intervals.
    conf_level : float
    places : sequence of int
        Which variances: positions among the ratios, and after the last of them the residual's.

    Returns
    -------
    list of (float, float)
        In the units of the likelihood's response; NaN where the profile cannot be followed.
    """
    best = likelihood.optimum()
    f = likelihood.profile(best.ratios)
    residual = f.rss / likelihood.degrees
    limit = best.deviance + float(special.chdtri(1, 1.0 - conf_level))
    variances = np.append(best.ratios * residual, residual)
    return [_interval(likelihood, place, variances, limit) for place in places]


def _interval(likelihood: Likelihood, place: int, variances: Floats, limit: float) -> tuple[float, float]:
    """Both ends of the interval of one variance."""

    def over(log_value: float) -> float:
        return _least(likelihood, place, log_value, variances) - limit

    residual = place == likelihood.n_ratios
    low: float = np.nan
    floor = np.log(variances[-1]) - 14.0
    if not residual and _least(likelihood, place, -np.inf, variances) <= limit:
        low = 0.0
    elif variances[place] > 0:
        low = _crossing(over, np.log(variances[place]), -1.0)
    start = np.log(variances[place]) if variances[place] > 0 else floor
    return low, _crossing(over, start, 1.0)


def _crossing(over: Callable[[float], float], start: float, direction: float) -> float:
    """Where the profile crosses the limit, going up or down from `start` on the logarithmic scale."""
    step, inside = 0.25, start
    if not over(start) < 0:
        return np.nan  # the profile lies above its own least value: rounding is all there is to follow
    while abs(inside - start) < REACH:
        outside = inside + direction * step
        value = over(outside)
        if not np.isfinite(value):
            return np.nan
        if value > 0:
            root = optimize.brentq(over, inside, outside, xtol=1e-11, rtol=1e-13)
            return float(np.exp(root))
        inside, step = outside, min(step * 1.6, 4.0)
    return np.nan


def _least(likelihood: Likelihood, place: int, log_value: float, variances: Floats) -> float:
    """Least deviance with one variance held; the other components may be zero."""
    k = likelihood.n_ratios
    free = [i for i in likelihood.free if i != place]
    held = [place] if place < k and np.isfinite(log_value) else []
    fallback = np.log(variances[-1]) - 2.0
    best = np.inf
    for active in itertools.chain.from_iterable(
        itertools.combinations(free, size) for size in range(len(free) + 1)
    ):
        chosen = sorted([*active, *held])
        start = [np.log(variances[i]) if variances[i] > 0 else fallback for i in chosen]
        point = np.array([*start, np.log(variances[-1])])
        fixed = chosen.index(place) if held else len(chosen) if place == k else None
        if fixed is not None:
            point[fixed] = log_value
        best = min(best, _minimum(likelihood, chosen, point, fixed))
    return best


def _minimum(likelihood: Likelihood, active: list[int], point: Floats, fixed: int | None) -> float:
    """Least deviance over the log variances of `point` but the fixed one."""
    full = likelihood.full(active)
    moving = [i for i in range(len(point)) if i != fixed]

    def at(moved: Floats) -> Floats:
        whole = point.copy()
        whole[moving] = moved
        return whole

    def function(moved: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, hessian = full(at(moved))
        return value, gradient[moving], hessian[np.ix_(moving, moving)]

    found = minimise(function, point[moving], bounded=False)
    return np.inf if found is None else attempt(function, found)[0]
