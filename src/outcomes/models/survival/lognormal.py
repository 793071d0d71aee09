"""Hours of soreness, known exactly or between bounds, in; a log-normal model with clustered errors out.

``log(hours) = predictor + scale * error`` with a standard normal error. Exact, right-, left- and interval-censored
hours each add their own term to the likelihood: nothing is replaced by a midpoint and nothing censored is
dropped. Fitted in Olsen's parameters (``1 / scale`` and ``coefficients / scale``), in which the log-likelihood is
concave, so that Newton's method cannot go astray.

References
----------
.. [1] Olsen (1978), Econometrica 46:1211.
.. [2] Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time Data, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from outcomes.models import Flags, Floats, Ints
from outcomes.models.survival.clustered import Design, Terms, maximise

__all__ = ["LogNormal", "fit_lognormal"]

HALF_LOG_TWO_PI = 0.5 * float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class LogNormal:
    """A fitted model.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (q,)
        Of the design's kept terms: change in log hours.
    scale : float
        Standard deviation of log hours around the prediction.
    covariance : numpy.ndarray, shape (q + 1, q + 1)
        Of the coefficients and ``log(scale)``, clustered on patients.
    unbounded : numpy.ndarray of bool, shape (q,)
        Coefficients the records do not bound.
    scale_known : bool
        Whether the records bound the scale.
    log_likelihood : float
        Of the hours (not of their logarithms), as R's ``survreg`` gives it.
    converged : bool
    """

    coefficients: Floats
    scale: float
    covariance: Floats
    unbounded: Flags
    scale_known: bool
    log_likelihood: float
    converged: bool


def fit_lognormal(design: Design, pattern: Ints, patient: Ints, bounds: tuple[Floats, Floats]) -> LogNormal:
    """Fit the model.

    Parameters
    ----------
    design : Design
    pattern, patient : numpy.ndarray of int, shape (n,)
        Distinct covariate row, and patient, of each session.
    bounds : tuple of numpy.ndarray, shape (n,)
        ``(lower, upper]`` hours: equal where known, ``upper`` infinite where still sore when last asked,
        ``lower`` zero where only the end is known.

    Returns
    -------
    LogNormal
    """
    with np.errstate(divide="ignore"):
        low, high = np.log(bounds[0]), np.log(bounds[1])
    start = _first_guess(design, low, high)
    fit = maximise(design, pattern, patient, lambda x, further: _terms(low, high, x, further), start)
    gamma, tau = fit.values[:-1], fit.values[-1]
    turn = np.block(
        [
            [design.back / tau, -(design.back @ gamma)[:, None] / tau**2],
            [np.zeros((1, len(gamma))), np.array([[-1.0 / tau]])],
        ]
    )
    return LogNormal(
        coefficients=design.back @ gamma / tau,
        scale=float(1.0 / tau),
        covariance=turn @ fit.covariance @ turn.T,
        unbounded=design.unbounded(fit.flat),
        scale_known=bool(np.all(np.abs(fit.flat[-1]) < 1e-6)),
        log_likelihood=fit.log_likelihood,
        converged=fit.converged,
    )


def _first_guess(design: Design, low: Floats, high: Floats) -> Floats:
    """Start with one level for all, at the middle of whatever is known, and a scale of one."""
    known = np.where(
        np.isfinite(low) & np.isfinite(high), (low + high) / 2.0, np.where(np.isfinite(low), low, high)
    )
    columns = design.columns
    level = np.linalg.lstsq(columns.T @ columns, columns.sum(axis=0) * known.mean(), rcond=None)[0]
    return np.append(level, 1.0)


def _terms(low: Floats, high: Floats, predictor: Floats, tau: float) -> Terms:
    """Terms in Olsen's parameters: the predictor over the scale, and ``tau = 1 / scale``."""
    exact = low == high
    y = np.where(exact, low, 0.0)
    z, inverse = tau * y - predictor, 1.0 / tau
    terms = Terms(
        value=np.log(tau) - 0.5 * z**2 - HALF_LOG_TWO_PI - y,
        slope=z,
        curve=np.full(len(z), -1.0),
        slope_b=inverse - z * y,
        curve_b=-(inverse**2) - y**2,
        cross=y,
    )
    if not exact.all():
        between = _between(low[~exact], high[~exact], predictor[~exact], tau)
        for name, values in vars(between).items():
            getattr(terms, name)[~exact] = values
    return terms


def _between(low: Floats, high: Floats, predictor: Floats, tau: float) -> Terms:
    """Terms of log(Phi(b) - Phi(a)) with a = tau low - predictor and b likewise; infinite bounds allowed."""
    a, b = tau * low - predictor, tau * high - predictor
    mirrored = a > 0
    lesser, greater = np.where(mirrored, -b, a), np.where(mirrored, -a, b)
    top, bottom = log_ndtr(greater), log_ndtr(lesser)
    value = top + np.log(-np.expm1(np.minimum(bottom - top, -1e-300)))
    at_a, at_b = _density_ratio(a, value), _density_ratio(b, value)
    a, b = np.where(np.isfinite(a), a, 0.0), np.where(np.isfinite(b), b, 0.0)
    u, v = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    curve_aa, curve_bb, curve_ab = a * at_a - at_a**2, -b * at_b - at_b**2, at_a * at_b
    return Terms(
        value=value,
        slope=at_a - at_b,
        curve=curve_aa + curve_bb + 2.0 * curve_ab,
        slope_b=v * at_b - u * at_a,
        curve_b=u**2 * curve_aa + v**2 * curve_bb + 2.0 * u * v * curve_ab,
        cross=-(u * curve_aa + v * curve_bb + (u + v) * curve_ab),
    )


def _density_ratio(at: Floats, log_share: Floats) -> Floats:
    """Normal density at a bound over the share between the bounds; zero at an infinite bound."""
    return np.exp(
        np.where(np.isfinite(at), -0.5 * np.where(np.isfinite(at), at, 0.0) ** 2, -np.inf)
        - HALF_LOG_TWO_PI
        - log_share
    )
