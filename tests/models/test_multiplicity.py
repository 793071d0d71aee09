"""Adjusted p-values against R's p.adjust (4.2.2)."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.errors import EstimationError
from outcomes.models.multiplicity import adjusted

EIGHT = [0.013, 0.021, 0.0004, 0.049, 0.11, 0.34, 0.34, 0.72]
CASES = [
    ([0.04, 0.001, 0.04, 0.2, 0.9, 1.0], "holm", [0.2, 0.006, 0.2, 0.6, 1.0, 1.0]),
    ([0.04, 0.001, 0.04, 0.2, 0.9, 1.0], "fdr_bh", [0.08, 0.006, 0.08, 0.3, 1.0, 1.0]),
    ([0.3, np.nan, 0.01, np.nan, 0.02], "holm", [0.3, np.nan, 0.03, np.nan, 0.04]),
    ([0.3, np.nan, 0.01, np.nan, 0.02], "fdr_bh", [0.3, np.nan, 0.03, np.nan, 0.03]),
    ([0.0, 0.0, 1e-300, 0.5], "holm", [0.0, 0.0, 2e-300, 0.5]),
    (EIGHT, "holm", [0.0910, 0.1260, 0.0032, 0.2450, 0.44, 1.0, 1.0, 1.0]),
    (EIGHT, "fdr_bh", [0.052, 0.056, 0.0032, 0.098, 0.176, 0.3885714285714286, 0.3885714285714286, 0.72]),
]


@pytest.mark.parametrize(("family", "adjust", "expected"), CASES)
def test_adjusted_agrees_with_r(family, adjust, expected) -> None:
    np.testing.assert_allclose(adjusted(np.array(family), adjust), expected, rtol=1e-14)


@pytest.mark.parametrize("adjust", ["holm", "fdr_bh", "none"])
@pytest.mark.parametrize("family", [[], [np.nan, np.nan], [0.02], [0.02, np.nan]])
def test_a_family_of_one_or_none_stays_as_it_is(family, adjust) -> None:
    np.testing.assert_array_equal(adjusted(np.array(family, dtype=float), adjust), family)


def test_not_adjusting_and_the_input_stay_untouched() -> None:
    values = np.array([0.01, 0.02])
    adjusted(values, "holm")
    assert values.tolist() == [0.01, 0.02]
    assert adjusted(values, "none").tolist() == [0.01, 0.02]


def test_unknown_adjustments_are_refused() -> None:
    with pytest.raises(EstimationError, match="fdr_bh"):
        adjusted(np.array([0.01]), "bonferroni")
