"""One model per group: against lme4 per group, and nlme with variances of their own in one model."""

from __future__ import annotations

import json
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from outcomes.errors import EstimationError
from outcomes.models.mixed.each import fit_each
from outcomes.models.mixed.fit import fit_mixed

REFERENCE = Path(__file__).parents[2] / "reference" / "means"


@pytest.fixture(scope="module")
def spread():
    return pd.read_csv(REFERENCE / "spread.csv")


@pytest.fixture(scope="module")
def expected():
    return json.loads((REFERENCE / "means.json").read_text())


def test_each_group_is_the_fit_of_lme4_to_it_alone(spread, expected):
    each = fit_each("y ~ 0 + group + x + (1 | patient_id)", spread, "group")
    slopes = each.coefficients[each.coefficients["term"] == "x"].set_index("group")
    means = each.marginal_means().set_index("group")
    assert sorted(slopes.index) == sorted(expected["lmer"])
    for group, lmer in expected["lmer"].items():
        for row, (estimate, error, df) in (
            (slopes.loc[group], lmer["slope"]),
            (means.loc[group], lmer["mean"]),
        ):
            assert row["estimate"] == pytest.approx(estimate, rel=1e-5, abs=1e-6)
            assert row["std_error"] == pytest.approx(error, rel=1e-5)
            assert row["df"] == pytest.approx(df, rel=1e-3)


def test_it_is_one_model_with_variances_of_their_own(spread, expected):
    """nlme: residual variance by varIdent, patient variance by pdDiag; its optimiser stops at about 1e-6."""
    each = fit_each("y ~ 0 + group + x + (1 | patient_id)", spread, "group").coefficients
    slopes = each[each["term"] == "x"].set_index("group")
    assert len(slopes) == 3
    for group, (estimate, error) in expected["nlme"].items():
        assert slopes.loc[group, "estimate"] == pytest.approx(estimate, abs=1e-6)
        assert slopes.loc[group, "std_error"] == pytest.approx(error, rel=1e-5)


def test_a_common_model_would_have_the_error_of_the_widest_in_the_narrowest(spread):
    common = (
        fit_mixed("y ~ 0 + group + x + (1 | patient_id)", spread).marginal_means("group").set_index("group")
    )
    each = (
        fit_each("y ~ 0 + group + x + (1 | patient_id)", spread, "group").marginal_means().set_index("group")
    )
    assert common.loc["narrow", "std_error"] > 5 * each.loc["narrow", "std_error"]
    assert common.loc["degrees", "std_error"] < each.loc["degrees", "std_error"]


def test_baseline_error_is_in_the_mean_and_can_be_left_out(spread):
    each = fit_each("y ~ 0 + group + x + (1 | patient_id)", spread, "group")
    narrow = spread[spread["group"] == "narrow"]
    with_error = fit_mixed("y ~ 1 + (1 | patient_id)", narrow).coefficients.iloc[0]
    row = each.marginal_means().set_index("group").loc["narrow"]
    assert row[["estimate", "std_error", "df"]].tolist() == pytest.approx(
        with_error[["estimate", "std_error", "df"]].tolist(), rel=1e-9
    )
    own = fit_mixed("y ~ 0 + group + x + (1 | patient_id)", narrow).marginal_means("group").iloc[0]
    held = each.marginal_means(baseline_error=False).set_index("group").loc["narrow"]
    assert held["std_error"] == pytest.approx(own["std_error"], rel=1e-12)


def test_frames_and_tables_agree(spread):
    lazy = ibis.memtable(pa.Table.from_pandas(spread, preserve_index=False))
    ours, theirs = (
        fit_each("y ~ 0 + group + x + (1 | patient_id)", table, "group").marginal_means()
        for table in (spread.astype({"group": "category"}), lazy)
    )
    pd.testing.assert_frame_equal(ours.astype({"group": "str"}), theirs.astype({"group": "str"}), rtol=1e-9)


def test_a_level_without_a_fit_says_why(spread):
    frame = spread.assign(x=spread["x"].where(spread["group"] != "narrow"))
    each = fit_each("y ~ 0 + group + x + (1 | patient_id)", frame, "group")
    row = each.marginal_means().set_index("group").loc["narrow"]
    assert np.isnan(row["estimate"])
    assert row["note"].startswith("no estimate")
    assert each.coefficients.set_index("group").loc["narrow", "note"].startswith("no estimate")
    with pytest.raises(EstimationError, match="nobody"):
        fit_each("y ~ x + (1 | patient_id)", spread, "nobody")
