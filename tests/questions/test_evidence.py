"""The evidence on a claim: counted by hand at the limits each claim names, with its remark and its words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.evidence import ESTIMATORS, Evidence
from outcomes.record.measures import movement


def clinic(patients: int = 20, each: int = 3, **columns) -> pd.DataFrame:
    size = patients * each
    frame = {"patient_id": [f"p{i // each:03d}" for i in range(size)], "condition": "neck_pain"}
    return pd.DataFrame({**frame, "session_number": np.tile(np.arange(1, each + 1), patients), **columns})


def evidence(name: str, frame: pd.DataFrame) -> Evidence:
    return ESTIMATORS[name](frame, 0.95)


def test_harm_that_was_never_seen_is_ruled_out_by_patients_not_by_sessions() -> None:
    """Three of thirty patients: the rule of three, though they had ninety sessions."""
    found = evidence("adverse", clinic(30, 3, adverse_event=["bruise", *["none"] * 89]))
    assert found.estimate == pytest.approx(1 / 90)
    assert found.remark == (
        "Harm never recorded in 30 patients may still happen to up to 10.00% of patients (rule of three)."
    )
    assert found.counts == (1.0, 89.0)


def test_a_session_that_was_not_asked_about_harm_is_not_one_without() -> None:
    found = evidence("adverse", clinic(10, 2, adverse_event=["bruise", None] * 10))
    assert (found.estimate, found.sessions) == (1.0, 10)


def test_soreness_beyond_two_days_is_the_figure_and_beyond_one_is_in_the_words() -> None:
    hours = [12.0] * 16 + [30.0] * 14 + [60.0] * 10
    found = evidence(
        "sore_longer", clinic(40, 1, soreness_h=hours, soreness_ongoing=False, soreness_free_h=np.nan)
    )
    assert found.estimate == pytest.approx(0.25)
    assert found.words["over_a_day"] == "about 6 in 10"
    assert found.words["in_ten"] == "about 3 in 10"
    assert found.counts == pytest.approx((10, 24, 30, 16))
    assert found.remark == "Soreness was asked about in 100% of sessions."


def test_range_counts_from_the_movements_own_measurement_error_both_ways() -> None:
    """Of forty sessions twenty gain just the error, eight lose it, twelve gain a little less."""
    error = movement("mouth_opening").measurement_error
    gains = [error] * 20 + [-error] * 8 + [error - 0.1] * 12
    found = evidence("motion_at_once", clinic(40, 1, rom_movement="mouth_opening", rom_gain_post=gains))
    assert found.estimate == pytest.approx(0.5)
    assert found.remark == "20% were worse by as much."
    assert found.counts == (20.0, 20.0, 8.0, 32.0)
    unknown = evidence("motion_at_once", clinic(40, 1, rom_movement=None, rom_gain_post=gains))
    assert (unknown.estimated, unknown.sessions) == (False, 0)


def test_a_twitch_is_seen_where_any_was_counted() -> None:
    found = evidence("twitch_seen", clinic(20, 2, twitch_count=[0.0, 1.0, np.nan, 5.0] * 10))
    assert found.estimate == pytest.approx(2 / 3)
    assert (found.patients, found.sessions) == (20, 30)


def test_too_few_patients_are_evidence_without_a_figure() -> None:
    found = evidence("twitch_seen", clinic(7, 3, twitch_count=1.0))
    assert not found.estimated
    assert (found.patients, found.note, found.words) == (7, "too few patients to say", {})


NAMES = ["headache", "neck_pain", "jaw_pain", "low_back_pain", "shoulder_pain"]


def of_conditions(*reliefs: float) -> pd.DataFrame:
    """Twenty patients a condition, each from pain of 8: with this relief, one of them with a point less."""
    parts = []
    for name, most in zip(NAMES, reliefs, strict=False):
        relief = np.array([most - 1.0, *[most] * 19])
        part = clinic(20, 1, pain_pre=8.0, pain_post=2.0, pain_48h=8.0 - relief, pain_relief_48h=relief)
        parts.append(part.assign(condition=name, patient_id=name + part["patient_id"]))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("reliefs", "share", "verdict"),
    [
        ([7, 7, 7, 7, 7], 1.0, "supported"),
        ([7, 7, 7, 0, 0], 0.6, "supported"),
        ([7, 7, 0, 0, 0], 0.4, "can't say"),
        ([7, 7, -1, -1, -1], 0.4, "contradicted"),
    ],
)
def test_a_variety_of_conditions_is_more_than_half_of_them(reliefs, share, verdict) -> None:
    """Relief far beyond a bad day's, none, or more pain."""
    found = evidence("variety", of_conditions(*reliefs))
    assert (found.estimate, found.verdict) == (pytest.approx(share), verdict)
    many = reliefs.count(7)
    assert found.remark.startswith(
        f"Pain fell by more than expected in {many} of 5 conditions with at least 11"
    )
    assert found.words["share_of_conditions"] == f"{many} of 5 conditions"


def test_four_conditions_are_no_variety() -> None:
    found = evidence("variety", of_conditions(7, 7, 7, 7))
    assert not found.estimated
    assert found.note == "fewer than 5 conditions with enough patients"
    assert found.patients == 80
