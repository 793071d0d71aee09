"""Profile intervals of variances, where a closed form is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from outcomes.models.mixed.fit import fit_mixed


def test_the_residuals_interval_without_patients_is_that_of_a_normal_sample(rng):
    """Patients who do not differ: the deviance of a normal sample's variance, solved for both ends."""
    person = np.tile(np.arange(10), 4)
    y = rng.normal(size=40)
    y -= pd.Series(y).groupby(person).transform("mean")  # nothing between patients
    frame = pd.DataFrame({"patient_id": person, "y": y})
    fit = fit_mixed("y ~ 1 + (1 | patient_id)", frame)
    low, high = fit.variance_interval("Residual")
    ss, n, cut = float((y - y.mean()) @ (y - y.mean())), 40, stats.chi2(1).ppf(0.95)

    def over(v):
        return n * np.log(v) + ss / v - (n * np.log(ss / n) + n) - cut

    assert low == pytest.approx(optimize.brentq(over, ss / n / 20, ss / n), rel=1e-6)
    assert high == pytest.approx(optimize.brentq(over, ss / n, ss / n * 20), rel=1e-6)


def test_a_variance_that_may_be_zero_has_an_interval_from_zero(rng):
    person = np.repeat(np.arange(10), 4)
    frame = pd.DataFrame({"patient_id": person, "y": rng.normal(size=40)})
    low, high = fit_mixed("y ~ 1 + (1 | patient_id)", frame).variance_interval("patient_id")
    assert low == 0.0
    assert high > 0.0
