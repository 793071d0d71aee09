"""The record of a synthetic clinic: its columns, codes and blanks are those of a clinic's file."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.intake.read import read_sessions
from outcomes.record.columns import COLUMN_NAMES, COLUMNS
from outcomes.record.conditions import condition
from outcomes.simulate.scenarios import SCENARIOS, scenario_parameters
from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_records_keep_to_the_columns_and_their_ranges(scenario: str) -> None:
    sessions, _ = simulate_sessions(2000, seed=5, scenario=scenario)
    assert tuple(sessions.columns) == COLUMN_NAMES
    for column in COLUMNS:
        values = sessions[column.name].dropna()
        if column.needed:
            assert len(values) == len(sessions), column.name
        if column.kind == "category":
            assert set(values) <= set(column.values), column.name
        if column.kind == "tags" and column.values:
            assert set(values.str.split(";").explode()) <= set(column.values), column.name
        if column.kind in ("number", "integer"):
            assert column.low is None or values.min() >= column.low, column.name
            assert column.high is None or values.max() <= column.high, column.name
        if column.kind == "integer":
            assert (values == values.round()).all(), column.name


def test_types_survive_a_csv_file(demo: Drawn, tmp_path) -> None:
    sessions, _ = demo
    sessions.to_csv(tmp_path / "sessions.csv", index=False, float_format="%g")
    again = pd.read_csv(tmp_path / "sessions.csv", keep_default_na=False, na_values=[""])
    again = again.astype({"soreness_ongoing": "boolean", "same_rater": "boolean"})
    pd.testing.assert_frame_equal(again, sessions)


def test_the_records_are_read_without_a_problem(demo: Drawn, tmp_path) -> None:
    sessions, _ = demo
    sessions.to_csv(tmp_path / "sessions.csv", index=False, float_format="%g")
    again = read_sessions(tmp_path / "sessions.csv")
    assert list(again["session_id"]) == list(sessions["session_id"])
    pd.testing.assert_series_equal(again["soreness_h"], sessions["soreness_h"])


def test_muscles_and_movement_belong_to_the_condition(demo: Drawn) -> None:
    sessions, _ = demo
    muscles = scenario_parameters("literature").conditions.set_index("condition")["muscles"]
    for name, group in sessions.groupby("condition"):
        assert set(group["muscles"].str.split(";").explode()) <= set(muscles[name].split(";"))
        usual = condition(str(name)).usual_movement
        assert set(group["rom_movement"].dropna()) == ({usual} if usual else set())
    counted = sessions.dropna(subset=["insertion_count"])
    assert (counted["insertion_count"] >= counted["muscles"].str.count(";") + 1).all()
    assert (sessions["needle_count"].dropna() >= 1).all()


def test_counts_are_missing_as_often_as_stated_and_each_by_itself(literature: Drawn) -> None:
    sessions, _ = literature
    p = scenario_parameters("literature")
    lost, unseen = sessions["insertion_count"].isna(), sessions["twitch_count"].isna()
    assert lost.mean() == pytest.approx(p["needling_count_missing"], abs=0.005)
    assert unseen.mean() == pytest.approx(p["twitch_count_missing"], abs=0.005)
    assert (sessions["needle_count"].isna() == lost).all()
    assert unseen[lost].mean() == pytest.approx(unseen.mean(), abs=0.02)
