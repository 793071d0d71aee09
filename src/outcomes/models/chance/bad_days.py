"""The hardest benchmark of no effect: everybody comes only on a bad day.

Comes in: how much worse than usual a day must be for a patient to come. Goes out: the spreads of pain with the mean
flare of such days, for :func:`outcomes.expected_change` and :func:`outcomes.null_benchmark`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from outcomes.models.chance.variation import Variation
from outcomes.record.plan import active_plan

__all__ = ["BAD_DAY_POINTS", "on_bad_days"]

BAD_DAY_POINTS = active_plan().benchmark.bad_day
"""A day counts as bad where pain is more than so many points above usual."""


def on_bad_days(points: float = BAD_DAY_POINTS, *, variation: Variation | None = None) -> Variation:
    """Spreads of pain where every patient comes on a day at least so much worse than usual.

    Parameters
    ----------
    points : float
        Points above usual.
    variation : Variation, optional
        The published spreads by default.

    Returns
    -------
    Variation
        With ``booking_flare`` the mean of a normal flare above the cut: ``phi(c) / (1 - Phi(c))`` standard deviations.

    Examples
    --------
    >>> round(on_bad_days().booking_flare, 3)
    1.265
    """
    known = variation or Variation.published()
    cut = points / known.flare_sd
    mean = float(np.exp(-0.5 * cut**2) / np.sqrt(2.0 * np.pi) / ndtr(-cut))
    return replace(known, booking_flare=mean)
