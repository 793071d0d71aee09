"""What goes inside panels: as many beside one another as fit, labels that stay on the page, ends that do not touch."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.charts.panels import annotate, columns_that_fit, end_labels, interval_band, rows_axis


@settings(deadline=None)
@given(st.integers(1, 30), st.floats(2.0, 14.0))
def test_panels_fit_and_no_row_is_wasted(count: int, width: float) -> None:
    columns = columns_that_fit(count, width)
    room = max(int((width * 72 - 18) // 118), 1)
    assert 1 <= columns <= max(room, 1)
    rows = -(-count // columns)
    assert rows == -(-count // min(room, count)), "as few rows as can be"
    assert columns == 1 or -(-count // (columns - 1)) > rows, "and no column more than those rows need"


def test_text_stands_some_points_away_from_its_place() -> None:
    _, ax = plt.subplots()
    text = annotate(ax, "here", (0.5, 0.5), (10, -4), coords="axes fraction", size=7)
    assert text.get_text() == "here"
    assert text.xyann == (10, -4)
    assert text.get_size() == 7


@pytest.mark.parametrize("values", [[0.1, 0.11, 0.12], [0.5], [0.9, 0.1, 0.5]])
def test_ends_of_lines_are_named_without_touching_and_in_their_order(values: list[float]) -> None:
    fig, ax = plt.subplots(figsize=(4, 4))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    names = [f"line {i}" for i in range(len(values))]
    end_labels(ax, [(value, name, "black") for value, name in zip(values, names, strict=True)])
    fig.canvas.draw()
    texts = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert set(texts) == set(names)
    placed = sorted(names, key=lambda name: texts[name].y0)
    assert placed == [name for _, name in sorted(zip(values, names, strict=True))]
    for low, high in pairwise(placed):
        assert texts[low].y1 <= texts[high].y0 + 1


def test_a_line_that_is_not_drawn_is_named_below_the_others() -> None:
    fig, ax = plt.subplots(figsize=(4, 4))
    end_labels(ax, [(np.nan, "not shown", "grey"), (0.5, "neck pain", "black")])
    fig.canvas.draw()
    below, above = (
        next(text for text in ax.texts if text.get_text() == name) for name in ("not shown", "neck pain")
    )
    assert below.get_window_extent().y1 <= above.get_window_extent().y0 + 1


def test_a_band_runs_between_the_limits_and_only_where_there_are_some() -> None:
    _, ax = plt.subplots()
    rows = pd.DataFrame({"x": [0.0, 1.0], "conf_low": [0.1, 0.2], "conf_high": [0.3, 0.5]})
    interval_band(ax, rows["x"], rows)
    (band,) = ax.collections
    corners = {tuple(point) for point in np.round(band.get_paths()[0].vertices, 6)}
    assert {(0.0, 0.1), (0.0, 0.3), (1.0, 0.2), (1.0, 0.5)} <= corners
    interval_band(ax, rows["x"], rows[["x"]])
    assert len(ax.collections) == 1


def test_rows_are_named_from_top_to_bottom() -> None:
    _, ax = plt.subplots()
    rows_axis(ax, ["first", "second", "third"])
    labels = {text.get_text(): at for at, text in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    bottom, top = ax.get_ylim()
    assert (labels["first"] - labels["third"]) * (top - bottom) > 0
