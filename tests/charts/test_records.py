"""Charts of the records: figures in cells, boxes in order, bars per value."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from chart_frames import contrast, flow_frame, heaping_frame, missing_frame, texts
from outcomes import charts


def test_cells_hold_their_figures_and_can_be_read():
    frame = missing_frame()
    frame.loc[(frame["condition"] == "jaw_pain") & (frame["column"] == "twitch_count"), "missing"] = np.nan
    ax = charts.missingness(frame)
    figures = {text.get_position(): text.get_text() for text in ax.texts}
    assert figures == {
        (0.5, 0.5): "75", (1.5, 0.5): "75",  # neck pain stands before jaw pain
        (0.5, 1.5): "25", (1.5, 1.5): "—",
    }  # fmt: skip
    assert "golfer's elbow." in texts(ax).replace("\n", " ")


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.49, 0.5, 0.51, 0.6, 0.8, 1.0])
def test_every_shade_carries_readable_figures(share):
    frame = missing_frame().iloc[:1].assign(missing=share)
    ax = charts.missingness(frame)
    ax.figure.draw_without_rendering()
    assert contrast(ax.texts[0].get_color(), ax.collections[0].get_facecolor()[0][:3]) > 4.5


def test_columns_are_named_for_people():
    ax = charts.missingness(missing_frame())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Pain at 2 days", "Twitches"]
    assert "Pain at 2 days missing: 25% (jaw pain) to 75% (neck pain)." in charts.alt_text(ax)


def test_flow_shows_steps_counts_and_who_was_left_out():
    ax = charts.flow(flow_frame())
    said = texts(ax).replace("\n", " ")
    for words in (
        "Recorded",
        "60 patients, 245 sessions",
        "64 sessions left out: pain below 3",
        "61 sessions left out",
    ):
        assert words in said
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(boxes) == 3
    assert [box.get_y() for box in boxes] == sorted(box.get_y() for box in boxes)
    assert "Reached at 2 days, 36 to 72 hours after: 43 patients, 120 sessions" in charts.alt_text(ax)
    assert charts.alt_text(ax).count("patients") == 2  # the first step and the last


def test_flow_leaves_out_a_step_that_is_not_shown_and_no_reason_for_more_than_one_step():
    frame = flow_frame()
    frame.loc[1, ["patients", "sessions"]] = None
    said = texts(charts.flow(frame)).replace("\n", " ")
    assert "Eligible" not in said
    assert "125 sessions left out" in said
    assert "no answer" not in said


def test_heaping_draws_every_value_and_marks_round_ones():
    ax = charts.heaping(heaping_frame(), round_values=(24, 48))
    bars = {round(bar.get_x() + bar.get_width() / 2, 6): bar for bar in ax.patches}
    assert {at: bar.get_height() for at, bar in bars.items()} == {0: 20, 6: 30, 12: 50, 24: 90, 48: 60}
    assert {at for at, bar in bars.items() if bar.get_hatch()} == {24, 48}
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert list(crosses[0].get_xdata()) == [13.0]
    assert "Round values hold 65% of those above 0." in charts.alt_text(ax)


def test_heaping_shows_those_still_sore_at_the_foot_of_the_bars_and_not_as_answers():
    ax = charts.heaping(heaping_frame().assign(ongoing=[0, 0, 0, np.nan, 0, 40]), round_values=(24, 48))
    at_48 = sorted(
        bar.get_height() for bar in ax.patches if abs(bar.get_x() + bar.get_width() / 2 - 48) < 1e-6
    )
    assert at_48 == [40, 60]
    assert "Most frequent of 210 sessions" in charts.alt_text(ax)
    assert any("still sore when last asked" in text for text in texts(ax).splitlines())


def test_heaping_names_the_values_between_round_ones():
    frame = heaping_frame().assign(label=[f"about {value:g}" for value in heaping_frame()["value"]])
    assert "Most frequent of 250 sessions: about 24 (36%)" in charts.alt_text(
        charts.heaping(frame, round_values=(24, 48))
    )
