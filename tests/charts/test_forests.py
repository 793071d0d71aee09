"""Forests: rows in order, marks at their numbers, what to hold them against, reasons in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chart_frames import (
    associations_frame,
    bands_of,
    forest_frame,
    matters_of,
    rates_frame,
    slopes_frame,
    texts,
)
from outcomes import charts
from outcomes.charts import alt_text
from outcomes.charts.forests import association_forest
from outcomes.errors import EstimationError
from outcomes.record.conditions import CONDITIONS, condition_label


def test_forest_keeps_the_fixed_order_and_leaves_out_what_is_withheld():
    ax = charts.condition_forest(forest_frame().sample(frac=1, random_state=1))
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown == [condition_label(name) for name in CONDITIONS if name != "golfers_elbow"]
    assert ax.yaxis_inverted()


def test_forest_shows_unknown_conditions_after_known_ones_as_first_seen():
    ax = charts.condition_forest(forest_frame(("usual_care", "jaw_pain", "PRT", "headache"), withheld=()))
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Headache",
        "Jaw pain",
        "usual care",
        "PRT",
    ]


def test_forest_names_below_what_it_leaves_out_by_its_reason():
    frame = forest_frame(("headache", "neck_pain", "jaw_pain", "golfers_elbow", "other"))
    frame.loc[frame["condition"] == "jaw_pain", ["estimate", "note"]] = [np.nan, "not recorded"]
    frame.loc[frame["condition"] == "other", ["estimate", "note"]] = [np.nan, "too few patients to say"]
    late = (frame["condition"] == "headache") & (frame["time"] == "48h")
    frame.loc[late, ["estimate", "note"]] = [np.nan, "withheld: fewer than 11 patients"]
    ax = charts.condition_forest(frame)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Headache", "Neck pain"]
    said = texts(ax).replace("\n", " ")
    assert "Not shown (privacy): golfer's elbow, headache at 2 days." in said
    assert "Not recorded: jaw pain." in said
    assert "Too few to estimate: other complaints." in said


def test_forest_of_nothing_but_withheld_rows_says_so():
    ax = charts.condition_forest(forest_frame(("golfers_elbow",)))
    assert "Not shown (privacy)." in texts(ax).split("\n")
    assert (
        charts.alt_text(ax) == "How large was the pain relief right after and at 2 days? Not shown (privacy)."
    )


def test_many_left_out_are_counted_after_the_first_few():
    ax = charts.condition_forest(forest_frame(withheld=CONDITIONS[:9]))
    said = texts(ax).replace("\n", " ")
    assert (
        "Not shown (privacy): headache, neck pain, jaw pain, mid-back pain, low back pain and 4 more." in said
    )


def test_forest_refuses_two_measures_on_one_axis():
    frame = forest_frame(("neck_pain",), withheld=())
    frame["measure"] = ["pain_relief_post", "function_gain_48h"]
    with pytest.raises(EstimationError, match="one measure"):
        charts.condition_forest(frame)


def test_forest_of_motion_is_held_against_measurement_error_in_its_unit():
    frame = forest_frame(("jaw_pain",), withheld=()).assign(measure="rom_gain", movement="mouth_opening")
    ax = charts.condition_forest(frame)
    assert ax.get_xlabel() == "Range-of-motion gain (mm)"
    assert matters_of(ax) == [9.0]


def test_forest_accepts_counts_protected_as_text_and_nullable_numbers():
    frame = forest_frame(("neck_pain", "jaw_pain"), withheld=("jaw_pain",))
    frame["patients"] = ["20", "20", "<11", "<11"]
    frame["sessions"] = frame["sessions"].astype("Float64").astype("Int64")
    frame["condition"] = frame["condition"].astype("category")
    ax = charts.condition_forest(frame)
    assert "20" in texts(ax)


def test_title_can_be_given_and_source_note_is_added():
    ax = charts.condition_forest(forest_frame(), title="Mine", source_note="Follow-up 36 to 72 h.")
    assert ax.get_title() == "Mine"
    said = texts(ax).replace("\n", " ")
    assert "Follow-up 36 to 72 h." in said
    assert "20 to 32 patients per condition" in said
    assert "670 sessions" in said  # 50 + … + 62, without the withheld 58


def test_rates_are_percent_with_their_benchmark():
    ax = charts.rate_forest(rates_frame())
    assert ax.get_xlabel().endswith("(%)")
    low, high = ax.get_xlim()
    assert low == 0
    assert high > 0.4
    assert [np.mean(ends) for ends in bands_of(ax)] == pytest.approx([0.31] * 4)  # none for the withheld rows
    assert "30% (20 to 40)" in texts(ax)
    assert "Right after: 30%; expected without any effect: 31%." in charts.alt_text(ax)


def test_rates_say_how_many_sessions_they_were_recorded_in():
    said = texts(charts.rate_forest(rates_frame().assign(capture_rate=0.64)))
    assert "recorded" in said
    assert "64%" in said


def test_a_slope_stands_beside_that_of_no_effect():
    ax = charts.slopes(slopes_frame().assign(null_benchmark=0.31))
    assert "expected without any effect" in texts(ax)
    assert [np.mean(ends) for ends in bands_of(ax)] == pytest.approx([0.31] * 2)
    assert "1.10 (jaw pain) to 1.20 (neck pain); expected without any effect: 0.31." in charts.alt_text(ax)
    assert "no relation" in texts(ax)
    assert any(list(line.get_xdata()) == [0.0, 0.0] for line in ax.lines)


def test_rates_may_be_called_proportions_or_carry_a_unit():
    frame = rates_frame().rename(columns={"estimate": "proportion"})
    assert "30% (20 to 40)" in texts(charts.rate_forest(frame))
    counts = rates_frame().drop(columns="null_benchmark")
    counts[["estimate", "conf_low", "conf_high"]] *= 10
    ax = charts.rate_forest(counts, label="Twitches", unit="per session")
    assert ax.get_xlabel().replace("\n", " ") == "Twitches (per session)"
    assert "3.0 (2.0 to 4.0)" in texts(ax)


def test_rows_keep_their_order_and_their_words():
    frame = associations_frame()
    before = frame.copy()
    axes = association_forest(frame, labels={"pain_relief_48h": "pain relief at 2 days"})
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Pain relief at 2 days",
        "Soreness peak",
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_associations_tell_both_models_and_name_what_is_missing():
    ax = association_forest(associations_frame())
    told = alt_text(ax)
    assert "Not adjusted: 0.40 (pain relief 48h) to 1.50 (soreness peak)." in told
    assert "Adjusted for number of insertions: 0.10 (pain relief 48h)." in told
    said = texts(ax).replace("\n", " ")
    assert "Not recorded: soreness peak adjusted for number of insertions." in said
    assert "80 patients" in said
