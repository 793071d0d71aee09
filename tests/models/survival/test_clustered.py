"""Designs made orthonormal, likelihood terms against numerical derivatives, logit against scipy."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.survival.clustered import design_of, fit_logit
from outcomes.models.tall import BLOCK


@pytest.mark.parametrize("rows", [30, 3 * BLOCK, 3 * BLOCK + 1])
def test_design_is_orthonormal_over_sessions_and_goes_back(rng, rows):
    columns = [np.ones(rows), 1e6 + rng.normal(size=rows), rng.integers(0, 2, rows)]
    matrix = np.column_stack(columns).astype(float)
    weight = rng.integers(1, 9, rows).astype(float)
    design = design_of(matrix, ("a", "b", "c"), weight)
    gram = design.columns.T @ (weight[:, None] * design.columns) / weight.sum()
    np.testing.assert_allclose(gram, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(matrix @ design.back, design.columns, atol=1e-5)


def test_later_columns_that_say_nothing_new_are_dropped(rng):
    x = rng.normal(size=50)
    matrix = np.column_stack([np.ones(50), x, 2 * x - 3, x**2, np.zeros(50)])
    assert design_of(matrix, tuple("abcde"), np.ones(50)).kept.tolist() == [True, True, False, True, False]


def test_logit_with_an_intercept_alone_is_the_share_and_its_clustered_error(rng):
    patient = rng.integers(0, 25, 150)
    happened = rng.random(150) < 0.3
    design = design_of(np.ones((1, 1)), ("a",), np.array([150.0]))
    fit = fit_logit(design, np.zeros(150, dtype=np.int64), patient, happened)
    share = happened.mean()
    back = design.back[0, 0]
    assert back * fit.values[0] == pytest.approx(np.log(share / (1 - share)), rel=1e-10)
    moved = np.bincount(patient, weights=happened - share)
    error = np.sqrt((moved**2).sum()) / 150 / (share * (1 - share))
    assert abs(back) * np.sqrt(fit.covariance[0, 0]) == pytest.approx(error, rel=1e-9)
