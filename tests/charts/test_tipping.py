"""The tipping-point chart: asked through its artists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes import charts


@pytest.fixture
def steps() -> pd.DataFrame:
    delta = np.array([0.0, 1.0, 2.0])
    rows = pd.DataFrame(
        {"delta": delta, "estimate": 0.6 - 0.3 * delta, "patients": 40, "sessions": 90, "note": ""}
    )
    return rows.assign(conf_low=rows["estimate"] - 0.2, conf_high=rows["estimate"] + 0.2)


def test_the_line_and_its_null_are_where_the_numbers_are(steps):
    ax = charts.tipping_point(steps)
    lines = {tuple(np.round(line.get_ydata(), 6)) for line in ax.lines}
    assert (0.6, 0.3, 0.0) in lines
    assert (0.0, 0.0) in {tuple(line.get_ydata()) for line in ax.lines}
    assert ax.get_ylim()[0] < -0.2
    assert "worse" in ax.get_xlabel()
    assert "no change" in {text.get_text() for text in ax.texts}


def test_alt_text_tells_both_ends_and_who_it_rests_on(steps):
    text = charts.alt_text(charts.tipping_point(steps))
    assert "0.6 (0.4 to 0.8) at 0.00 points worse" in text
    assert "0.0 (−0.2 to 0.2) at 2.00 points worse" in text
    assert "40 patients" in text


@pytest.mark.parametrize("width", [7.0, 3.6])
def test_a_panel_per_condition_keeps_those_without_numbers(steps, width):
    blank = steps.assign(
        condition="jaw_pain", estimate=np.nan, conf_low=np.nan, conf_high=np.nan, note="not recorded"
    )
    both = pd.concat([steps.assign(condition="neck_pain"), blank])
    before = both.copy(deep=True)
    ax = charts.tipping_point(both, width=width)
    titles = [panel.get_title() for panel in ax.figure.axes]
    assert titles == ["Neck pain", "Jaw pain"]
    assert any("not recorded" in text.get_text() for text in ax.figure.axes[1].texts)
    pd.testing.assert_frame_equal(both, before)
