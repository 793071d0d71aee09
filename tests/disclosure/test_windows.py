"""Bands of counts: each count in one, each band wide enough, and words that hold it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.disclosure.windows import Band, band


@given(st.integers(1, 400), st.sampled_from([11, 22, 44, 88]), st.data())
def test_bands_part_the_counts_and_each_holds_as_many_as_the_limit(whole: int, width: int, data) -> None:
    bands = {band(count, whole, width) for count in range(whole + 1)}
    spans = sorted((one.low, one.high) for one in bands)
    assert spans[0][0] == 0
    assert spans[-1][1] == whole
    assert all(high + 1 == low for (_, high), (low, _) in pairwise(spans)), "no gap, no overlap"
    assert all(high - low + 1 >= min(width, whole + 1) for low, high in spans)
    count = data.draw(st.integers(0, whole))
    assert band(count, whole, width).low <= count <= band(count, whole, width).high


@given(st.integers(1, 300), st.data())
def test_the_words_hold_the_count(whole: int, data) -> None:
    count = data.draw(st.integers(0, whole))
    one = band(count, whole, 11)
    words = one.words()
    numbers = [int(text) for text in re.findall(r"\d+", words.replace(",", "").split(" of ")[0])]
    if one.tells_nothing:
        assert words == "not shown, too few sessions"
    elif words.startswith("fewer than"):
        assert count < numbers[0]
    elif words.startswith("more than"):
        assert count > numbers[0]
    else:
        assert numbers[0] <= count <= numbers[1]


@given(st.integers(22, 300), st.data())
def test_a_share_of_nobody_knows_how_many_is_told_in_simple_fractions(whole: int, data) -> None:
    count = data.draw(st.integers(0, whole))
    one = band(count, whole, 11)
    low, high = one.fractions
    assert (low or 0.0) <= count / whole <= (high or 1.0)
    assert not re.search(rf"\bof\b|\b{whole}\b", one.share_words().replace("not shown, too few sessions", ""))


@pytest.mark.parametrize(
    ("one", "wide"),
    [
        (Band(22, 32, 66), False),
        (Band(22, 33, 66), False),
        (Band(22, 34, 66), True),
        (Band(0, 10, 900), True),
        (Band(880, 900, 900), True),
    ],
)
def test_a_band_is_wide_at_the_ends_or_beyond_a_sixth(one: Band, wide: bool) -> None:
    assert one.is_wide is wide


def test_the_middle_of_the_last_band_is_the_whole() -> None:
    assert Band(33, 45, 45).middle == 45
    assert Band(22, 32, 45).middle == 27
    assert Band(22, 32, 45).within(30) == Band(22, 30, 30)
