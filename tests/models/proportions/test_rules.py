"""Shares that meet each of several rules: counted by hand, at every limit, beside what no effect would show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.proportions.rules import rule_shares
from outcomes.record.outcomes import ResponderRule

RULE = ResponderRule(30.0, 2.0, 3.0)


def clinic(before: list[float], after: list[float], **columns) -> pd.DataFrame:
    """A patient a session."""
    frame = {"patient_id": [f"p{i}" for i in range(len(before))], "pain_pre": before, "pain_48h": after}
    return pd.DataFrame({**frame, "condition": "neck_pain", "session_number": 1, **columns})


def test_each_rule_is_held_against_the_sessions_that_can_meet_it() -> None:
    """Of eight from 3 up two points and 30% in five; of six from 5 up half the pain in three."""
    before = [3, 4, 5, 6, 7, 8, 9, 10, 2, 2]
    after = [1, 3, 3, 3, 5.5, 6, 4, 5, 0, 0]
    found = rule_shares(clinic(before, after), "48h", [RULE, ResponderRule(50.0, 0.0, 5.0)])
    assert found["sessions"].tolist() == [8, 6]
    assert found["responders"].tolist() == [5, 3]
    assert found["proportion"].iloc[0] == pytest.approx(5 / 8)
    assert np.isnan(found["proportion"].iloc[1])
    assert found["note"].tolist()[1] == "too few patients to say"


@pytest.mark.parametrize(("patients", "told"), [(7, False), (8, True)])
def test_a_share_is_told_from_eight_patients_on(patients, told) -> None:
    row = rule_shares(clinic([6.0] * patients, [3.0, *[6.0] * (patients - 1)]), "48h", [RULE]).iloc[0]
    assert row["patients"] == patients
    assert (row["note"] != "too few patients to say") is told
    assert pd.notna([row["proportion"], row["conf_low"], row["conf_high"]]).tolist() == [told] * 3


def test_a_rule_no_session_can_meet_is_a_row_that_says_so_in_its_place() -> None:
    found = rule_shares(clinic([4.0] * 9, [1.0] * 9), "48h", [ResponderRule(30.0, 2.0, 5.0), RULE])
    assert found["order"].tolist() == [0, 1]
    assert found["note"].iloc[0] == "too few patients to say"
    assert found["proportion"].iloc[1] == 1.0


def test_nothing_recorded_is_a_row_for_every_rule_and_group() -> None:
    frame = clinic([6.0] * 9, [np.nan] * 9, sex=["female"] * 5 + ["male"] * 4)
    assert rule_shares(frame, "48h", [RULE, RULE])["note"].tolist() == ["not recorded"] * 2
    by_sex = rule_shares(frame, "48h", [RULE], by="sex")
    assert by_sex[["sex", "note"]].to_numpy().tolist() == [
        ["female", "not recorded"],
        ["male", "not recorded"],
    ]


def test_of_two_rules_the_stricter_is_met_by_fewer_with_and_without_an_effect() -> None:
    rng = np.random.default_rng(3)
    before = rng.integers(3, 11, 120).astype(float)
    after = np.clip(before - rng.integers(-1, 5, 120), 0, 10)
    rules = [ResponderRule(0.0, points, 3.0) for points in (1.0, 2.0, 3.0, 4.0)]
    found = rule_shares(clinic(list(before), list(after)), "48h", rules)
    for name in ("responders", "proportion", "null_benchmark", "null_benchmark_flare"):
        assert (np.diff(found[name]) < 0).all(), name
    assert (found["null_benchmark_flare"] > found["null_benchmark"]).all()
