"""Claims about what patients tell and what it felt like: shares counted by hand, remarks and counts with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions import evidence_asked
from outcomes.questions.evidence_asked import (
    felt_differs,
    like_workout,
    limited_after,
    needle_not_felt,
    told_onset,
    told_symptoms,
)
from outcomes.words import NOT_RECORDED


def clinic(patients: int = 20, each: int = 1, **columns) -> pd.DataFrame:
    size = patients * each
    frame = {"patient_id": [f"p{i // each:03d}" for i in range(size)], "condition": "neck_pain"}
    return pd.DataFrame({**frame, **columns})


def test_where_it_came_from_is_asked_once_a_complaint_and_any_of_four_counts() -> None:
    """Of 20 patients 5 name stress, 3 exercise and stress, 4 a fall, 8 do not say; later answers are not counted."""
    first = ["stress"] * 5 + ["exercise;stress"] * 3 + ["injury"] * 4 + [None] * 8
    frame = pd.concat([clinic(onset=first), clinic(onset="posture").head(12)])
    found = told_onset(frame, 0.95)
    assert (found.patients, found.sessions) == (12, 12)
    assert found.estimate == pytest.approx(8 / 12)
    assert found.remark == "Named: exercise 25%, stress 67%, repetitive work 0% and posture 0%."
    assert found.counts == (8, 4, 3, 8, 0, 0, 9, 4, 12, 12)


def test_a_second_complaint_is_a_second_answer_of_the_same_patient() -> None:
    twice = pd.concat([clinic(symptoms="soreness"), clinic(symptoms="weakness").assign(condition="headache")])
    found = told_symptoms(twice, 0.95)
    assert (found.patients, found.sessions, found.estimate) == (20, 40, 0.5)
    assert "soreness 50%" in found.remark


def test_what_too_few_tell_is_no_share_and_names_nothing() -> None:
    found = told_onset(clinic(6, onset="stress"), 0.95)
    assert (found.estimated, found.remark, found.counts) == (False, "", ())
    nobody = told_symptoms(clinic(20, symptoms=None), 0.95)
    assert (nobody.estimated, nobody.patients, nobody.counts) == (False, 0, ())


def test_the_needle_was_felt_or_not_and_a_deep_ache_stands_beside() -> None:
    felt = ["no"] * 10 + ["barely"] * 5 + ["clearly"] * 5 + [None] * 20
    sensation = ["deep_ache;pressure"] * 6 + ["pressure"] * 18 + [None] * 16
    found = needle_not_felt(clinic(20, 2, needle_felt=felt, sensation=sensation), 0.95)
    assert (found.estimate, found.sessions) == (0.5, 20)
    assert found.remark == "A deep ache was named in 25% of sessions."
    assert found.counts == (10, 10, 6, 18)
    silent = needle_not_felt(clinic(20, 2, needle_felt=felt, sensation=None), 0.95)
    assert (silent.estimate, silent.remark, silent.counts) == (0.5, "", (10, 10))


def test_like_a_workout_is_like_it_and_unlike_the_usual_pain() -> None:
    like = ["yes"] * 12 + ["no"] * 4 + ["unsure"] * 4 + ["yes"] * 4
    unlike = ["yes"] * 9 + ["no"] * 7 + ["yes"] * 4 + [None] * 4
    found = like_workout(clinic(24, soreness_like_workout=like, soreness_unlike_pain=unlike), 0.95)
    assert (found.estimate, found.sessions) == (pytest.approx(9 / 20), 20)
    assert found.remark == "Like after a workout: 60%; unlike the usual pain: 65%."
    assert found.counts == (9, 11, 12, 13, 8, 7)


def test_any_limit_counts_and_no_answer_is_none() -> None:
    limited = ["none"] * 15 + ["a_little"] * 3 + ["a_lot"] * 2 + [None] * 5
    found = limited_after(clinic(25, activity_limited=limited), 0.95)
    assert (found.estimate, found.patients, found.counts) == (0.25, 20, (5, 15))


def links(p_values, low=-0.2, high=0.2, **more) -> pd.DataFrame:
    frame = {"estimate": 0.1, "p_value": p_values, "conf_low": low, "conf_high": high, "note": ""}
    return pd.DataFrame({"quantity": ["first", "long", "tolerance"], "patients": [40, 39, 38], "sessions": [90, 80, 85],
                         **frame, **more})  # fmt: skip


ALL_FOUR = "area, experience, how long it has lasted and pain tolerance"


@pytest.mark.parametrize(
    ("area", "others", "ends", "share", "verdict", "names"),
    [
        (0.001, [0.001, 0.002, 0.003], (0.6, 0.9), 1.0, "supported", ALL_FOUR),
        (0.9, [0.5, 0.6, 0.7], (-0.4, 0.4), 0.0, "contradicted", "none"),
        (0.9, [0.5, 0.6, 0.7], (-0.6, 0.4), 0.0, "can't say", "none"),
        (0.9, [0.5, 0.6, 0.7], (-0.4, 0.6), 0.0, "can't say", "none"),
        (0.001, [0.5, 0.6, 0.7], (-0.4, 0.4), 0.25, "can't say", "area"),
        (0.02, [0.02, 0.02, 0.02], (0.1, 0.6), 0.0, "can't say", "none"),  # 4 × 0.02 = 0.08: none after Holm
        (0.012, [0.02, 0.9, 0.9], (0.1, 0.4), 0.25, "can't say", "area"),  # 4 × 0.012 < 0.05 < 3 × 0.02
    ],
)  # fmt: skip
def test_pain_of_the_needling_differs_by_what_is_clear_after_holm(
    area, others, ends, share, verdict, names, monkeypatch
) -> None:
    areas = pd.DataFrame({"p_value": [0.95, area, np.nan]})
    monkeypatch.setattr(evidence_asked, "needling_areas", lambda frame, conf_level: areas)
    monkeypatch.setattr(evidence_asked, "needling_links", lambda frame, conf_level: links(others, *ends))
    found = felt_differs(clinic(), 0.95)
    assert (found.estimate, found.verdict, found.words["differs"]) == (share, verdict, names)
    assert (found.patients, found.sessions) == (38, 80)


def test_without_every_link_there_is_no_verdict_and_the_first_reason_is_given(monkeypatch) -> None:
    areas = pd.DataFrame({"p_value": [0.5]})
    monkeypatch.setattr(evidence_asked, "needling_areas", lambda frame, conf_level: areas)
    blank = links([0.1, np.nan, 0.1], estimate=[0.1, np.nan, 0.1], note=["", "too few", "other"])
    monkeypatch.setattr(evidence_asked, "needling_links", lambda frame, conf_level: blank)
    found = felt_differs(clinic(), 0.95)
    assert (found.estimated, found.note, found.patients) == (False, "too few", 38)
    monkeypatch.setattr(
        evidence_asked, "needling_areas", lambda frame, conf_level: areas.assign(p_value=np.nan)
    )
    monkeypatch.setattr(evidence_asked, "needling_links", lambda frame, conf_level: links([0.1] * 3))
    assert felt_differs(clinic(), 0.95).note == NOT_RECORDED
