"""The average clinic and the spread of clinics against R's metafor; one more clinic in simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from outcomes.models.random_effects import among_clinics

REFERENCE = Path(__file__).resolve().parents[1] / "reference/random_effects/among_clinics.csv"
MEANS = np.array([0.62, 0.95, 0.71, 1.30, 0.40, 0.88])
ERRORS = np.array([0.11, 0.15, 0.09, 0.22, 0.13, 0.30])


def test_the_average_clinic_and_the_spread_agree_with_metafor():
    known = pd.read_csv(REFERENCE).iloc[0]
    found = among_clinics(MEANS, ERRORS)
    for name in ("estimate", "conf_low", "conf_high", "sd_between"):
        assert found[name] == pytest.approx(known[name], rel=1e-8)
    further = t.ppf(0.975, len(MEANS) - 2) * np.hypot(known["sd_between"], known["std_error"])
    assert found["predicted_high"] - found["estimate"] == pytest.approx(further, rel=1e-8)
    assert found["estimate"] - found["predicted_low"] == pytest.approx(further, rel=1e-8)


def test_clinics_that_do_not_differ_have_no_spread_and_no_interval_narrower_than_their_own_errors_give():
    alike = np.array([1.0, 1.01, 0.99, 1.0])
    found = among_clinics(alike, np.full(4, 0.2))
    assert found["sd_between"] == 0.0
    assert found["conf_high"] - found["estimate"] == pytest.approx(t.ppf(0.975, 3) * 0.2 / 2)


def test_one_more_clinic_lies_in_the_range_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(400):
        errors = rng.uniform(0.1, 0.3, 8)
        clinics = rng.normal(0.8, 0.4, 9)
        found = among_clinics(clinics[:8] + rng.normal(0, errors), errors)
        inside.append(found["predicted_low"] <= clinics[8] <= found["predicted_high"])
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
