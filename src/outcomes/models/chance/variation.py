"""How pain varies with no effect at all: usual pain, the day's flare, reading error, and the later reading they imply.

Readings before and after are jointly normal, rounded to whole points and cut at 0 and 10. The spreads are data
(``reference/variation.csv``), most of them assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

from outcomes.record.reference import read_reference

__all__ = ["POINTS", "Variation", "later_readings", "pain_on_the_day", "reading_chances"]

Floats = npt.NDArray[np.float64]
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
        return self.usual_pain_sd**2 + self.flare_sd**2 + self.reading_error_sd**2

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
    covariance = variation.usual_pain_sd**2 + shared * variation.flare_sd**2
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
