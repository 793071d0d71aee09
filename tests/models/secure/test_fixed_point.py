"""Fixed-point numbers modulo a power of two: sums are those of exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.errors import ReductionError
from outcomes.models.secure.fixed_point import MOST_PARTS, WIDTH, added, decoded, encoded, negated

NUMBERS = st.floats(-(2.0**119), 2.0**119, allow_nan=False)


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=20))
def test_a_modular_sum_is_the_exact_sum_of_the_rounded_numbers(parts) -> None:
    exact = [
        sum(Fraction(round(Fraction(v) * 2**64), 2**64) for v in column)
        for column in zip(*parts, strict=True)
    ]
    assert decoded(added([encoded(part) for part in parts])) == [float(value) for value in exact]


@given(st.lists(NUMBERS, max_size=5), st.binary(min_size=5 * WIDTH, max_size=5 * WIDTH))
def test_a_mask_and_what_cancels_it_leave_nothing(values, mask) -> None:
    mask = mask[: WIDTH * len(values)]
    plain = encoded(values)
    assert added([plain, mask, negated(mask)]) == plain


@given(st.lists(st.integers(-(2**53), 2**53).map(float), max_size=5))
def test_whole_numbers_are_held_exactly(values) -> None:
    assert decoded(encoded(values)) == values


def test_as_many_of_the_largest_as_may_be_added_stay_within() -> None:
    most = 2.0**120 * (1 - 2.0**-53)
    for sign in (1.0, -1.0):
        assert decoded(added([encoded([sign * most])] * MOST_PARTS)) == [sign * most * MOST_PARTS]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 2.0**120, -(2.0**120)])
def test_what_has_no_place_is_refused(value) -> None:
    with pytest.raises(ReductionError, match="below 2\\^120"):
        encoded([1.0, value])
