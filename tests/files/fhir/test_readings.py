"""Each reading put to its session: by what it is part of, by the encounter, else by the time; the rest counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import outcomes as oc

from .ehr import Json, bundle, left, needling, pain, part_of, patient, rows


def test_twice_a_week_a_score_before_a_session_is_not_the_follow_up_of_the_last(tmp_path: Path) -> None:
    found = rows(
        needling("n1", "2026-01-12T09:00:00Z"),
        needling("n2", "2026-01-14T09:00:00Z"),
        pain("o1", "2026-01-14T08:50:00Z", 4),
        folder=tmp_path,
    )
    assert [row.get("pain_pre") for row in found] == [None, "4"]
    assert "pain_48h" not in found[0]


def test_what_a_score_is_part_of_goes_before_its_clock(tmp_path: Path) -> None:
    found = rows(
        needling("n1", "2026-01-12T09:00:00Z"),
        needling("n2", "2026-01-14T09:00:00Z"),
        pain("o1", "2026-01-14T08:50:00Z", 4, **part_of("n1")),
        folder=tmp_path,
    )
    assert [row["pain_48h"] for row in found] == ["4", None]


def test_of_several_scores_the_one_nearest_its_moment_is_read(tmp_path: Path) -> None:
    scores = [("08:00", 8), ("08:55", 7), ("09:30", 5), ("10:30", 6)]
    diary = [("13T09:00", 5), ("14T08:00", 3), ("15T09:00", 1)]
    row = rows(
        needling("n1", "2026-01-12T09:00:00Z"),
        *(pain(f"o{at}", f"2026-01-12T{at}:00Z", value) for at, value in scores),
        *(pain(f"d{at}", f"2026-01-{at}:00Z", value) for at, value in diary),
        folder=tmp_path,
    )[0]
    assert [row[name] for name in ("pain_pre", "pain_post", "pain_48h", "followup_h")] == [
        "7",
        "5",
        "3",
        "47",
    ]


def test_what_is_unclear_stays_blank_is_listed_and_counted(tmp_path: Path) -> None:
    resources = (
        needling("n1", "2026-01-12T09:00:00Z"),
        pain("o1", "2026-01-12T09:04:00Z", 7),
        pain("o2", None, 6, **part_of("n1")),
        pain("o3", "2026-01-12T09:30:00Z", 5),
        pain("o4", "2026-01-12T09:30:00Z", 2),
        pain("o5", "2026-03-12T09:30:00Z", 2),
        pain("o6", "2026-01-12T08:30:00Z", 2, of="somebody-else"),
        pain("o7", "2026-01-12T08:30:00Z", None),
        pain("o8", "2026-01-12T08:30:00Z", 9, status="entered-in-error"),
        pain(
            "o9",
            "2026-01-12T08:30:00Z",
            99,
            code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        ),
    )
    row = rows(*resources, folder=tmp_path)[0]
    assert not [name for name in row if name.startswith("pain_")]
    assert left(*resources, folder=tmp_path) == {
        "pain scores of which it is not clear whether they were before, right after or 2 days later: 2": (
            2,
            3,
        ),
        "readings that two different values are given for: 2": (4, 5),
        "readings of no needling in this file: 2": (6, 7),
        "readings without a value that can be read: 1": (8,),
        "observations that were withdrawn: 1": (9,),
        "observations that are no part of the record: 1": (10,),
    }


def test_what_came_of_a_follow_up_is_read_from_the_reason_for_no_value(tmp_path: Path) -> None:
    def reason(code: str) -> Json:
        system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        return {"dataAbsentReason": {"coding": [{"system": system, "code": code}]}}

    found = rows(
        *(needling(f"n{at}", f"2026-01-{12 + 5 * at}T09:00:00Z") for at in range(3)),
        pain("o0", "2026-01-14T09:00:00Z", None, **reason("asked-declined")),
        pain("o1", "2026-01-19T09:00:00Z", None, **reason("not-asked")),
        pain("o2", "2026-01-24T09:00:00Z", None, **reason("unknown")),
        folder=tmp_path,
    )
    assert [row["followup_status"] for row in found] == ["declined", "not_attempted", None]


def test_a_questionnaire_is_put_to_its_session(tmp_path: Path) -> None:
    answers = {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "status": "completed",
        "subject": {"reference": "Patient/a7"},
        "authored": "2026-01-14T09:30:00Z",
        "item": [
            {"linkId": "pain_48h", "answer": [{"valueInteger": 3}]},
            {"linkId": "soreness_ongoing", "answer": [{"valueBoolean": False}]},
            {"linkId": "g", "item": [{"linkId": "soreness_h", "answer": [{"valueDecimal": 12.5}]}]},
            {"linkId": "q9", "text": "Your e-mail", "answer": [{"valueString": "a@b.example"}]},
            {"linkId": "patient_id", "answer": [{"valueString": "someone"}]},
        ],
    }
    path = bundle(
        tmp_path, needling("n1", "2026-01-12T09:00:00Z"), pain("o", "2026-01-12T08:50:00Z", 6), answers
    )
    read = oc.read_sessions(path)
    assert read[["pain_48h", "soreness_h", "soreness_ongoing"]].iloc[0].tolist() == [3, 12.5, False]
    assert read["patient_id"].tolist() == ["a7"]
    assert "a@b.example" not in read.to_csv()
    assert oc.check_sessions(path).ignored == ("Your e-mail",)


def test_a_score_beyond_the_scale_is_told_by_its_entry(tmp_path: Path) -> None:
    path = bundle(
        tmp_path, patient(), needling("n1", "2026-01-12T09:00:00Z"), pain("o", "2026-01-12T08:50:00Z", 45)
    )
    problems = oc.check_sessions(path).problems
    wrong = problems[(problems["column"] == "pain_pre") & (problems["severity"] == "error")]
    assert wrong[["line", "value"]].to_numpy().tolist() == [[2, "45"]]


def own(name: str, column: str, value: Json, **more: Any) -> Json:
    """An observation in one of our own codes."""
    coding = {"system": "https://outcomes.example/fhir/CodeSystem/session-record", "code": column}
    return {"resourceType": "Observation", "id": name, "code": {"coding": [coding]}, **value, **more}


def of_visit(name: str) -> Json:
    return {"encounter": {"reference": f"Encounter/{name}"}}


FIRST = needling("n1", "2026-01-12T09:00:00Z") | of_visit("e1")
SECOND = needling("n2", "2026-01-12T11:00:00Z") | of_visit("e2")


def test_a_reading_in_our_own_code_goes_to_the_one_needling_of_its_encounter(tmp_path: Path) -> None:
    twitches = own("o1", "twitch_count", {"valueInteger": 4}, **of_visit("e2"))
    found = rows(FIRST, SECOND, twitches, folder=tmp_path)
    assert [row["twitch_count"] for row in found] == [None, "4"]


def test_where_an_encounter_has_two_needlings_such_a_reading_is_of_neither(tmp_path: Path) -> None:
    twitches = own("o1", "twitch_count", {"valueInteger": 4}, **of_visit("e1"))
    resources = (FIRST, SECOND | of_visit("e1"), twitches)
    assert "twitch_count" not in rows(*resources, folder=tmp_path)[0]
    assert left(*resources, folder=tmp_path) == {"readings of no needling in this file: 1": (3,)}


def test_a_range_is_read_after_its_movement_though_it_stands_before_it(tmp_path: Path) -> None:
    """60 mm of mouth opening is a range; 60 mm of a rotation is none."""
    wide = {"valueQuantity": {"value": 60, "code": "mm"}}
    for moved, value in (("mouth_opening", "60"), ("cervical_rotation", None)):
        resources = (
            needling("n1", "2026-01-12T09:00:00Z"),
            own("o1", "rom_pre", wide, **part_of("n1")),
            own("o2", "rom_movement", {"valueString": moved}, **part_of("n1")),
        )
        assert rows(*resources, folder=tmp_path)[0].get("rom_pre") == value
    assert left(*resources, folder=tmp_path) == {"readings without a value that can be read: 1": (2,)}


def test_the_same_reading_twice_is_one_and_another_is_neither(tmp_path: Path) -> None:
    def twitches(*counts: int) -> tuple[Json, ...]:
        told = [
            own(f"o{at}", "twitch_count", {"valueInteger": n}, **part_of("n1")) for at, n in enumerate(counts)
        ]
        return (needling("n1", "2026-01-12T09:00:00Z"), *told)

    assert rows(*twitches(4, 4), folder=tmp_path)[0]["twitch_count"] == "4"
    assert "twitch_count" not in rows(*twitches(4, 5, 4), folder=tmp_path)[0]
    assert left(*twitches(4, 5, 4), folder=tmp_path) == {
        "readings that two different values are given for: 2": (3, 4)
    }


def test_a_score_that_is_part_of_a_procedure_elsewhere_is_put_nowhere(tmp_path: Path) -> None:
    score = pain("o1", "2026-01-12T08:55:00Z", 6)
    assert rows(FIRST, score, folder=tmp_path)[0]["pain_pre"] == "6"
    astray = score | {"partOf": [{"reference": "Procedure/not-here"}]}
    assert "pain_pre" not in rows(FIRST, astray, folder=tmp_path)[0]
    group = score | {"partOf": [{"reference": "MedicationAdministration/m1"}]}
    assert rows(FIRST, group, folder=tmp_path)[0]["pain_pre"] == "6"


def test_a_questionnaire_of_no_needling_is_counted(tmp_path: Path) -> None:
    asked = [{"linkId": "pain_48h", "answer": [{"valueInteger": 3}]}]
    answers = {"resourceType": "QuestionnaireResponse", "id": "r1", "authored": "2026-01-14T09:30:00Z"}
    answers |= {"subject": {"reference": "Patient/b8"}, "item": asked}
    assert left(FIRST, answers, folder=tmp_path) == {"questionnaires of no needling in this file: 1": (2,)}
