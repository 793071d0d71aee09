"""Numbers in words: as people round them, shares as people count them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.words import (
    about_in_ten,
    count_text,
    counted,
    half_up,
    in_ten,
    interval_text,
    number,
    percent,
    percent_text,
    tenths,
)

MISSING = [float("nan"), None, pd.NA, float("inf")]


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        *[(0.15, 1, 0.2), (0.25, 1, 0.3), (0.35, 1, 0.4), (0.45, 1, 0.5), (1.95, 1, 2.0), (2.675, 2, 2.68)],
        *[
            (0.14999, 1, 0.1),
            (0.24999, 1, 0.2),
            (0.3499, 1, 0.3),
            (0.5, 0, 1.0),
            (1.5, 0, 2.0),
            (2.5, 0, 3.0),
        ],
        *[(-0.25, 1, -0.3), (-0.15, 1, -0.2), (-0.24, 1, -0.2), (3.3 - 1.3 - 0.5, 0, 2.0), (0.1, 0, 0.0)],
        *[(1e15 + 1, 0, 1e15), (0.0, 1, 0.0), (12_345.65, 1, 12_345.7)],
    ],
)
def test_halves_go_away_from_zero_however_binary_holds_them(value, digits, rounded):
    assert half_up(value, digits) == rounded


@given(st.integers(-10_000, 10_000), st.integers(0, 2))
def test_every_hundredth_is_rounded_as_its_decimal_is(hundredths, digits):
    """By exact decimals, and through a sum that is off in its last bits."""
    exact = Decimal(hundredths).scaleb(-2).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert half_up(hundredths / 100, digits) == float(exact)
    assert half_up((hundredths + 130) / 100 - 1.3, digits) == float(exact)


@pytest.mark.parametrize(
    ("share", "people"),
    [
        *[(0.0, 0), (0.049, 0), (0.05, 1), (0.1, 1), (0.149, 1), (0.15, 2), (0.24, 2), (0.25, 3), (0.26, 3)],
        *[(0.34, 3), (0.35, 4), (0.45, 5), (0.55, 6), (0.65, 7), (0.75, 8), (0.849, 8), (0.85, 9), (0.94, 9)],
        *[(0.95, 10), (1.0, 10), (0.1 + 0.05, 2), (0.3 - 0.05, 3), (1 - 0.65, 4)],
    ],
)
def test_shares_are_counted_to_the_nearest_of_ten_people_halves_up(share, people):
    assert tenths(share) == people


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_tenths_of_counts_are_those_of_exact_fractions(counts):
    met, sessions = counts
    exact = int(Fraction(met, sessions) * 10 + Fraction(1, 2))
    assert tenths(met / sessions) == exact
    said = {0: "fewer than 1 in 10", 10: "more than 9 in 10"}.get(exact, f"about {exact} in 10")
    assert in_ten(met / sessions) == said


@given(st.floats(0.0, 1.0))
def test_an_estimate_and_its_benchmark_agree_when_the_shares_are_equal(share):
    """In a sentence, on a chart, as the end of an interval: never two tenths for one share."""
    words, chart, people = in_ten(share), about_in_ten(share), tenths(share)
    assert 0 <= people <= 10
    assert (words == chart) is (1 <= people <= 9)
    assert in_ten(share, share, share) == words
    if 0.05 <= share <= 0.9:
        assert in_ten(share, share, share + 0.1) == f"{words} (likely {people} to {tenths(share + 0.1)})"


def test_one_card_rounds_one_way():
    assert in_ten(0.25) == about_in_ten(0.25) == "about 3 in 10"
    assert in_ten(0.31, 0.15, 0.45) == "about 3 in 10 (likely 2 to 5)"


@pytest.mark.parametrize(
    ("share", "words", "chart"),
    [
        (0.02, "fewer than 1 in 10", "fewer than 1 in 20"),
        (0.97, "more than 9 in 10", "nearly everyone"),
        (0.0, "fewer than 1 in 10", "nobody recorded"),
        (1.0, "more than 9 in 10", "everyone recorded"),
        (float("nan"), "an unknown share", "cannot say"),
    ],
)
def test_the_ends_are_not_said_as_tenths(share, words, chart):
    assert (in_ten(share), about_in_ten(share)) == (words, chart)


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        *[(-1.26, 1, "−1.3"), (-0.01, 1, "0.0"), (-0.04, 1, "0.0"), (0.25, 1, "0.3"), (1234.5, 0, "1,235")],
        *[
            (1_234_567.0, 0, "1,234,567"),
            (-0.05, 1, "−0.1"),
            (2, 1, "2.0"),
            *[(gap, 1, "—") for gap in MISSING],
        ],
    ],
)
def test_numbers_have_a_minus_sign_and_no_minus_zero(value, digits, said):
    assert number(value, digits) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        *[(0.0, "0%"), (1.0, "100%"), (0.0049, "<1%"), (0.005, "1%"), (0.9949, "99%"), (0.995, ">99%")],
        *[
            (0.9951, ">99%"),
            (0.304, "30%"),
            (0.305, "31%"),
            (0.285, "29%"),
            (0.125, "13%"),
            (0.995001, ">99%"),
        ],
    ],
)
def test_percentages_never_claim_none_or_all_by_rounding(share, said):
    assert percent(share) == percent_text(share) == said


@pytest.mark.parametrize("gap", MISSING)
def test_a_figure_that_is_not_shown_is_said_to_be(gap):
    assert (percent(gap), percent_text(gap)) == ("a share too small to show", "—")
    assert counted(gap, "patient") == "patients not shown (privacy)"
    assert (count_text(gap, "session"), count_text(gap)) == ("sessions withheld", "—")
    assert interval_text(gap, 0.1, 0.2) == "—"
    assert interval_text(0.3, gap, 0.4, share=True) == "30%"
    assert interval_text(1.0, 0.5, gap) == "1.0"
    assert in_ten(0.3, gap, 0.4) == in_ten(0.3, 0.2, gap) == "about 3 in 10"


def test_intervals_round_as_their_estimates_do():
    assert interval_text(0.25, -0.25, 1.95) == "0.3 (−0.3 to 2.0)"
    assert interval_text(0.305, 0.002, 0.998, share=True) == "31% (<1 to >99)"
    assert interval_text(0.123, 0.1, 0.2, decimals=2) == "0.12 (0.10 to 0.20)"


def test_counts_are_said_with_their_noun():
    assert [counted(n, "patient") for n in (0, 1, 1.0, 2, 1200)] == [
        *["0 patients", "1 patient", "1 patient", "2 patients", "1,200 patients"]
    ]
    assert [count_text(1, "session"), count_text(1200)] == ["1 session", "1,200"]
