"""Adjusted p-values against statsmodels, which the module does without."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mixed.marginal_means import adjusted

FAMILIES = [
    [0.01, 0.02, 0.03],
    [0.04, 0.001, 0.04, 0.2, 0.9, 1.0],
    [0.0, 0.0, 1e-300, 0.5],
    [0.3, np.nan, 0.01, np.nan, 0.02],
    *np.random.default_rng(7).uniform(0, 0.2, (20, 13)).tolist(),
]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("adjust", ["holm", "fdr_bh"])
def test_adjusted_agrees_with_statsmodels(family: list[float], adjust: str) -> None:
    from statsmodels.stats.multitest import multipletests

    values = np.array(family)
    present = ~np.isnan(values)
    expected = values.copy()
    expected[present] = multipletests(values[present], method=adjust)[1]
    np.testing.assert_allclose(adjusted(values, adjust), expected, rtol=1e-14)


@pytest.mark.parametrize("adjust", ["holm", "fdr_bh", "none"])
@pytest.mark.parametrize("family", [[], [np.nan, np.nan], [0.02], [0.02, np.nan]])
def test_a_family_of_one_or_none_stays_as_it_is(family: list[float], adjust: str) -> None:
    np.testing.assert_array_equal(adjusted(np.array(family, dtype=float), adjust), family)


def test_not_adjusting_and_the_input_stay_untouched() -> None:
    values = np.array([0.01, 0.02])
    adjusted(values, "holm")
    assert values.tolist() == [0.01, 0.02]
    assert adjusted(values, "none").tolist() == [0.01, 0.02]
