"""Variances of a fit: closed forms, intervals, what cannot be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"


def balanced(rng, patients=9, sessions=4):
    effect = np.repeat(rng.normal(size=patients), sessions)
    return pd.DataFrame(
        {
            "patient_id": np.repeat(np.arange(patients), sessions),
            "y": 3 + effect + rng.normal(size=patients * sessions) / 2,
        }
    )


def test_balanced_one_way_layout_is_the_analysis_of_variance(rng):
    frame = balanced(rng)
    fit = fit_mixed("y ~ 1 + (1 | patient_id)", frame)
    means = frame.groupby("patient_id")["y"].mean()
    within = frame.groupby("patient_id")["y"].var().mean()
    between = means.var() - within / 4
    row = fit.coefficients.iloc[0]
    assert row["estimate"] == pytest.approx(means.mean(), rel=1e-12)
    assert row["std_error"] == pytest.approx(means.std() / 3, rel=1e-9)
    assert row["df"] == pytest.approx(8, rel=1e-8)
    assert fit.variance_components["variance"].tolist() == pytest.approx([between, within], rel=1e-8)
    assert fit.intraclass_correlation == pytest.approx(between / (between + within), rel=1e-8)


def test_boundary_is_least_squares_and_said(rng):
    frame = pd.read_csv(REFERENCE / "made_boundary.csv")
    fit = fit_mixed("y ~ x + (1 | id)", frame)
    line = stats.linregress(frame["x"], frame["y"])
    assert fit.variance_components["variance"].iloc[0] == 0
    assert fit.coefficients["std_error"].iloc[1] == pytest.approx(line.stderr, rel=1e-10)
    assert any("zero" in note for note in fit.notes)


def test_one_clinic_cannot_show_how_clinics_differ(frame):
    fit = fit_mixed("y ~ x + (1 | clinic/patient_id)", frame.assign(clinic="only"))
    plain = fit_mixed("y ~ x + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, plain.coefficients, rtol=1e-9)
    assert fit.variance_components.set_index("group").loc["clinic"].iloc[:4].isna().all()


def two_means(seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    patient, group = np.repeat(np.arange(60), 3), np.tile(["a", "b", "c"], 60)
    x = rng.normal(size=180) + (group == "a")
    y = x + rng.normal(size=60)[patient] + rng.normal(size=180)
    return pd.DataFrame({"y": y, "x": x, "group": group, "patient": patient, "clinic": patient // 10})


@pytest.mark.parametrize("groups", ["patient", "clinic/patient"])
def test_one_variance_and_its_interval_are_those_of_all_of_them(groups):
    fit = fit_mixed(f"y ~ x + (1 | {groups})", two_means())
    parts = fit.variance_components
    pd.testing.assert_frame_equal(fit.variances, parts.drop(columns=["conf_low", "conf_high"]))
    for row in parts.to_dict("records"):
        assert fit.variance_interval(row["group"]) == pytest.approx((row["conf_low"], row["conf_high"]))
