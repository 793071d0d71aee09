"""A bundle from an electronic health record: what it holds is read by its codes and times, and nobody with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source

from .ehr import VISIT, Json, bundle, needling, pain, patient, rows


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


def test_one_resource_a_line_is_read_as_a_bundle_is(tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    path.write_text("\n".join(map(json.dumps, VISIT)) + "\n")
    source = read_source(path)
    assert source.table.to_pylist() == rows(*VISIT, folder=tmp_path)
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
