"""Conditions: their tables against the CSV files, their order as a property, and names that are none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import outcomes
from outcomes.errors import EstimationError
from outcomes.record.conditions import CONDITIONS, condition, condition_label, in_order, merged_name
from outcomes.record.measures import MOVEMENTS

TABLES = Path(outcomes.__file__).parent / "reference"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(TABLES / f"{name}.csv").set_index("condition")


def test_conditions_are_as_their_tables_say() -> None:
    given_, codes, muscles = table("conditions"), table("codes"), table("muscles")
    assert tuple(given_.index) == CONDITIONS
    assert given_["smallest_change_points"].between(1, 4).all()
    read = [condition(name) for name in CONDITIONS]
    assert [c.smallest_change for c in read] == given_["smallest_change_points"].tolist()
    assert [c.smallest_change_borrowed for c in read] == (
        given_["smallest_change_borrowed"] == "yes"
    ).tolist()
    assert [c.published_error for c in read] == [
        None if pd.isna(value) else value for value in given_["measurement_error_points"]
    ]
    assert [c.usual_movement for c in read] == [
        None if pd.isna(name) else name for name in given_["usual_movement"]
    ]
    assert {name for c in read for name in [c.usual_movement] if name} <= set(MOVEMENTS)
    assert {c.name: list(c.icd10cm) for c in read if c.icd10cm} == (
        codes["code"].groupby(level=0).agg(list).to_dict()
    )
    assert [";".join(c.muscles) for c in read] == [muscles["muscles"].get(c.name, "") for c in read]


def test_the_error_of_a_change_is_computed_from_what_was_published() -> None:
    """Childs 2005 gives an SEM of 1.02, whose change at 95% is 1.96 sqrt(2) SEM; 1.4 at 90% is 1.4 * 1.96 / 1.645."""
    errors = {name: condition(name).measurement_error for name in CONDITIONS}
    assert errors["low_back_pain"] == pytest.approx(1.96 * 2**0.5 * 1.02, abs=0.01)
    assert errors["tennis_elbow"] == pytest.approx(1.4 * 1.96 / 1.645, abs=0.001)
    assert (errors["neck_pain"], errors["jaw_pain"]) == (pytest.approx(4.0), None)


def test_some_thresholds_are_borrowed_and_some_are_not() -> None:
    assert {condition(name).smallest_change_borrowed for name in CONDITIONS} == {True, False}


def test_a_condition_that_is_none_is_refused_and_labelled_as_it_is() -> None:
    with pytest.raises(
        EstimationError, match=r"'knee' is not a condition this suite knows\. It knows: headache, neck"
    ):
        condition("knee")
    assert (condition_label("knee_pain"), condition_label("jaw_pain")) == ("knee pain", "Jaw pain")


@given(st.lists(st.sampled_from([*CONDITIONS, "all", "arm B", "zebra"])))
def test_order_is_head_to_foot_then_as_given(names: list[str]) -> None:
    found = in_order(names)
    known = [name for name in found if name in CONDITIONS]
    assert sorted(found) == sorted(set(names))
    assert found[: len(known)] == known == [name for name in CONDITIONS if name in names]
    others = [name for name in names if name not in CONDITIONS]
    assert found[len(known) :] == sorted(set(others), key=others.index)


def test_another_order_may_be_asked_for() -> None:
    assert in_order(["b", "z", "a"], ["a", "b"]) == ["a", "b", "z"]
    assert in_order(pd.Series(["neck_pain", "headache"], dtype="category")) == ["headache", "neck_pain"]
    assert in_order([]) == []


@pytest.mark.parametrize(
    "members",
    [
        ("neck_pain", "low_back_pain"),
        ("headache", "neck_pain", "plantar_fasciitis"),
        ("jaw_pain", "mid_back_pain"),
    ],
)
def test_conditions_shown_together_take_the_hardest_of_their_thresholds(members) -> None:
    """The largest change that matters and the largest error, whichever condition each is of."""
    each, both = [condition(name) for name in members], condition(merged_name(members))
    assert both.smallest_change == max(one.smallest_change for one in each)
    errors = [one.measurement_error for one in each if one.measurement_error is not None]
    assert both.measurement_error == (max(errors) if errors else None)
    assert both.smallest_change_borrowed
    assert both.region in {one.region for one in each} | {"several"}


def test_three_conditions_shown_together_are_named_and_four_are_not() -> None:
    three = ["headache", "neck_pain", "plantar_fasciitis"]
    assert condition_label(merged_name(three)) == "Headache, neck pain and plantar fasciitis"
    assert condition_label(merged_name([*three, "golfers_elbow"])) == "Other conditions"
