"""Predictions of patients: the best linear unbiased ones, from the covariance matrix written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.fit import fit_mixed


@pytest.mark.parametrize("formula", ["y ~ x + (1 | patient_id)", "y ~ x + (1 | clinic_id/patient_id)"])
def test_a_patients_prediction_is_the_conditional_mean(rng, formula):
    person = np.repeat(np.arange(12), rng.integers(1, 5, 12))
    frame = pd.DataFrame({"patient_id": person, "clinic_id": person % 3, "x": rng.normal(size=len(person))})
    frame["y"] = (
        frame["x"]
        + 3 * rng.normal(size=3)[person % 3]
        + 2 * rng.normal(size=12)[person]
        + rng.normal(size=len(person))
    )
    fit = fit_mixed(formula, frame)
    population = fit.predict(frame).to_numpy()
    g = fit.ratios[0] * (person[:, None] == person)
    if len(fit.ratios) > 1:
        g = g + fit.ratios[1] * (person[:, None] % 3 == person % 3)
    rest = frame["y"].to_numpy() - population
    expected = population + g @ np.linalg.solve(np.eye(len(frame)) + g, rest)
    assert fit.predict(frame, level="patient").to_numpy() == pytest.approx(expected, rel=1e-9)
