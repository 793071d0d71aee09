"""Likelihood-ratio tests of two fits of the same records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"


def test_compare_is_the_likelihood_ratio_test(frame):
    small = fit_mixed("y ~ x + (1 | patient_id)", frame, method="ML")
    large = fit_mixed("y ~ x + a + (1 | patient_id)", frame, method="ML")
    row = large.compare(small).iloc[0]
    assert row["df"] == 2
    assert row["statistic"] == pytest.approx(2 * (large.log_likelihood - small.log_likelihood))
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], 2))
    pd.testing.assert_frame_equal(small.compare(large), large.compare(small))


def test_compare_refuses_what_cannot_be_compared(frame):
    small = fit_mixed("y ~ x + (1 | patient_id)", frame)
    with pytest.raises(EstimationError, match='method="ML"'):
        small.compare(fit_mixed("y ~ x + a + (1 | patient_id)", frame))
    with pytest.raises(EstimationError, match="ML"):
        small.compare(fit_mixed("y ~ x + (1 | patient_id)", frame, method="ML"))
    with pytest.raises(EstimationError, match="different records"):
        small.compare(fit_mixed("y ~ x + (1 | patient_id)", frame.iloc[:50]))
    with pytest.raises(EstimationError, match="another fit"):
        small.compare("other")


def test_a_clinic_variance_is_tested_by_compare():
    frame = pd.read_csv(REFERENCE / "made_nested.csv")
    small, large = (fit_mixed(f"y ~ x + (1 | {g})", frame) for g in ("id", "clinic/id"))
    row = large.compare(small).iloc[0]
    assert row["df"] == 1
    assert row["statistic"] >= 0
