"""FHIR from another system in the record's own words, and checked records as FHIR."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

import outcomes as oc
from outcomes.cli import main
from outcomes.files.source import Source
from outcomes.intake.fhir import export_file, in_own_words


def test_another_ending_or_the_file_itself_is_refused(tmp_path: Path, capsys) -> None:
    frame, _ = oc.simulate_sessions(5, seed=1)
    raw = tmp_path / "sessions.csv"
    frame.to_csv(raw, index=False)
    assert main(["export-fhir", str(raw), "--out", str(tmp_path / "out.xml")]) == 2
    assert "neither .json (a bundle) nor .ndjson" in capsys.readouterr().err
    bundle = tmp_path / "b.json"
    assert main(["export-fhir", str(raw), "--out", str(bundle)]) == 0
    before = bundle.read_bytes()
    assert main(["export-fhir", str(bundle), "--out", str(bundle)]) == 2
    assert bundle.read_bytes() == before


def source(**columns) -> Source:
    """A raw table as a file of FHIR gives it: every cell text or nothing."""
    return Source(Path("export.json"), "fhir", pa.table(columns), lambda rows: list(rows))


def test_conditions_get_the_records_names_and_what_is_not_recognized_stays() -> None:
    words = ["M54.2", "Neck pain", "tennis elbow", "Something else entirely", None]
    found = in_own_words(source(patient_id=list("abcde"), condition=words)).table["condition"].to_pylist()
    assert found == ["neck_pain", "neck_pain", "tennis_elbow", "Something else entirely", None]


def test_sessions_are_numbered_within_patient_and_condition_in_the_order_of_the_table() -> None:
    found = in_own_words(
        source(
            patient_id=["a", "b", "a", "a", "b"],
            condition=["M54.2", "M54.2", "neck_pain", "headache", "neck_pain"],
            day=["0", "0", "7", "7", "9"],
        )
    )
    assert found.table["session_number"].to_pylist() == ["1", "1", "2", "1", "2"]


def test_of_a_patient_with_a_session_on_no_known_day_none_is_numbered() -> None:
    found = in_own_words(source(patient_id=["a", "a", "b"], condition=["headache"] * 3, day=["0", None, "0"]))
    assert found.table["session_number"].to_pylist() == [None, None, "1"]


def test_numbers_that_the_file_gives_stand_and_only_the_others_are_counted() -> None:
    found = in_own_words(
        source(patient_id=["a", "a"], condition=["headache"] * 2, day=["0", "7"], session_number=["4", None])
    )
    assert found.table["session_number"].to_pylist() == ["4", "2"]
    undated = in_own_words(source(patient_id=["a"], condition=["headache"]))
    assert undated.table.column_names == ["patient_id", "condition"]


def test_other_files_are_left_as_they_are() -> None:
    other = replace(source(condition=["M54.2"], day=["0"]), format="csv")
    assert in_own_words(other) is other


def test_what_was_written_is_said_in_words(tmp_path: Path) -> None:
    frame, _ = oc.simulate_sessions(6, seed=1)
    one = frame.head(1).to_csv(index=False)
    (tmp_path / "sessions.csv").write_text(one)
    assert export_file(tmp_path / "sessions.csv", tmp_path / "b.ndjson") == "1 session of 1 patient, FHIR R4."
    lines = (tmp_path / "b.ndjson").read_text().splitlines()
    assert len(lines) > 3
    assert all(line.startswith('{"resourceType"') for line in lines)
