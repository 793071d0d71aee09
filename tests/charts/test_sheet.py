"""What every chart does the same: its signature, its page, its words, and what it refuses."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from chart_frames import (
    CHARTS,
    WITH_TIMES,
    assert_nothing_overlaps,
    texts,
)
from outcomes import charts
from outcomes.charts.style import (
    PAGE,
    PHONE,
)
from outcomes.errors import EstimationError


@pytest.mark.parametrize("name", CHARTS)
def test_chart_changes_neither_its_frame_nor_matplotlib(name):
    chart, make = CHARTS[name]
    frame = make()
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    mpl.rcParams["font.size"] = settings["font.size"]
    chart(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize("width", [PAGE, PHONE])
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_overlaps_another_or_leaves_the_page(name, width):
    chart, make = CHARTS[name]
    times = {"post": "right after treatment", "48h": "at the 1-year follow-up"}
    ax = chart(make(), width=width, **({"times": times} if name in WITH_TIMES else {}))
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_chart_draws_in_the_axes_it_is_given(name):
    chart, make = CHARTS[name]
    _, (left, right) = plt.subplots(1, 2, figsize=(14, 8))
    assert chart(make(), ax=right) is right
    assert not left.lines
    assert charts.alt_text(right)


@pytest.mark.parametrize("name", CHARTS)
def test_an_empty_frame_is_a_chart_that_says_so(name):
    chart, make = CHARTS[name]
    ax = chart(make().iloc[:0])
    assert "No rows to draw" in texts(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_absent_columns_are_named(name):
    chart, _ = CHARTS[name]
    with pytest.raises(EstimationError, match="needs the column"):
        chart(pd.DataFrame({"something": [1.0]}))


@pytest.mark.parametrize("name", WITH_TIMES)
def test_labels_of_the_readings_come_from_the_mapping(name):
    chart, make = CHARTS[name]
    frame = make()
    frame.attrs["outcomes"] = {"times": {"pre": "before", "post": "after treatment", "48h": "at one year"}}
    ax = chart(frame)
    assert "at one year" in charts.alt_text(ax)
    assert "at one year" in texts(ax).replace("\n", " ")
    assert "2 days" not in texts(ax) + charts.alt_text(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_a_title_an_alt_text_and_a_note(name):
    chart, make = CHARTS[name]
    ax = chart(make(), title="How is it?", source_note="Follow-up 36 to 72 h.")
    assert "How is it?" in (ax.figure.get_suptitle(), ax.get_title())
    assert "Follow-up 36 to 72 h." in texts(ax).replace("\n", " ")
    told = charts.alt_text(ax)
    assert told.startswith("How is it?")
    assert charts.alt_text(ax.figure) == told
    assert "nan" not in told.lower().replace("no answer", "")


@pytest.mark.parametrize("name", CHARTS)
def test_shuffled_rows_draw_the_same_chart(name):
    chart, make = CHARTS[name]
    if name in ("flow", "expectation_card", "specification_curve", "dose_response", "missingness"):
        return  # there the order of rows, or of first appearance, is what is drawn
    frame = make()
    told = charts.alt_text(chart(frame))
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    assert charts.alt_text(chart(shuffled)) == told


def test_importing_charts_and_tables_loads_neither_matplotlib_nor_great_tables():
    heavy = "{'matplotlib', 'great_tables', 'seaborn'}"
    code = f"import sys, outcomes.charts, outcomes.charts.tables; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
