"""Minima of smooth functions of a few numbers, to the last digits: what every likelihood here is climbed by.

In comes a function with its gradient and Hessian, out comes the point of its minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from outcomes.models import Floats

__all__ = ["LOG_HIGH", "LOG_LOW", "Function", "attempt", "minimise", "minimum"]

LOG_LOW, LOG_HIGH = -25.0, 20.0
"""Bounds of the logarithm of a variance ratio that is not zero."""


Function: TypeAlias = Callable[[Floats], tuple[float, Floats, Floats]]


def minimise(function: Function, start: Floats, *, bounded: bool = True, reach: float = 3.0) -> Floats | None:
    """Newton's method with damped steps.

    Parameters
    ----------
    function : callable
        Value, gradient and Hessian at a point.
    start : ndarray, shape (k,)
    bounded : bool
        Keep within the bounds of a log ratio, and stop once one is as good as zero. Otherwise stop as soon as the
        value no longer changes, for that is all a profile needs.
    reach : float
        Longest step along any axis.

    Returns
    -------
    ndarray, shape (k,), or None
        The minimum, or None if none was found within a hundred steps.
    """
    if len(start) == 0:
        return start
    point = start
    value, gradient, hessian = attempt(function, point)
    for _ in range(100):
        if not np.isfinite(value):
            return None
        step = -_solved(hessian, gradient)
        step *= min(1.0, reach / float(np.abs(step).max() or 1.0))
        for _ in range(40):
            trial = np.clip(point + step, LOG_LOW, LOG_HIGH) if bounded else point + step
            following = attempt(function, trial)
            close = abs(following[0] - value) <= 1e-11 * (1.0 + abs(value))
            if following[0] <= value or (close and np.abs(step).max() < 1e-3):
                break
            step = step / 2.0
        else:
            return point
        moved, gained = float(np.abs(trial - point).max()), value - following[0]
        point, (value, gradient, hessian) = trial, following
        if moved <= 1e-11 or (not bounded and abs(gained) <= 1e-12 * (1.0 + abs(value))):
            return point
        if bounded and point.min() <= LOG_LOW:
            return point
        if moved <= 1e-7 and float(np.abs(_solved(hessian, gradient)).max()) >= moved:
            return point  # rounding: Newton no longer improves
    return None


def attempt(function: Function, point: Floats) -> tuple[float, Floats, Floats]:
    """The function at a point, infinite where rounding leaves no likelihood or no finite number."""
    try:
        with np.errstate(all="ignore"):
            found = function(point)
    except np.linalg.LinAlgError:
        found = np.inf, point, point
    if all(np.isfinite(part).all() for part in found):
        return found
    return np.inf, np.zeros(len(point)), np.eye(len(point))


def minimum(function: Function, start: Floats) -> Floats:
    """The minimum by Newton's method, or by a slower one where that does not settle."""
    point = minimise(function, start)
    if point is not None:
        return point
    from scipy import optimize

    def value(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return attempt(function, at)[0]

    bounds = optimize.Bounds(np.full(len(start), LOG_LOW), np.full(len(start), LOG_HIGH))
    slower = optimize.minimize(
        value, start.reshape(-1), method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9}
    )
    return np.asarray(slower.x, dtype=np.float64)


def _solved(hessian: Floats, gradient: Floats) -> Floats:
    """Newton direction, turned downhill where the function is not convex."""
    if len(gradient) == 1:
        curvature = abs(float(hessian[0, 0]))
        return gradient / max(curvature, 1e-12 * (1.0 + abs(float(gradient[0]))))
    values, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(values), 1e-10 * max(1e-300, float(np.abs(values).max())))
    return np.asarray(vectors @ ((vectors.T @ gradient) / size))
