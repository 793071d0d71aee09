"""Rare values of every coded column: joined, called other or blank, before anything is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outcomes.disclosure.rare_values import without_rare_values
from outcomes.record.columns import COLUMNS, column
from outcomes.record.reference import read_reference

LEAST = 13
CODED = [c for c in COLUMNS if c.kind in ("category", "tag", "tags", "flag")]
SPARED = {"condition", "soreness_ongoing"}
"""Conditions have a tree of their own; whether soreness goes on is a reading."""
TOLD_AS_RANGES = {
    ("adverse_event", "other"),
    ("followup_status", "not_attempted"),
    ("followup_status", "reached"),
}
"""Small groups that stay for the gate, since blank would say something untrue."""


def clinic(name, values, patients=None):
    count = len(values)
    who = [f"P{i}" for i in range(count)] if patients is None else patients
    return pd.DataFrame({"patient_id": who, "condition": "neck_pain", name: values})


def merged(name, values, patients=None):
    return without_rare_values(clinic(name, values, patients), LEAST)[name]


def counts(values):
    return values.value_counts().to_dict()


def test_every_coded_column_is_named_or_treated_by_its_kind():
    named = [row["column"] for row in read_reference("rare_values")]
    assert len(set(named)) == len(named)
    assert {c.name for c in CODED} - set(named) == {"condition"}
    for row in read_reference("rare_values"):
        assert set(row["values"].split(";")) <= {"", "other_muscles", "other", *column(row["column"]).values}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([c for c in CODED if c.name not in SPARED]), st.data())
def test_no_value_of_any_coded_column_is_left_to_few_patients(coded, data):
    codes = [True, False] if coded.kind == "flag" else list(coded.offered or ("a", "b", "c"))
    sizes = data.draw(st.lists(st.integers(0, 40), min_size=len(codes), max_size=len(codes)))
    values = [code for code, n in zip(codes, sizes, strict=True) for _ in range(n)]
    assume(values)
    patients = [f"P{n // 2}" for n in data.draw(st.permutations(range(len(values))))]  # two sessions each
    sessions = clinic(coded.name, values, patients)
    shown = without_rare_values(sessions, LEAST)
    lists = shown[coded.name].astype("str").where(shown[coded.name].notna()).str.split(";").explode()
    people = shown.loc[lists.index, "patient_id"].groupby(lists.to_numpy()).nunique()
    small = {value for value, n in people.items() if n < LEAST}
    allowed = {value for name, value in TOLD_AS_RANGES if name == coded.name}
    if coded.name == "followup_status":
        allowed |= {"no_answer+declined", "no_answer", "declined"}
    assert small <= allowed
    assert sessions[coded.name].tolist() == values


def test_values_along_an_order_join_their_neighbors():
    shown = merged("needled_before", ["never"] * 30 + ["1_to_3"] * 20 + ["4_or_more"] * 5)
    assert counts(shown) == {"never": 30, "1_to_3+4_or_more": 25}
    assert column("needled_before").label_of("1_to_3+4_or_more") == "1 to 3 or 4 or more"
    lasted = ["under_6_weeks"] * 6 + ["6_to_12_weeks"] * 8 + ["over_a_year"] * 20
    assert counts(merged("chronicity", lasted)) == {"under_6_weeks+6_to_12_weeks": 14, "over_a_year": 20}
    assert merged("chronicity", ["under_6_weeks"] * 12).isna().all()


def test_a_patient_with_two_values_counts_once():
    """Seven patients have both: fourteen sessions are seven people."""
    both = [f"P{i}" for i in range(7)] * 2 + [f"Q{i}" for i in range(30)]
    shown = merged("needle_felt", ["yes"] * 7 + ["barely"] * 7 + ["no"] * 30, both)
    assert counts(shown) == {"no+barely+yes": 44}


def test_rare_codes_of_a_list_become_one():
    lists = ["deep_ache;cramp"] * 20 + ["sharp"] * 8 + ["burning;sharp"] * 7 + ["none"] * 3
    shown = merged("sensation", lists)
    assert counts(shown) == {"deep_ache;cramp": 20, "sharp": 15}, "ten have another code: too few as well"
    shown = merged("sensation", [*lists, *["electric"] * 4])
    assert counts(shown) == {"deep_ache;cramp": 20, "sharp": 8, "other;sharp": 7, "other": 7}


@pytest.mark.parametrize("rare", [["bleeding"] * 3, ["bleeding"] * 6 + ["faintness"] * 6 + ["nausea"] * 6])
def test_a_rare_event_is_still_an_event(rare):
    """Blank would say that nothing happened: the share of sessions with any event stays what it is."""
    shown = merged("adverse_event", ["none"] * 40 + rare)
    assert counts(shown) == {"none": 40, "other": len(rare)}


def test_who_was_asked_and_not_reached_stays_so():
    shown = merged(
        "followup_status", ["reached"] * 40 + ["no_answer"] * 20 + ["declined"] * 3 + ["not_attempted"] * 4
    )
    assert counts(shown) == {"reached": 40, "no_answer+declined": 23, "not_attempted": 4}


@pytest.mark.parametrize("name", [c.name for c in CODED if c.name != "condition"])
def test_a_column_nobody_filled_in_stays_as_it_is(name):
    sessions = clinic(name, np.full(20, np.nan))
    pd.testing.assert_frame_equal(without_rare_values(sessions, LEAST), sessions)


def test_readings_of_a_rare_movement_or_questionnaire_go_with_it():
    sessions = clinic("prom", ["ndi"] * 20 + ["odi"] * 5).assign(
        prom_score=30.0, rom_hip_flexion_pre=[90.0] * 5 + [np.nan] * 20, rom_hip_extension_pre=20.0
    )
    shown = without_rare_values(sessions, LEAST)
    assert shown["prom_score"].notna().tolist() == [True] * 20 + [False] * 5
    assert shown["rom_hip_flexion_pre"].isna().all()
    assert shown["rom_hip_extension_pre"].notna().all()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([c.name for c in CODED if c.kind == "category" and c.name not in SPARED]), st.data())
def test_moving_a_patient_between_values_shown_together_changes_nothing(name, data):
    codes = list(column(name).values)
    sizes = data.draw(st.lists(st.integers(1, 30), min_size=len(codes), max_size=len(codes)))
    values = [code for code, n in zip(codes, sizes, strict=True) for _ in range(n)]
    before = merged(name, values)
    at = data.draw(st.integers(0, len(values) - 1))
    as_shown = before.astype("object").fillna("").tolist()
    other = data.draw(
        st.sampled_from([v for v, told in zip(values, as_shown, strict=True) if told == as_shown[at]])
    )
    moved = [other if i == at else value for i, value in enumerate(values)]
    after = merged(name, moved)
    assume(
        set(after.astype("object").fillna("")) == set(as_shown)
    )  # at its own limit a group shows whether it has been reached
    pd.testing.assert_series_equal(after, before)
