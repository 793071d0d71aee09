"""Outcome columns: their arithmetic by hand, on pandas and on DuckDB, and what they leave missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.record.outcomes import DERIVED, Followup, ResponderRule, with_outcomes, within_between

SESSIONS = pd.DataFrame(
    {
        "patient_id": ["a", "a", "b", "b", "c"],
        "pain_pre": [6.0, 5.0, 2.0, 10.0, 4.0],
        "pain_post": [4.0, 3.5, 0.0, 7.0, np.nan],
        "pain_48h": [3.0, 7.0, 4.0, 2.0, 6.0],
        "rom_pre": [40.0, np.nan, 50.0, 30.0, 20.0],
        "rom_post": [45.0, 60.0, 44.0, 30.0, np.nan],
        "function_pre": [4.0, 4.0, 4.0, 4.0, 4.0],
        "function_post": [5.0, 3.0, np.nan, 4.0, 4.0],
        "followup_h": [48.0, 36.0, 72.0, 73.0, np.nan],
        "twitch_count": [2.0, 4.0, np.nan, 3.0, 5.0],
    }
)
EXPECTED = {
    "pain_relief_post": [2.0, 1.5, 2.0, 3.0, np.nan],
    "pain_relief_48h": [3.0, -2.0, -2.0, np.nan, -2.0],  # the fourth was asked after 73 hours
    "rom_gain_post": [5.0, np.nan, -6.0, 0.0, np.nan],
    "function_gain_post": [1.0, -1.0, np.nan, 0.0, 0.0],
    "pain_responder_post": [1.0, 0.0, np.nan, 1.0, np.nan],  # the third began below 3
    "pain_responder_48h": [1.0, 0.0, np.nan, np.nan, 0.0],
    "pain_worse_48h": [0.0, 1.0, np.nan, np.nan, 1.0],
    "relief_kept": [1.5, -2.0 / 1.5, -1.0, np.nan, np.nan],
}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_outcomes_are_what_arithmetic_says(engine: str) -> None:
    import ibis

    table = SESSIONS if engine == "pandas" else ibis.memtable(SESSIONS.assign(row=range(5)))
    found = with_outcomes(table)
    if engine == "duckdb":
        found = found.order_by("row").to_pyarrow().to_pandas()
    for name, values in EXPECTED.items():
        np.testing.assert_allclose(found[name].astype(float), values, err_msg=name)
    assert set(found.columns) >= set(EXPECTED)
    assert "rom_gain_48h" not in found, "there is no reading to compute it from"


def test_the_frame_given_is_not_changed() -> None:
    before = SESSIONS.copy()
    with_outcomes(SESSIONS)
    pd.testing.assert_frame_equal(SESSIONS, before)


def test_a_column_that_is_there_stays() -> None:
    given = SESSIONS.assign(pain_relief_post=99.0)
    assert (with_outcomes(given, ["pain_relief_post"])["pain_relief_post"] == 99.0).all()


def test_rule_and_window_are_the_callers() -> None:
    half = with_outcomes(
        SESSIONS, ["pain_responder_48h"], rule=ResponderRule(percent=50, points=0, least_baseline=0)
    )
    assert half["pain_responder_48h"].tolist()[:3] == [1.0, 0.0, 0.0]
    wide = with_outcomes(SESSIONS, ["pain_relief_48h"], window=Followup(0, 1000))
    assert wide["pain_relief_48h"].tolist() == [3.0, -2.0, -2.0, 8.0, -2.0]


def test_worse_and_responder_never_hold_together() -> None:
    found = with_outcomes(SESSIONS)
    for time in ("post", "48h"):
        assert not ((found[f"pain_worse_{time}"] == 1) & (found[f"pain_responder_{time}"] == 1)).any()


def test_names_that_are_not_outcomes_are_left_alone() -> None:
    assert with_outcomes(SESSIONS, ["pain_pre", "nonsense"]) is SESSIONS
    assert "pain_relief_48h" in DERIVED


def test_within_and_between_add_up_to_the_dose() -> None:
    split = within_between(SESSIONS, "twitch_count")
    known = split["twitch_count"].notna()
    total = split["twitch_count_within"] + split["twitch_count_between"]
    np.testing.assert_allclose(total[known], split["twitch_count"][known])
    assert split["twitch_count_between"].tolist() == [3.0, 3.0, 3.0, 3.0, 5.0]
    within = split.groupby("patient_id")["twitch_count_within"].sum()
    np.testing.assert_allclose(within, 0.0, atol=1e-12)


def test_within_between_names_what_is_absent() -> None:
    with pytest.raises(EstimationError, match="needs the column 'dose'"):
        within_between(SESSIONS, "dose")
