"""Errors and degrees of freedom of combinations: closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.satterthwaite import TOO_FEW_DEGREES, tidy


def test_a_contrast_between_patients_has_their_degrees_of_freedom(rng):
    """Two groups of patients, balanced: Welch without the welching, a t-test of patients' means."""
    person = np.repeat(np.arange(16), 3)
    frame = pd.DataFrame({"patient_id": person, "arm": np.where(person < 8, "a", "b")})
    frame["y"] = 2 * rng.normal(size=16)[person] + rng.normal(size=48)
    row = fit_mixed("y ~ arm + (1 | patient_id)", frame).contrasts("arm", against="a").iloc[0]
    means = frame.groupby(["arm", "patient_id"])["y"].mean()
    test = stats.ttest_ind(means["a"], means["b"])
    assert abs(row["statistic"]) == pytest.approx(abs(test.statistic), rel=1e-8)
    assert row["df"] == pytest.approx(14, rel=1e-7)
    assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-6)


def test_a_contrast_within_patients_has_the_degrees_left_within(rng):
    person, time = np.repeat(np.arange(10), 2), np.tile(["pre", "post"], 10)
    frame = pd.DataFrame({"patient_id": person, "time": time})
    frame["y"] = 2 * rng.normal(size=10)[person] + rng.normal(size=20)
    row = fit_mixed("y ~ time + (1 | patient_id)", frame).contrasts("time", against="pre").iloc[0]
    wide = frame.pivot_table(index="patient_id", columns="time", values="y")
    test = stats.ttest_rel(wide["post"], wide["pre"])
    assert abs(row["statistic"]) == pytest.approx(abs(test.statistic), rel=1e-8)
    assert row["df"] == pytest.approx(9, rel=1e-7)


def test_rows_are_t_intervals_and_a_row_without_errors_says_why():
    columns = (np.array([1.0, 2.0]), np.array([0.5, np.nan]), np.array([7.0, np.nan]), ["", TOO_FEW_DEGREES])
    frame = tidy({"term": ["a", "b"]}, columns, 0.9, test=True)
    low, high = stats.t.interval(0.9, 7, loc=1.0, scale=0.5)
    assert frame.loc[0, ["conf_low", "conf_high"]].tolist() == pytest.approx([low, high])
    assert frame.loc[0, "p_value"] == pytest.approx(2 * stats.t(7).sf(2.0))
    assert frame["note"].tolist() == ["", TOO_FEW_DEGREES]
    assert frame.loc[1, ["conf_low", "p_value"]].isna().all()
