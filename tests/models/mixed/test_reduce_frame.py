"""Frames as they come: types of text and numbers, missing and infinite values, batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments


def test_input_is_never_changed(frame):
    before = frame.copy(deep=True)
    fit_mixed("log(x + 10) ~ a + (1 | patient_id)", frame).predict(frame, "patient")
    pd.testing.assert_frame_equal(frame, before)


def test_missing_values_of_every_kind_leave_their_rows_out(frame):
    holes = frame.assign(
        y=frame["y"].astype("Float64").mask(frame.index == 3),
        x=frame["x"].mask(frame.index == 4),
        a=frame["a"].astype(object).mask(frame.index == 5, None),
        patient_id=frame["patient_id"].mask(frame.index == 6),
    )
    fit = fit_mixed("y ~ x + a + (1 | patient_id)", holes)
    expected = fit_mixed("y ~ x + a + (1 | patient_id)", frame.drop(index=[3, 4, 5, 6]))
    assert fit.n_missing == 4
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


@pytest.mark.parametrize(
    "dtype",
    ["str", "object", "category", "string[pyarrow]", "string[python]"],
)
def test_text_of_every_kind_is_a_factor(frame, dtype):
    fit = fit_mixed("y ~ a + (1 | patient_id)", frame.astype({"a": dtype, "patient_id": dtype}))
    expected = fit_mixed("y ~ a + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["int8", "Int64", "float32", "double[pyarrow]", "int64[pyarrow]", "uint16"])
def test_numbers_of_every_kind_are_numbers(frame, rng, dtype):
    frame = frame.assign(k=rng.integers(0, 9, len(frame)))
    fit = fit_mixed("y ~ k + (1 | patient_id)", frame.astype({"k": dtype}))
    expected = fit_mixed("y ~ k + (1 | patient_id)", frame)
    pd.testing.assert_frame_equal(fit.coefficients, expected.coefficients, rtol=1e-12)


def test_categories_give_the_order_and_empty_ones_drop_out(frame):
    order = pd.CategoricalDtype(["z", "w", "v", "u"], ordered=True)
    fit = fit_mixed("y ~ a + (1 | patient_id)", frame.astype({"a": order}))
    assert fit.coefficients["term"].tolist() == ["Intercept", "a[T.v]", "a[T.u]"]
    assert fit.marginal_means("a")["a"].tolist() == ["w", "v", "u"]
    assert any("z" in note for note in fit.notes)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("column", ["x", "y"])
def test_infinite_values_are_named(frame, column, bad):
    frame.loc[7, column] = bad
    with pytest.raises(EstimationError, match=f"`{column}`"):
        fit_mixed("y ~ x + (1 | patient_id)", frame)


def test_logarithm_of_zero_is_infinite_and_of_less_is_missing(frame):
    frame = frame.assign(k=np.where(np.arange(60) < 3, -1.0, 2.0 + np.arange(60)))
    assert fit_mixed("y ~ log(k) + (1 | patient_id)", frame).n_missing == 3
    frame.loc[9, "k"] = 0.0
    with pytest.raises(EstimationError, match=r"log\(k\)"):
        fit_mixed("y ~ log(k) + (1 | patient_id)", frame)


def test_no_rows_and_no_complete_rows_are_refused(frame):
    with pytest.raises(EstimationError, match="no rows"):
        fit_mixed("y ~ x + (1 | patient_id)", frame.iloc[:0])
    with pytest.raises(EstimationError, match=r"x \(60\)"):
        fit_mixed("y ~ x + (1 | patient_id)", frame.assign(x=np.nan))


def test_patients_in_batches_are_patients_at_once(frame, monkeypatch):
    whole = reduce_moments("y ~ x * a + (1 | patient_id)", frame)
    monkeypatch.setattr("outcomes.models.mixed.reduce_frame.BATCH_CELLS", 30)
    parts = reduce_moments("y ~ x * a + (1 | patient_id)", frame)
    np.testing.assert_allclose(parts.classes, whole.classes, rtol=1e-12, atol=1e-12)
    assert parts.level_patients == whole.level_patients
