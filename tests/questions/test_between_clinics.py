"""How far clinics differ: a range of one more clinic, in points and in shares, and no clinic's name."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.models.study import Clinics, reduce_study
from outcomes.questions.between_clinics import between
from several_clinics_data import clinics

ASK = oc.several_clinics


@pytest.fixture(scope="module")
def pooled():
    studies = tuple(reduce_study(sessions) for sessions in clinics(70, 90, 110))
    return Clinics(studies)


def test_clinics_are_compared_by_a_range_and_never_named(pooled):
    found = between(pooled)
    assert found["clinics"].tolist() == [3] * 4
    relief = found[found["measure"] == "pain_relief"].set_index("time").loc["48h"]
    assert relief["predicted_low"] < relief["conf_low"] < relief["estimate"] < relief["conf_high"]
    shares = found[found["measure"] == "pain_responder"]
    assert (shares["predicted_low"] > 0).all()
    assert (shares["predicted_high"] < 1).all()
    said = ASK.between_sentences(found)
    assert len(said) == 4
    assert all("one more clinic like these" in sentence for sentence in said)
    assert not any(name in sentence for sentence in said for name in ("C0", "C1", "C2"))


def test_of_two_clinics_no_range_is_given(pooled):
    two = Clinics(pooled.each[:2])
    found = between(two)
    assert found["estimate"].isna().all()
    assert set(found["note"]) == {"fewer than 3 clinics with enough patients, masked ones not counted"}
    assert ASK.between_sentences(found)[0].startswith(
        "How far clinics differ in relief right after: fewer than 3"
    )


def test_a_clinic_of_few_patients_is_left_out(pooled):
    few = reduce_study(clinics(5)[0])
    with_it = Clinics((*pooled.each, few))
    assert between(with_it).equals(between(pooled))
