"""Clinicians' words: conditions by words, regions and codes, muscles and movements by their abbreviations."""

from __future__ import annotations

import pytest

from outcomes.intake.vocabulary import condition_of, movement_of, muscle_of, side_of
from outcomes.record.conditions import CONDITIONS, condition, condition_label
from outcomes.record.measures import MOVEMENTS, movement
from outcomes.record.reference import read_reference

CONDITION = {
    "Neck": "neck_pain",
    "C-spine": "neck_pain",
    "M542": "neck_pain",
    "M54.2 - Cervicalgia": "neck_pain",
    "M54.5": "low_back_pain",
    "LBP": "low_back_pain",
    "back pain": "low_back_pain",
    "upper back pain": "mid_back_pain",
    "LBP w/ sciatica": "piriformis_sciatica",
    "M54.41": "piriformis_sciatica",
    "Knee OA": "arthritis_joint_pain",
    "M17.12": "arthritis_joint_pain",
    "shoulder osteoarthritis": "arthritis_joint_pain",
    "Rotator cuff tendinitis": "shoulder_pain",
    "M75.02": "shoulder_pain",
    "cervicogenic headache": "headache",
    "G43.109": "headache",
    "TMJ": "jaw_pain",
    "Golfer's elbow": "golfers_elbow",
    "heel pain": "plantar_fasciitis",
    "Achilles tendonitis": "achilles_tendinopathy",
    "myofascial pain": "other",
    "myofascial neck pain": "neck_pain",
    "elbow pain": None,
    "foot": None,
    "neck and low back": None,
    "Headache, neck pain": None,
    "shoulder pain, knee OA": None,
    "M54.2, M54.50": None,
    "M54.17": None,
    "M25.651": None,
    "Z99.9": None,
    "see notes": None,
    "": None,
}


@pytest.mark.parametrize("text", CONDITION)
def test_a_condition_is_told_or_left(text: str) -> None:
    named = condition_of(text)
    assert (named.code if named else None) == CONDITION[text]


def test_every_label_and_every_code_of_the_reference_is_known() -> None:
    labels = {code: condition_of(condition_label(code)) for code in CONDITIONS if code != "other"}
    assert {code: named.code for code, named in labels.items() if named} == {code: code for code in labels}
    codes = {code: name for name in CONDITIONS for code in condition(name).icd10cm}
    assert len(codes) > 50
    assert {code: named.code for code in codes if (named := condition_of(code))} == codes


def test_categories_agree_with_the_codes_below_them() -> None:
    categories = {row["category"]: row["condition"] for row in read_reference("icd10cm_categories")}
    checked = 0
    for row in read_reference("codes"):
        above = [category for category in categories if row["code"].startswith(category)]
        if above:
            assert categories[max(above, key=len)] == row["condition"], row["code"]
            checked += 1
    assert checked > 40


@pytest.mark.parametrize(
    ("text", "side", "rest"),
    [
        ("R shoulder pain", "right", "shoulder pain"),
        ("Tennis elbow (left)", "left", "tennis elbow"),
        ("bilateral neck", "both", "neck"),
        ("L and R knee", "both", "and knee"),
        ("neck pain", None, "neck pain"),
    ],
)
def test_a_side_is_taken_off(text: str, side: str | None, rest: str) -> None:
    assert side_of(text) == (side, rest)


@pytest.mark.parametrize(
    ("code", "side"), [("M77.11", "right"), ("M77.12", "left"), ("M17.12", "left"), ("M54.2", None)]
)
def test_icd_codes_tell_sides(code: str, side: str | None) -> None:
    named = condition_of(code)
    assert named is not None
    assert named.side == side


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UT", "upper_trapezius"),
        ("L upper trap", "upper_trapezius"),
        ("QL", "quadratus_lumborum"),
        ("SCM (R)", "sternocleidomastoid"),
        ("lev scap", "levator_scapulae"),
        ("glute med", "gluteus_medius"),
        ("gastrocs", "gastrocnemius"),
        ("ECRB", "extensor_carpi_radialis_brevis"),
        ("Upper Trapezius", "upper_trapezius"),
        ("traps", None),
        ("multifidus", None),
        ("patient was fine", None),
    ],
)
def test_a_muscle_is_told_or_left(text: str, code: str | None) -> None:
    named = muscle_of(text)
    assert (named.code if named else None) == code


def test_no_abbreviation_means_two_muscles() -> None:
    words = [word for row in read_reference("muscle_words") for word in row["words"].split("|") if word]
    assert len(words) == len(set(words)) > 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cerv rot", "cervical_rotation"),
        ("Cervical rotation L", "cervical_rotation"),
        ("SLR", "straight_leg_raise"),
        ("shoulder ER", "shoulder_external_rotation"),
        ("hip IR", "hip_internal_rotation"),
        ("MMO", "mouth_opening"),
        ("lat flex neck", "cervical_lateral_flexion"),
        ("knee to wall", "ankle_dorsiflexion_lunge_cm"),
        ("ankle DF", "ankle_dorsiflexion"),
        ("rotation", None),
        ("neck", None),
        ("neck flexion and extension", None),
    ],
)
def test_a_movement_is_told_or_left(text: str, code: str | None) -> None:
    named = movement_of(text)
    assert (named.code if named else None) == code


def test_every_movement_is_known_by_its_own_label() -> None:
    missed = {
        name
        for name in MOVEMENTS
        if (named := movement_of(movement(name).label)) is None or named.code != name
    }
    assert missed <= {
        "thoracic_rotation",
        "first_toe_extension",
        "ankle_dorsiflexion_lunge",
        "ankle_dorsiflexion_lunge_cm",
    }
