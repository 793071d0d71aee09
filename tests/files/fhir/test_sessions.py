"""A bundle from an electronic health record: what it holds is read by its codes and times, and nobody with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source

from .ehr import Json, bundle, needling, pain, part_of, patient

PERIOD = {"start": "2026-01-12T09:00:00-05:00", "end": "2026-01-12T09:40:00-05:00"}
VISIT = (
    patient(),
    needling("n1", PERIOD),
    pain("o1", "2026-01-12T08:55:00-05:00", 7),
    pain("o2", "2026-01-12T09:50:00-05:00", 4),
    pain("o3", "2026-01-14T10:40:00-05:00", 3.5),
    needling("n2", "2026-01-19T09:00:00-05:00", icd="M54.2"),
    pain("o4", "2026-01-19T08:50:00-05:00", 5),
)


def _rows(*resources: Json, folder: Path) -> list[dict[str, str | None]]:
    return read_source(bundle(folder, *resources)).table.to_pylist()


def _left(*resources: Json, folder: Path) -> dict[str, tuple[int, ...]]:
    return {left.what: left.lines for left in read_source(bundle(folder, *resources)).left_out}


def test_a_visit_is_read_by_its_codes_and_its_clock(tmp_path: Path) -> None:
    path = bundle(tmp_path, *VISIT)
    checked = oc.check_sessions(path)
    assert checked.sessions is not None, checked.problems
    read = checked.sessions
    assert read["patient_id"].tolist() == ["a7", "a7"]
    assert read["condition"].tolist() == ["neck_pain", "neck_pain"]
    assert read["session_number"].tolist() == [1, 2]
    assert read["day"].tolist() == [0, 7]
    assert read["pain_pre"].tolist() == [7, 5]
    assert read["pain_post"].fillna(-1).tolist() == [4, -1]
    assert read["pain_48h"].fillna(-1).tolist() == [3.5, -1]
    assert read["followup_h"].fillna(-1).tolist() == [49, -1]
    assert read["age_band"].tolist() == ["40-49", "40-49"]
    assert read["sex"].tolist() == ["female", "female"]


def test_nobody_and_no_date_reaches_the_record(tmp_path: Path) -> None:
    text = str(read_source(bundle(tmp_path, *VISIT)).table.to_pylist())
    for telling in ("Lindqvist", "Margareta", "555", "1981", "2026", "-05:00"):
        assert telling not in text


@pytest.mark.parametrize("command", ["check", "prepare", pytest.param("run", marks=pytest.mark.slow)])
def test_every_command_that_reads_a_file_reads_it(command: str, tmp_path: Path, capsys) -> None:
    people = [f"q{at}" for at in range(12)]
    many = [patient(who, born=f"19{50 + at}-06-01") for at, who in enumerate(people)]
    for at, who in enumerate(people):
        many += [needling(f"n{who}", f"2026-02-{at + 1:02}T09:00:00Z", of=who)]
        many += [pain(f"b{who}", f"2026-02-{at + 1:02}T08:50:00Z", 6, of=who)]
        many += [pain(f"d{who}", f"2026-02-{at + 3:02}T09:10:00Z", 4, of=who)]
    path = bundle(tmp_path, *many)
    more = {
        "check": [],
        "prepare": ["--out", str(tmp_path / "out"), "--yes"],
        "run": ["--out", str(tmp_path / "x"), "--only", "01_data_quality", "--audience", "clinician"],
    }[command]
    assert main([command, str(path), *more]) in (0, 1)
    said = capsys.readouterr().out
    assert "12 rows read: 12 sessions" in said
    if command == "prepare":
        prepared = oc.read_sessions(tmp_path / "out" / "sessions.parquet")
        assert prepared["pain_48h"].tolist() == [4] * 12
        assert not set(prepared["patient_id"]) & set(people)


def test_twice_a_week_a_score_before_a_session_is_not_the_follow_up_of_the_last(tmp_path: Path) -> None:
    rows = _rows(
        needling("n1", "2026-01-12T09:00:00Z"),
        needling("n2", "2026-01-14T09:00:00Z"),
        pain("o1", "2026-01-14T08:50:00Z", 4),
        folder=tmp_path,
    )
    assert [row.get("pain_pre") for row in rows] == [None, "4"]
    assert "pain_48h" not in rows[0]


def test_what_a_score_is_part_of_goes_before_its_clock(tmp_path: Path) -> None:
    rows = _rows(
        needling("n1", "2026-01-12T09:00:00Z"),
        needling("n2", "2026-01-14T09:00:00Z"),
        pain("o1", "2026-01-14T08:50:00Z", 4, **part_of("n1")),
        folder=tmp_path,
    )
    assert [row["pain_48h"] for row in rows] == ["4", None]


def test_of_several_scores_the_one_nearest_its_moment_is_read(tmp_path: Path) -> None:
    scores = [("08:00", 8), ("08:55", 7), ("09:30", 5), ("10:30", 6)]
    diary = [("13T09:00", 5), ("14T08:00", 3), ("15T09:00", 1)]
    row = _rows(
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
    row = _rows(*resources, folder=tmp_path)[0]
    assert not [name for name in row if name.startswith("pain_")]
    left = _left(*resources, folder=tmp_path)
    assert left == {
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

    rows = _rows(
        *(needling(f"n{at}", f"2026-01-{12 + 5 * at}T09:00:00Z") for at in range(3)),
        pain("o0", "2026-01-14T09:00:00Z", None, **reason("asked-declined")),
        pain("o1", "2026-01-19T09:00:00Z", None, **reason("not-asked")),
        pain("o2", "2026-01-24T09:00:00Z", None, **reason("unknown")),
        folder=tmp_path,
    )
    assert [row["followup_status"] for row in rows] == ["declined", "not_attempted", None]


def test_scores_are_read_however_they_are_written(tmp_path: Path) -> None:
    answer = {"coding": [{"system": "http://loinc.org", "code": "LA10139-6", "display": "7"}]}
    panel = {
        "code": {"text": "pain panel"},
        "component": [{"code": pain("x", None, 1)["code"], "valueInteger": 2}],
    }
    rows = _rows(
        *(needling(f"n{at}", f"2026-01-{12 + 5 * at}T09:00:00Z") for at in range(3)),
        pain("o0", "2026-01-12T08:50:00Z", None, valueCodeableConcept=answer),
        pain("o1", "2026-01-17T08:50:00Z", None, valueString="6"),
        pain("o2", "2026-01-22T08:50:00Z", None, **panel),
        folder=tmp_path,
    )
    assert [row["pain_pre"] for row in rows] == ["7", "6", "2"]


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


def test_references_are_followed_whatever_their_form(tmp_path: Path) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [{"system": "icd-10", "code": "M77.11"}]},
    }
    first = needling("n1", "2026-01-12T09:00:00Z")
    first |= {
        "reasonCode": [],
        "reasonReference": [{"reference": "https://ehr.example/fhir/Condition/c1/_history/3"}],
    }
    second = needling("n2", "2026-01-20T09:00:00Z") | {
        "reasonCode": [],
        "contained": [condition | {"id": "in"}],
        "reasonReference": [{"reference": "#in"}],
    }
    assert [row["condition"] for row in _rows(condition, first, second, folder=tmp_path)] == [
        "M77.11",
        "M77.11",
    ]


def test_one_resource_a_line_is_read_as_a_bundle_is(tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    path.write_text("\n".join(map(json.dumps, VISIT)) + "\n")
    source = read_source(path)
    assert source.table.to_pylist() == _rows(*VISIT, folder=tmp_path)
    assert source.lines([0, 1]) == [2, 6]


def test_procedures_that_are_no_needling_are_accounted_for(tmp_path: Path) -> None:
    exercise = needling("e1", "2026-01-12T09:50:00-05:00", code="97110")
    stopped = needling("n9", "2026-01-26T09:00:00-05:00") | {"status": "not-done"}
    checked = oc.check_sessions(bundle(tmp_path, *VISIT, exercise, stopped))
    assert str(checked.account) == (
        "4 rows read: 2 sessions, 2 left out (procedures other than needling: 1; "
        "needling that was not completed: 1)."
    )


BAD: dict[str, tuple[list[Json], str]] = {
    "no procedure": ([patient(), pain("o", None, 3)], "holds no Procedure. It holds Observation, Patient"),
    "no needling": ([needling("e", "2026-01-12", code="97110")], "1 procedures, none of them needling"),
    "none completed": ([needling("n", "2026-01-12") | {"status": "not-done"}], "none of them completed"),
    "no subject": (
        [patient(), needling("n", "2026-01-12") | {"subject": {}}],
        r"entry 2 \(Procedure\): has no subject",
    ),
    "two of one id": (
        [needling("n", "2026-01-12"), needling("n", "2026-01-13")],
        r"entry 2 \(Procedure\): has the id of entry 1",
    ),
    "no kind": (
        [needling("n", "2026-01-12"), {"resourceType": "", "id": "x"}],
        "entry 2: says no resourceType",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_said_by_file_and_resource(what: str, tmp_path: Path, capsys) -> None:
    resources, says = BAD[what]
    path = bundle(tmp_path, *resources)
    with pytest.raises(UnreadableFileError, match=says):
        read_source(path)
    assert main(["check", str(path)]) == 2
    assert "export.json" in capsys.readouterr().err


def test_a_score_beyond_the_scale_is_told_by_its_entry(tmp_path: Path) -> None:
    path = bundle(
        tmp_path, patient(), needling("n1", "2026-01-12T09:00:00Z"), pain("o", "2026-01-12T08:50:00Z", 45)
    )
    problems = oc.check_sessions(path).problems
    wrong = problems[(problems["column"] == "pain_pre") & (problems["severity"] == "error")]
    assert wrong[["line", "value"]].to_numpy().tolist() == [[2, "45"]]


@pytest.mark.parametrize("broken", [None, 3, "x", [], {}, [None], [[1]], {"coding": 5}, {"coding": [None]}])
@pytest.mark.parametrize(
    "element",
    ["code", "subject", "partOf", "performedPeriod", "reasonCode", "performer", "effectivePeriod", "item"],
)
def test_an_element_of_another_shape_ends_in_a_table_or_a_message(
    element: str, broken: object, tmp_path: Path
) -> None:
    resources = [{**one, element: broken} for one in VISIT]
    path = bundle(tmp_path, *resources)
    if element == "subject":
        with pytest.raises(UnreadableFileError, match=r"export\.json, entry 2 \(Procedure\): has no subject"):
            read_source(path)
    elif element == "code":
        with pytest.raises(
            UnreadableFileError, match=r"export\.json holds 2 procedures, none of them needling"
        ):
            read_source(path)
    else:
        assert read_source(path).table.num_rows == 2
