"""Quantities as people write them: each text with what it says, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.intake.quantity import Quantity, plain_text, quantity


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("7", Quantity(7, 7)),
        ("7/10", Quantity(7, 7, out_of=10)),
        ("7 out of 10", Quantity(7, 7, out_of=10)),
        ("65 / 100", Quantity(65, 65, out_of=100)),
        ("6,5", Quantity(6.5, 6.5, comma=True)),
        (".5", Quantity(0.5, 0.5)),
        ("5-6", Quantity(5, 6)),
        ("5 – 6", Quantity(5, 6)),
        ("5 to 6", Quantity(5, 6)),
        ("between 5 and 6", Quantity(5, 6)),
        (">10", Quantity(10, 10, "more")),
        ("10+", Quantity(10, 10, "more")),
        ("10 or more", Quantity(10, 10, "more")),
        ("≥ 10", Quantity(10, 10, "more")),
        ("less than 3", Quantity(3, 3, "less")),
        ("~4", Quantity(4, 4, about=True)),
        ("4ish", Quantity(4, 4, about=True)),
        ("45 deg", Quantity(45, 45, unit="deg")),
        ("45°", Quantity(45, 45, unit="°")),
        ("3 twitches", Quantity(3, 3, unit="twitches")),
        ("-1", Quantity(-1, -1)),
        ("seven", Quantity(7, 7)),
        ("7 - severe", Quantity(7, 7, words="severe")),
        ("severe (7)", Quantity(7, 7, words="severe")),
        ("7?", Quantity(7, 7, words="?")),
        ("a couple of days", Quantity(2, 2, about=True, unit="days")),
        ("4 kg/cm2", Quantity(4, 4, unit="kg/cm2")),
    ],
)
def test_what_a_text_says(text: str, says: Quantity) -> None:
    assert quantity(text) == says


@pytest.mark.parametrize(
    "text", ["", "several", "6-5", "1,200", "3/5/2024", "12:30", "5 of 7", "L4/5", "5 6", "2024-05-03"]
)
def test_what_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


@given(st.integers(0, 100), st.integers(0, 100), st.sampled_from(["-", " - ", " to ", "–", " or "]))
def test_two_numbers_are_a_range_where_they_rise(first: int, second: int, between: str) -> None:
    found = quantity(f"{first}{between}{second}")
    if first <= second:
        assert (found.low, found.high) == (first, second)
        assert found.exact == (first == second)
    else:
        assert found is None


@given(st.decimals(0, 100, places=2))
def test_a_decimal_comma_is_a_decimal_point(number) -> None:
    point, comma = quantity(f"{number}"), quantity(f"{number}".replace(".", ","))
    assert point.low == float(number)
    assert (comma.low, comma.comma, point.comma) == (point.low, True, False)


def test_plain_text() -> None:
    assert plain_text("  Not  SORE.") == "not sore"
    assert plain_text("1—2\xa0d’s") == "1-2 d's"
    assert plain_text(".") == "."
