"""One partition of the records: every session in one group, each large enough, and nobody can tell within one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outcomes.disclosure.limits import limits_for
from outcomes.disclosure.partition import condition_groups, grouped, least_shown, wholes_of
from outcomes.record.conditions import CONDITIONS, condition, condition_label, condition_tree, merged_name
from outcomes.simulate.sessions import simulate_sessions

OWNER = limits_for("owner")


def clinic(sizes, **columns):
    """One session for each of so many patients of each condition."""
    names = [name for name, n in sizes.items() for _ in range(n)]
    count = len(names)
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(count)],
            "condition": names,
            "pain_pre": 6.0,
            "pain_post": 4.0,
            "pain_48h": 3.0,
            "soreness_h": 12.0,
        }
    )
    return frame.assign(**columns)


SIZES = st.dictionaries(st.sampled_from(CONDITIONS), st.integers(0, 40), min_size=1)


@settings(max_examples=80, deadline=None)
@given(SIZES)
def test_every_group_is_large_enough_or_everybody(sizes):
    sessions = clinic(sizes)
    assume(len(sessions) >= least_shown(OWNER))
    groups = grouped(sessions, OWNER).groupby("condition")["patient_id"].nunique()
    assert groups.min() >= least_shown(OWNER)
    assert groups.sum() == len(sessions)


@settings(max_examples=80, deadline=None)
@given(SIZES, st.integers(0, 10_000), st.integers(0, 10_000))
def test_moving_a_patient_within_a_group_changes_nothing(sizes, who, where):
    """Whatever is computed from the groups is the same: nothing can tell of the conditions within one."""
    sessions = clinic(sizes)
    assume(len(sessions) >= least_shown(OWNER))
    before = condition_groups(sessions, least_shown(OWNER))
    at = who % len(sessions)
    own = sessions["condition"].iloc[at]
    present = set(sessions["condition"])
    others = [name for name in CONDITIONS if before[name] == before[own] and name in present]
    moved = sessions.copy()
    moved.loc[at, "condition"] = others[where % len(others)]
    assume(set(moved["condition"]) == present)
    after = condition_groups(moved, least_shown(OWNER))
    assume(after == before)  # at its own limit a group shows whether it has been reached
    pd.testing.assert_frame_equal(grouped(moved, OWNER), grouped(sessions, OWNER))


def test_small_conditions_join_their_neighbors():
    groups = condition_groups(
        clinic({"tennis_elbow": 30, "golfers_elbow": 4, "neck_pain": 40, "jaw_pain": 20}), 13
    )
    assert groups["golfers_elbow"] == groups["tennis_elbow"] == "tennis_elbow+golfers_elbow"
    assert groups["neck_pain"] == "neck_pain"
    assert groups["jaw_pain"] == "jaw_pain"


def test_what_has_no_large_neighbor_goes_up_the_tree():
    groups = condition_groups(
        clinic({"shoulder_pain": 9, "tennis_elbow": 7, "neck_pain": 40, "other": 3}), 13
    )
    assert groups["shoulder_pain"] == groups["tennis_elbow"]
    assert groups["other"] == groups["shoulder_pain"]
    assert groups["neck_pain"] == "neck_pain"


def test_a_reading_few_patients_have_merges_as_few_patients_do():
    sessions = clinic({"tennis_elbow": 30, "golfers_elbow": 20, "neck_pain": 40})
    sessions.loc[sessions["condition"] == "golfers_elbow", "pain_48h"] = np.where(
        np.arange(20) < 6, 3.0, np.nan
    )
    assert condition_groups(sessions, 13)["golfers_elbow"] == "tennis_elbow+golfers_elbow"


def test_a_clinic_of_one_condition_is_called_by_it():
    assert set(grouped(clinic({"low_back_pain": 30}), OWNER)["condition"]) == {"low_back_pain"}
    small = clinic({"low_back_pain": 9, "mid_back_pain": 6})
    assert set(grouped(small, OWNER)["condition"]) == {merged_name(["mid_back_pain", "low_back_pain"])}
    assert set(grouped(clinic(dict.fromkeys(CONDITIONS, 2)), OWNER)["condition"]) == {"all_conditions"}


@pytest.mark.parametrize(
    ("members", "label"),
    [
        (["golfers_elbow", "tennis_elbow"], "Tennis and golfer's elbow"),
        (["headache", "jaw_pain"], "Headache and jaw pain"),
        (["mid_back_pain", "low_back_pain"], "Mid-back and low back pain"),
        (["plantar_fasciitis", "achilles_tendinopathy", "piriformis_sciatica"], "Leg pain"),
        (
            ["shoulder_pain", "tennis_elbow", "golfers_elbow", "jaw_pain"],
            "Jaw pain and arm pain",
        ),
        (["headache", "shoulder_pain", "other", "jaw_pain"], "Other conditions"),
        (CONDITIONS, "All conditions"),
    ],
)
def test_conditions_shown_together_are_named_in_words(members, label):
    assert condition_label(merged_name(members)) == label


def test_of_conditions_shown_together_the_largest_threshold_counts():
    both = condition("tennis_elbow+golfers_elbow")
    assert both.smallest_change == max(
        condition(n).smallest_change for n in ("tennis_elbow", "golfers_elbow")
    )
    assert both.smallest_change_borrowed


def test_the_tree_holds_every_condition_once():
    assert condition_tree().conditions == CONDITIONS


def test_rare_values_are_merged_or_left_blank():
    sessions = clinic({"neck_pain": 60}).assign(
        age_band=["20-29"] * 4 + ["30-39"] * 20 + ["40-49"] * 20 + ["80-89"] * 10 + ["90+"] * 6,
        sex=["female"] * 30 + ["male"] * 27 + ["other"] * 3,
        activity=["desk_work"] * 40 + ["runner"] * 5 + ["golfer"] * 5 + ["other"] * 10,
        muscles=["upper_trapezius;scalenes"] * 20
        + ["scalenes;masseter"] * 3
        + ["deltoid"] * 10
        + [None] * 27,
        technique=["deep_static"] * 60,
        rom_movement=["cervical_rotation"] * 50 + ["cervical_flexion"] * 10,
        rom_pre=50.0,
    )
    shown = grouped(sessions, OWNER)
    assert shown.groupby("age_band")["patient_id"].nunique().to_dict() == {
        "20-39": 24,
        "40-49": 20,
        "80+": 16,
    }
    assert shown["sex"].isna().sum() == 3
    assert shown["activity"].value_counts().to_dict() == {"desk_work": 40, "other": 20}
    assert set(shown["muscles"].dropna()) == {
        "upper_trapezius;scalenes",
        "scalenes;other_muscles",
        "other_muscles",
    }
    assert shown["rom_pre"].notna().sum() == 50
    assert len(sessions) == len(shown)


def test_a_clinician_sees_the_records_as_they_are():
    sessions = clinic({"neck_pain": 3})
    assert grouped(sessions, limits_for("clinician")) is sessions


@pytest.mark.parametrize(("patients", "least"), [(25, 1), (60, 2), (110, 4), (160, 5), (310, 8), (600, 10)])
def test_how_many_groups_a_clinic_of_each_size_has(patients, least):
    sessions, _ = simulate_sessions(patients, seed=1, scenario="literature")
    shown = grouped(sessions, OWNER)
    assert shown["condition"].nunique() >= least
    assert shown["condition"].notna().all()
    wholes = wholes_of(shown)
    conditions = [counts for where, counts in wholes.items() if {key for key, _ in where} == {"condition"}]
    assert sum(counts["sessions"] for counts in conditions) == len(sessions)
