"""Rounded figures: multiples of the unit, as near as can be, and outward where a range must hold what it rounds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.disclosure.rounding import (
    between,
    fraction_above,
    fraction_below,
    nice,
    rounded,
    significant,
    unit_of,
)

UNITS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
FIGURES = st.floats(-1e4, 1e4).map(lambda value: round(value, 4))


@given(FIGURES, st.sampled_from(UNITS), st.sampled_from([-1, 0, 1]))
def test_a_multiple_of_the_unit_on_the_side_asked_for(value: float, unit: float, outward: int) -> None:
    found = rounded(value, unit, outward=outward)
    times = Fraction(found).limit_denominator(10**6) / Fraction(unit).limit_denominator(1000)
    assert times.denominator == 1
    assert abs(found - value) <= (unit / 2 if not outward else unit) + 1e-6
    assert outward == 0 or (found - value) * outward >= -1e-6
    assert rounded(found, unit, outward=outward) == pytest.approx(found), "twice is as good as once"


def test_halves_go_up_and_no_zero_is_negative() -> None:
    assert [rounded(value, 1.0) for value in (0.5, 1.5, 2.5, -0.5, -1.5)] == [1, 2, 3, 0, -1]
    assert str(rounded(-0.2, 1.0)) == "0.0"


@given(st.floats(1e-6, 1e6))
def test_the_largest_step_that_is_no_greater(most: float) -> None:
    step = nice(most)
    digits = f"{step:.6e}"
    assert digits[0] in "125"
    assert float(digits.split("e")[0]) in (1.0, 2.0, 5.0)
    assert step <= most * (1 + 1e-8) < step * 2.5 * (1 + 1e-6)


@given(st.floats(-10, 10), st.floats(0.01, 5))
def test_a_unit_is_no_more_than_half_the_half_width(middle: float, half: float) -> None:
    unit = unit_of(middle - half, middle + half)
    assert unit <= half / 2 * (1 + 1e-6)
    assert unit > half / 2 / 2.51
    assert unit_of(middle, middle) is None
    assert unit_of(middle, float("nan")) is None


@given(st.floats(0.02, 0.98))
def test_fractions_in_words_hold_the_share_between_them(share: float) -> None:
    above, below = fraction_above(share), fraction_below(share)
    assert below - 1e-6 <= share <= above + 1e-6
    said = [Fraction(*map(int, text.split(" in "))) for text in between(below, above).split(" to ")]
    assert list(map(float, said)) == pytest.approx([below, above])
    assert fraction_above(0.995) is fraction_below(0.005) is None


@pytest.mark.parametrize(
    ("value", "digits", "found"), [(0.0467, 1, 0.05), (131.4, 2, 130), (-0.00123, 2, -0.0012)]
)
def test_significant_digits(value: float, digits: int, found: float) -> None:
    assert significant(value, digits) == found
