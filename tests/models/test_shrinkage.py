"""Shrunken estimates against R (tests/reference/relation) and a case by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from outcomes.models.shrinkage import between_variance, shrunk

HERE = Path(__file__).parents[1] / "reference" / "relation"


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((HERE / "relation.json").read_text())


def test_shrunken_slopes_are_the_best_linear_predictions(reference):
    slopes, errors = np.array([0.2, 0.5, 0.35, 0.9, 0.1]), np.array([0.1, 0.15, 0.2, 0.12, 0.3])
    found = shrunk(slopes, errors, 0.95)
    assert found["estimate"] == pytest.approx(reference["shrunk"], rel=1e-8)
    assert found["std_error"] == pytest.approx(reference["errors"], rel=1e-8)


def test_slopes_without_spread_are_all_the_common_one():
    slopes, errors = np.array([0.30, 0.31, 0.29, np.nan]), np.full(4, 0.2)
    found = shrunk(slopes, errors, 0.95)
    assert found["estimate"][:3] == pytest.approx([0.3] * 3)
    assert np.isnan(found["estimate"][3])


def test_two_groups_are_left_as_they_are():
    found = shrunk(np.array([0.1, 0.9]), np.array([0.1, 0.1]), 0.95)
    assert found["estimate"].tolist() == [0.1, 0.9]
    assert found["conf_high"] == pytest.approx([0.1 + 1.959964 * 0.1, 0.9 + 1.959964 * 0.1])


def test_with_equal_errors_the_variance_between_is_that_of_the_estimates_less_the_error():
    values = np.array([1.0, 2.0, 3.0, 6.0])
    assert between_variance(values, np.full(4, 0.5)) == pytest.approx(values.var(ddof=1) - 0.5)
