"""Expectation cards: plain words, as many dots as the words say, one condition a card."""

from __future__ import annotations

import pandas as pd
import pytest

from chart_frames import card_frame, texts
from outcomes import charts
from outcomes.errors import EstimationError


def dots(ax) -> int:
    return sum(line.get_markerfacecolor() != "white" for line in ax.lines)


@pytest.mark.parametrize(
    ("share", "filled"), [(0.0, 0), (0.04, 0), (0.06, 1), (0.25, 3), (0.5, 5), (0.94, 9), (0.97, 10)]
)
def test_dots_say_what_the_words_say(share, filled):
    ax = charts.expectation_card(card_frame().iloc[:1].assign(estimate=share))
    assert len(ax.lines) == 10
    assert dots(ax) == filled
    told = charts.alt_text(ax)
    if 0 < filled < 10:
        assert f"about {filled} in 10" in told


def test_card_speaks_plainly_with_its_interval():
    ax = charts.expectation_card(card_frame())
    said = texts(ax)
    assert "Neck pain: what others noticed" in ax.get_title().replace("\n", " ")
    assert "about 4 in 10 (44%; likely 36% to 52%)" in said
    assert "about 27 hours (between 24 and 36)" in said
    assert "too few to estimate" in said
    assert "From 112 patients in 307 sessions" in said.replace("\n", " ")
    assert "not a promise" in said.replace("\n", " ")


def test_one_line_may_be_a_series():
    row = card_frame().iloc[0]
    assert isinstance(row, pd.Series)
    assert "about 4 in 10" in texts(charts.expectation_card(row))


def test_two_conditions_are_refused():
    frame = card_frame()
    frame.loc[0, "condition"] = "jaw_pain"
    with pytest.raises(EstimationError, match="one condition"):
        charts.expectation_card(frame)


@pytest.mark.parametrize(
    ("hours", "said"), [(9.5, "about 9.5 hours"), (10.0, "about 10 hours"), (10.6, "about 11 hours")]
)
def test_small_numbers_have_a_tenth_and_large_ones_are_whole(hours, said):
    row = card_frame().iloc[[1]].assign(estimate=hours, conf_low=hours - 1, conf_high=hours + 1)
    ax = charts.expectation_card(row)
    assert said in texts(ax)
    assert not ax.lines, "hours are no people out of ten"
