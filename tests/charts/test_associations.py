"""Associations drawn: rows, both models, the line of no relation, what is missing said."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd

from outcomes.charts import alt_text
from outcomes.charts.forests import Scale, association_forest


def relations() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "outcome": ["pain_relief_48h"] * 2 + ["soreness_peak"] * 2,
            "model": ["twitches alone", "with insertions"] * 2,
            "estimate": [0.04, 0.01, 0.15, np.nan],
            "conf_low": [0.02, -0.01, 0.12, np.nan],
            "conf_high": [0.06, 0.03, 0.18, np.nan],
            "patients": [80, 80, 75, 75],
            "sessions": [200, 200, 180, 180],
            "note": ["", "", "", "insertions not recorded"],
        }
    )


def test_rows_keep_their_order_and_their_words():
    frame = relations()
    before = frame.copy()
    axes = association_forest(frame, labels={"pain_relief_48h": "pain relief at 2 days"})
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Pain relief at 2 days",
        "Soreness peak",
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_the_null_line_stands_at_no_relation_and_small_numbers_stay_apart():
    axes = association_forest(relations())
    lines = [
        line for line in axes.get_lines() if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert any(line.get_xdata()[0] == 0.0 for line in lines)
    shown = [axes.xaxis.get_major_formatter()(value, 0) for value in (0.05, 0.1)]
    assert shown == ["0.05", "0.10"]
    ratio = association_forest(
        relations().rename(columns={"estimate": "ratio"}),
        scale=Scale("Ratio", 1.0, ("shorter", "same", "longer")),
    )
    assert ratio.get_xlabel() == "Ratio"
    assert any(list(line.get_xdata()) == [1.0, 1.0] for line in ratio.get_lines())


def test_alt_text_tells_both_models_and_the_reason_for_what_is_missing():
    told = alt_text(association_forest(relations()))
    assert "insertions not regarded 0.40 (0.20 to 0.60)" in told
    assert "at an equal number of insertions 0.10 (−0.10 to 0.30)" in told
    assert "at an equal number of insertions insertions not recorded" in told
    assert "80 patients" in told


def test_settings_are_left_as_they_were():
    before = dict(mpl.rcParams)
    association_forest(relations(), width=3.6)
    assert dict(mpl.rcParams) == before
