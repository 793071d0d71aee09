"""How pain varies with no effect at all: usual pain, the day's flare, reading error, and the later reading they imply.

Readings before and after are jointly normal, rounded to whole points and cut at 0 and 10. The spreads are data
(``reference/variation.csv``), most of them assumed. The hardest benchmark of no effect is :func:`on_bad_days`:
everybody comes only on a day clearly worse than usual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from outcomes.models import Floats
from outcomes.record.plan import active_plan
from outcomes.record.reference import read_reference

__all__ = [
    "POINTS",
    "Variation",
    "later_readings",
    "null_correlation",
    "null_slope",
    "on_bad_days",
    "pain_on_the_day",
    "reading_chances",
    "share_apart",
]

POINTS = np.arange(11.0)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True)
class Variation:
    """How pain varies with no effect at all, in points of 0-10 (correlations without unit).

    Attributes
    ----------
    usual_pain_sd, flare_sd, reading_error_sd : float
        Spread of usual pain between patients, of the day's flare, and of a reading.
    flare_correlation_48h, flare_correlation_post : float
        Between the flare at the session and at the later reading.
    booking_flare : float
        Mean flare on the day, in flare SDs, where patients book when worse than usual.
    """

    usual_pain_sd: float
    flare_sd: float
    reading_error_sd: float
    flare_correlation_48h: float
    flare_correlation_post: float
    booking_flare: float

    @classmethod
    def published(cls) -> Variation:
        """Read the values that ship in ``reference/variation.csv``, each with its source and status."""
        return cls(**{row["name"]: float(row["value"]) for row in read_reference("variation")})

    @property
    def variance(self) -> float:
        """Variance of one reading."""
        return self.covariance("pre", "pre")

    def covariance(self, one: str, other: str, *, within: bool = False) -> float:
        """Covariance of two readings of one patient's pain with no effect at all, points squared.

        Parameters
        ----------
        one, other : {"pre", "post", "48h"}
        within : bool
            Of deviations from the patient's usual pain, in place of over all patients.
        """
        usual = 0.0 if within else self.usual_pain_sd**2
        if one == other:
            return usual + self.flare_sd**2 + self.reading_error_sd**2
        return (
            usual + self.correlation_of_flares("48h" if "48h" in (one, other) else "post") * self.flare_sd**2
        )

    def correlation_of_flares(self, time: str) -> float:
        """Correlation of the flare at the session with the one at the later reading (``"post"`` or ``"48h"``)."""
        return self.flare_correlation_post if time == "post" else self.flare_correlation_48h


def later_readings(
    pain_pre: float | Floats,
    pain_on_the_day: float | Floats,
    time: str,
    variation: Variation,
    *,
    flare: float = 0.0,
) -> Floats:
    """Probabilities of a later reading of 0, 1, ..., 10 given the pain before, with no effect.

    Parameters
    ----------
    pain_pre : float or ndarray, shape (n,)
        Reading before the session, 0-10.
    pain_on_the_day : float or ndarray, shape (n,)
        Mean, before rounding to 0-10, of the readings at first sessions.
    time : {"post", "48h"}
    variation : Variation
    flare : float
        How much of that mean is flare, points: 0 for sessions booked in advance.

    Returns
    -------
    numpy.ndarray, shape (11,) or (n, 11)
        Summing to one.
    """
    shared = variation.correlation_of_flares(time)
    covariance = variation.covariance("pre", time)
    slope = covariance / variation.variance
    spread = np.sqrt(variation.variance - covariance * slope)
    reading, mean = (np.asarray(value, dtype=np.float64)[..., None] for value in (pain_pre, pain_on_the_day))
    before, weight = _within_reading(reading, mean, np.sqrt(variation.variance))
    later = mean - (1.0 - shared) * flare + slope * (before - mean)
    return np.asarray((weight[..., None, :] @ reading_chances(later, spread))[..., 0, :])


def _within_reading(reading: Floats, mean: Floats, spread: float) -> tuple[Floats, Floats]:
    """Quadrature over the unrounded pain that gives a reading: nodes, and weights summing to one."""
    low = np.where(reading <= 0, np.minimum(mean - 9.0 * spread, reading - 0.5), reading - 0.5)
    high = np.where(reading >= 10, np.maximum(mean + 9.0 * spread, reading + 0.5), reading + 0.5)
    at = (low + high) / 2.0 + (high - low) / 2.0 * NODES
    height = -0.5 * ((at - mean) / spread) ** 2
    weight = WEIGHTS * np.exp(height - height.max(axis=-1, keepdims=True))
    return at, weight / weight.sum(axis=-1, keepdims=True)


def reading_chances(mean: Floats, spread: float) -> Floats:
    """Probabilities of readings 0..10 (last axis) of normal laws with the given means (the other axes)."""
    below = ndtr((POINTS[:-1] + 0.5 - mean[..., None]) / spread)
    chances = np.empty((*below.shape[:-1], len(POINTS)))
    chances[..., 0], chances[..., -1] = below[..., 0], 1.0 - below[..., -1]
    chances[..., 1:-1] = below[..., 1:] - below[..., :-1]
    return chances


@lru_cache(maxsize=4096)
def pain_on_the_day(mean_reading: float, variation: Variation) -> float:
    """Find the mean before rounding and the floor and ceiling whose readings have the given mean."""
    spread = float(np.sqrt(variation.variance))

    def excess(mean: float) -> float:
        return float(reading_chances(np.array([mean]), spread)[0] @ POINTS) - mean_reading

    low, high = -10.0, 20.0
    if excess(low) >= 0 or excess(high) <= 0:
        return low if excess(low) >= 0 else high
    return float(brentq(excess, low, high, xtol=1e-12))


def share_apart(points: int = 2) -> float:
    """Share of pairs of readings of unchanged pain, in whole points, that differ by so many points or more.

    Notes
    -----
    Pain lies anywhere between two whole points, far from the ends of the scale; each reading has its own error.
    """
    spread = Variation.published().reading_error_sd
    chances = reading_chances(5.0 + NODES / 2.0, spread)
    far = np.abs(np.subtract.outer(POINTS, POINTS)) >= points
    return float(WEIGHTS / 2.0 @ np.einsum("ni,ij,nj->n", chances, far, chances))


def null_slope(*, within: bool = False, variation: Variation | None = None) -> float:
    """Slope of later relief on relief right after, at equal baseline, with no effect at all.

    Parameters
    ----------
    within : bool
        Of the deviations from each patient's own mean, in place of over all sessions.
    variation : Variation, optional
        Spreads; the published ones by default.

    Returns
    -------
    float

    Notes
    -----
    Readings before and right after have variance v and covariance d (same usual pain, same flare), each covariance c
    with the later one; the slope at equal baseline is ``c / (v + d)``. Within patients usual pain drops out. Rounding
    and the ends of the scale are left out. It is the slope of least squares, over patients of one session; that of a
    model is :func:`outcomes.models.chance.slopes.null_slopes`.

    Examples
    --------
    >>> round(null_slope(), 2), round(null_slope(within=True), 2)
    (0.31, 0.14)
    """
    v, c, d = _same_and_later(variation or Variation.published(), within=within)
    return c / (v + d)


def null_correlation(*, equal_baseline: bool) -> float:
    """Correlation within patients of relief right after with later relief, with no effect at all.

    Parameters
    ----------
    equal_baseline : bool
        At equal pain before, in place of plain, where both reliefs share it.
    """
    v, c, d = _same_and_later(Variation.published(), within=True)
    if equal_baseline:
        left = (v - d**2 / v) * (v - c**2 / v)
        return float((c - d * c / v) / np.sqrt(left))
    return float((v - d - c + c) / np.sqrt((2 * v - 2 * d) * (2 * v - 2 * c)))


def _same_and_later(variation: Variation, *, within: bool) -> tuple[float, float, float]:
    """Variance of a reading, its covariance with a later one, and with another of the same day."""
    v, c, d = (variation.covariance("post", time, within=within) for time in ("post", "48h", "pre"))
    return v, c, d


def on_bad_days(points: float | None = None) -> Variation:
    """Spreads of pain where every patient comes on a day at least so much worse than usual: the hardest benchmark.

    Parameters
    ----------
    points : float, optional
        Points above usual; by default the plan's.

    Returns
    -------
    Variation
        With ``booking_flare`` the mean of a normal flare above the cut: ``phi(c) / (1 - Phi(c))`` standard deviations.

    Examples
    --------
    >>> round(on_bad_days().booking_flare, 3)
    1.265
    """
    known = Variation.published()
    cut = (active_plan().benchmark.bad_day if points is None else points) / known.flare_sd
    mean = float(np.exp(-0.5 * cut**2) / np.sqrt(2.0 * np.pi) / ndtr(-cut))
    return replace(known, booking_flare=mean)
