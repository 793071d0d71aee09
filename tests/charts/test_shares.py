"""Bars of shares: their ends add up, worse is as visible as better, nothing withheld is drawn."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from chart_frames import capture_frame, contrast, shares_frame, texts
from outcomes import charts
from outcomes.charts.shares import OUTCOMES
from outcomes.charts.style import BETTER, PALE, WORSE


def bars_of(ax):
    return [patch for patch in ax.patches if patch.get_width() > 0]


def test_parts_run_from_worse_to_better_and_fill_the_axis():
    ax = charts.better_same_worse(shares_frame())
    bars = bars_of(ax)
    assert len(bars) == 2 * 2 * 3
    first = bars[:3]
    assert [bar.get_width() for bar in first] == pytest.approx([0.15, 0.45, 0.40])
    assert [to_hex(bar.get_facecolor()) for bar in first] == [WORSE, PALE, BETTER]
    assert first[0].get_x() == 0
    assert first[2].get_x() + first[2].get_width() == pytest.approx(1.0)


def test_parts_differ_in_luminance_and_their_figures_can_be_read():
    colours = [colour for colour, _ in OUTCOMES.values()]
    assert min(contrast(a, b) for a in colours for b in colours if a != b) > 1.9
    assert all(contrast(face, ink) > 4.5 for face, ink in OUTCOMES.values())


def test_counts_stand_at_the_bars_and_reasons_below():
    ax = charts.better_same_worse(shares_frame())
    said = texts(ax)
    assert {"20", "21", "50", "51"} <= set(said.split("\n"))
    assert "Not shown (privacy): golfer's elbow." in said.replace("\n", " ")
    assert "Right after: better 40%, worse 15% of sessions." in charts.alt_text(ax)


def test_capture_rates_are_drawn_and_counted():
    ax = charts.capture(capture_frame())
    drawn = [bar.get_width() for bar in bars_of(ax) if bar.get_width() < 1]
    assert drawn == pytest.approx([0.7, 0.7])
    assert "41 of 51" in texts(ax)
    assert "70% of sessions." in charts.alt_text(ax)
    assert "Not shown (privacy): golfer's elbow." in texts(ax).replace("\n", " ")


@pytest.mark.parametrize("withheld", [["same"], ["worse", "same"], ["better"]])
def test_a_bar_with_a_withheld_part_is_not_drawn(withheld):
    frame = shares_frame().query("condition == 'neck_pain'")
    frame.loc[frame["time"] == "48h", withheld] = float("nan")
    frame["note"] = "; ".join(f"{part}: fewer than 11 of 51 (under 1 in 4)" for part in withheld)
    ax = charts.better_same_worse(frame)
    assert len(bars_of(ax)) == 3
    assert "Not shown (privacy): neck pain at 2 days." in texts(ax).replace("\n", " ")
    frame.loc[:, withheld] = float("nan")
    blank = charts.better_same_worse(frame)
    assert not bars_of(blank)
    assert "40%" not in charts.alt_text(blank)
