"""Slopes with no effect: the mixed model's own, from readings drawn as the law says, and least squares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from outcomes.models.chance.slopes import ROUNDING, null_slopes
from outcomes.models.chance.variation import Variation, null_slope
from outcomes.questions.relation import within_between_slopes


def drawn(sizes: np.ndarray, *, bad_days: bool = False) -> pd.DataFrame:
    """Whole-point readings of patients who come so often, on a scale whose ends are far away.

    On bad days the flare is one of the worse half, whose mean is 0.8 standard deviations, as published.
    """
    v, rng = Variation.published(), np.random.default_rng(7)
    person = np.repeat(np.arange(len(sizes)), sizes)
    usual = rng.normal(50, v.usual_pain_sd, len(sizes))[person]
    r = v.flare_correlation_48h
    flare = rng.multivariate_normal([0, 0], v.flare_sd**2 * np.array([[1, r], [r, 1]]), len(person))
    if bad_days:
        worse = np.abs(flare[:, 0])
        flare = np.column_stack([worse, flare[:, 1] + r * (worse - flare[:, 0])])
    error = rng.normal(0, v.reading_error_sd, (len(person), 3))
    pre, post, later = np.round(usual[:, None] + flare[:, [0, 0, 1]] + error).T
    return pd.DataFrame(
        {
            "patient_id": person.astype(str), "condition": "neck_pain", "session_number": 1, "pain_pre": pre,
            "pain_relief_post": pre - post, "pain_relief_48h": pre - later,
        }
    )  # fmt: skip


@pytest.mark.parametrize("most", [2, 6])
def test_each_slope_is_that_of_the_model_fitted_to_20000_sessions_without_any_effect(most):
    sizes = np.random.default_rng(1).integers(1, most + 1, int(40_000 / (1 + most)))
    slopes = within_between_slopes(drawn(sizes)).set_index("part")
    distance = (slopes["estimate"] - slopes["null_benchmark"]) / slopes["std_error"]
    assert len(distance) == 3
    assert (distance.abs() < 3).all()
    assert slopes["null_benchmark"].to_dict() == pytest.approx(null_slopes(sizes))
    assert slopes["std_error"].max() < 0.03


def test_on_bad_days_too():
    sizes = np.random.default_rng(1).integers(1, 7, 6000)
    slopes = within_between_slopes(drawn(sizes, bad_days=True)).set_index("part")
    distance = (slopes["estimate"] - slopes["null_benchmark_flare"]) / slopes["std_error"]
    assert (distance.abs() < 3).all()
    ahead = (slopes["estimate"] - slopes["null_benchmark"]) / slopes["std_error"]
    assert (ahead.abs() > 3).any()
    assert slopes["null_benchmark_flare"].to_dict() == pytest.approx(null_slopes(sizes, bad_days=True))


def test_where_nobody_books_in_a_flare_both_ends_are_one():
    even = replace(Variation.published(), booking_flare=0.0)
    assert null_slopes([1, 2, 3], even, bad_days=True) == pytest.approx(null_slopes([1, 2, 3], even))


def test_one_session_a_patient_is_least_squares():
    found, v = null_slopes(np.ones(50)), Variation.published()
    c, d = v.covariance("post", "48h"), v.covariance("post", "pre")
    expected = c / (v.variance + ROUNDING + d)
    assert found["all sessions"] == pytest.approx(expected)
    assert found["between patients"] == pytest.approx(expected)
    assert np.isnan(found["within patients"])
    assert expected == pytest.approx(null_slope(), abs=0.005)


def test_with_ever_more_sessions_only_the_slope_within_patients_is_left():
    few, many, most = (null_slopes(np.full(50, n))["all sessions"] for n in (2, 10, 2000))
    assert few > many > most
    assert most == pytest.approx(null_slopes([2])["within patients"], abs=0.01)


def test_without_a_session_no_slope_is_known():
    assert np.isnan(list(null_slopes([]).values())).all()
