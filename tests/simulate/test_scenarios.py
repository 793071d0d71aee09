"""Scenarios as data: every parameter is documented and used, and a scenario changes only what there is."""

from __future__ import annotations

import dataclasses

import pytest

from outcomes.record.conditions import CONDITIONS
from outcomes.record.reference import read_reference
from outcomes.simulate import sessions as simulate
from outcomes.simulate.scenarios import SCENARIOS, scenario_parameters


def test_parameters_are_documented_and_all_used() -> None:
    seen: set[str] = set()

    class Watched(dict[str, float]):
        def __getitem__(self, name: str) -> float:
            seen.add(name)
            return super().__getitem__(name)

    parameters = scenario_parameters("literature")
    watched = dataclasses.replace(parameters, values=Watched(parameters.values))
    for block in simulate.drawn_blocks(50, 1, watched):
        simulate.record_table(block)
    simulate._true_conditions(watched)
    assert set(parameters.values) == seen
    table = parameters.table()
    assert list(table.columns) == ["name", "value", "unit", "anchor", "status"]
    assert table["anchor"].str.len().gt(0).all()
    assert set(table["status"]) <= {"read", "derived", "assumed", "scenario"}


def test_scenarios_change_only_what_there_is() -> None:
    known = set(scenario_parameters("literature").values) | set(scenario_parameters("literature").conditions)
    rows = read_reference("simulation_scenarios")
    assert {row["parameter"] for row in rows} <= known
    assert {row["scenario"] for row in rows} <= set(SCENARIOS)
    assert all(row["why"] for row in rows)
    assert scenario_parameters("literature").of("share").sum() == pytest.approx(1)


def test_what_a_scenario_sets_is_marked_and_the_rest_is_as_in_the_literature() -> None:
    tables = {name: scenario_parameters(name).table().set_index("name") for name in ("literature", "null")}
    assert "scenario" not in set(tables["literature"]["status"])
    own = tables["null"]["status"] == "scenario"
    changed = {
        row["parameter"] for row in read_reference("simulation_scenarios") if row["scenario"] == "null"
    }
    assert set(own.index[own]) == changed & set(own.index)
    assert tables["null"].loc[~own].equals(tables["literature"].loc[~own])
    assert (tables["null"].loc[own, "value"] != tables["literature"].loc[own, "value"]).any()


def test_what_is_said_of_a_condition_goes_before_what_is_said_of_all() -> None:
    rows = read_reference("simulation_activities")
    of_all = {row["activity"]: float(row["weight"]) for row in rows if row["condition"] == "*"}
    own = {
        (row["condition"], row["activity"]): float(row["weight"]) for row in rows if row["condition"] != "*"
    }
    parameters = scenario_parameters("literature")
    assert any(own[key] != of_all.get(key[1], 0.0) for key in own)
    for place, name in enumerate(CONDITIONS):
        expected = [
            own.get((name, activity), of_all.get(activity, 0.0)) for activity in parameters.activities
        ]
        assert parameters.activity_weights[place].tolist() == expected
