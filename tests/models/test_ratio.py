"""The ratio of two sums, its error against the jackknife and R's survey package (tests/reference/relation)."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.ratio import clustered_error, ratio_of_sums


def test_the_error_is_near_that_of_leaving_each_patient_out(rng):
    patients = np.repeat(np.arange(200), 3)
    below = rng.uniform(2, 6, 600) + rng.uniform(0, 2, 200)[patients]
    above = 0.5 * below + rng.normal(0, 1, 200)[patients] + rng.normal(0, 1, 600)
    ratio, error = ratio_of_sums(above, below, patients)
    without = np.array([above[patients != k].sum() / below[patients != k].sum() for k in range(200)])
    assert ratio == above.sum() / below.sum()
    assert error == pytest.approx(np.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum()), rel=0.01)


def test_with_one_session_each_the_error_of_a_sum_is_the_plain_one(rng):
    values = rng.normal(0, 1, 50)
    error = clustered_error(values - values.mean(), np.arange(50))
    assert error == pytest.approx(np.sqrt(50) * values.std(ddof=1))
