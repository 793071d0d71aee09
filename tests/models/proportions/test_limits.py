"""Exact limits of a share: what the binomial distribution says of them."""

from __future__ import annotations

import pytest
from scipy import stats

from outcomes.models.proportions.limits import exact_limits


@pytest.mark.parametrize(("met", "patients"), [(1, 12), (7, 30), (29, 30)])
def test_at_each_limit_the_count_is_as_unlikely_as_the_level_says(met, patients):
    low, high = exact_limits(met, patients, 0.9)
    assert stats.binom(patients, low).sf(met - 1) == pytest.approx(0.05, rel=1e-8)
    assert stats.binom(patients, high).cdf(met) == pytest.approx(0.05, rel=1e-8)


def test_none_and_all_have_one_open_end():
    assert exact_limits(0, 20, 0.95)[0] == 0.0
    assert exact_limits(20, 20, 0.95)[1] == 1.0
    assert exact_limits(0, 20, 0.95)[1] == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-10)
