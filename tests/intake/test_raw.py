"""Session records in several files are checked as one file's would be, and each problem is told by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from bad_input import GOOD, HEAD
from outcomes.cli import main
from outcomes.errors import MappingError, SessionErrors, UnreadableFileError
from outcomes.files.origin import Origin, origin_of
from outcomes.intake.raw import raw_source
from outcomes.pages.manifest import RunOptions, about_run, unchanged

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo_sessions.csv"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as three files, written in three ways."""
    folder = tmp_path_factory.mktemp("registry")
    whole = pd.read_csv(DEMO, dtype="str", keep_default_na=False)
    first, second, third = whole[:900], whole[900:1700], whole[1700:]
    first.to_csv(folder / "a.csv", index=False)
    second.rename(columns={"pain_pre": "Pain Pre"}).to_csv(folder / "b.csv", index=False, sep=";")
    third[third.columns[::-1]].to_csv(folder / "c.csv.gz", index=False)
    return folder


@pytest.fixture(scope="module")
def of_file() -> pd.DataFrame:
    return oc.read_sessions(DEMO)


def test_a_folder_gives_what_its_files_put_together_give(parts: Path, of_file: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(oc.read_sessions(parts), of_file)


def test_parquet_files_and_a_pattern_do_too(tmp_path: Path, of_file: pd.DataFrame) -> None:
    for name, rows in (("a", slice(0, 1000)), ("b", slice(1000, None))):
        of_file.iloc[rows].to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "notes.csv").write_text("x")
    pd.testing.assert_frame_equal(oc.read_sessions(f"{tmp_path}/*.parquet"), of_file)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "march.csv").write_bytes(HEAD + GOOD + b"s2,p1,neck_pain,2,5\n")
    (tmp_path / "april.csv").write_bytes(HEAD + b"s3,p3,neck_pain,1,11\n\ns2,p2,neck_pain,1,six\n")
    return tmp_path


def test_problems_name_their_file_and_line(two: Path) -> None:
    found = oc.check_sessions(two).problems.set_index("rule")
    assert found.loc["range", ["file", "line", "value"]].tolist() == ["april.csv", 2, "11"]
    assert found.loc["number", ["file", "line", "value"]].tolist() == ["april.csv", 4, "six"]
    twice = found.loc["unique"]
    assert list(zip(twice["file"], twice["line"], strict=True)) == [("april.csv", 4), ("march.csv", 3)]


def test_the_same_id_in_two_files_is_refused_in_words(two: Path, capsys) -> None:
    assert main(["run", str(two / "march.csv"), str(two / "april.csv"), "--out", str(two / "out")]) == 2
    said = capsys.readouterr().err
    assert "2 files cannot be used yet: 4 values break the rules" in said
    assert "march.csv, line 3; april.csv, line 4, `session_id`: s2; a different value in every row" in said
    assert "april.csv, line 2, `pain_pre`: 11" in said
    assert not (two / "out").exists()


def test_a_check_of_several_files_says_the_account_of_all(parts: Path, capsys) -> None:
    assert main(["check", f"{parts}/*.csv", str(parts / "c.csv.gz")]) == 1
    assert "3 files: 2,453 rows read: 2,453 sessions" in capsys.readouterr().out


def test_a_file_without_a_column_that_others_have_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEAD + GOOD)
    (tmp_path / "b.csv").write_bytes(HEAD.replace(b"pain_pre", b"pain before") + b"s2,p2,neck_pain,1,6\n")
    with pytest.raises(UnreadableFileError, match=r"b\.csv, line 1: there is no column `pain_pre`"):
        oc.read_sessions(tmp_path)


def test_a_column_that_only_some_files_have_is_blank_in_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEAD + GOOD)
    (tmp_path / "b.csv").write_bytes(HEAD.strip() + b",pain_post\ns2,p2,neck_pain,1,6,3\n")
    assert oc.read_sessions(tmp_path)["pain_post"].tolist() == pytest.approx([float("nan"), 3.0], nan_ok=True)


def test_what_identifies_people_in_any_file_is_refused(two: Path) -> None:
    (two / "may.csv").write_bytes(HEAD + b"s9,Ann Lee,neck_pain,1,6\n")
    with pytest.raises(oc.OutcomesError, match=r"identify people[\s\S]*`patient_id`"):
        oc.read_sessions(two)


def test_a_mapping_reads_several_files_of_one_layout(tmp_path: Path) -> None:
    text = HEAD.replace(b"pain_pre", b"NPRS").decode()
    for name, row in (("a", GOOD.decode()), ("b", "s2,p2,neck_pain,1,5\n")):
        (tmp_path / f"{name}.csv").write_text(text + row)
    columns = {name: name for name in HEAD.decode().strip().split(",")} | {"pain_pre": "NPRS"}
    (tmp_path / "m.toml").write_text("[columns]\n" + "".join(f'{o} = "{t}"\n' for o, t in columns.items()))
    found = oc.read_sessions(f"{tmp_path}/*.csv", mapping=tmp_path / "m.toml")
    assert found["pain_pre"].tolist() == [6.0, 5.0]
    (tmp_path / "b.csv").write_text(text + "s2,p2,neck_pain,1,12\n")
    with pytest.raises(SessionErrors, match=r"b\.csv, line 2, `pain_pre`: 12"):
        oc.read_sessions(f"{tmp_path}/*.csv", mapping=tmp_path / "m.toml")


def test_a_tool_of_a_database_is_asked_for_by_a_file() -> None:
    with pytest.raises(MappingError, match="name a mapping file"):
        oc.read_sessions(Origin("ibis", "the table"), mapping="google-forms")


def test_the_manifest_has_the_hash_of_every_file(parts: Path) -> None:
    import hashlib

    origin = origin_of(parts)
    checked = oc.check_sessions(origin)
    hashes = {}
    for path in origin.files:
        with unchanged(path) as digest:
            hashes[str(path)] = digest
    about = about_run(origin, RunOptions(), checked.sessions, checked.account, hashes)["input"]
    assert [one["file"] for one in about["files"]] == ["a.csv", "b.csv", "c.csv.gz"]
    assert [one["sha256"] for one in about["files"]] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in origin.files
    ]
    assert about["file"] == parts.name
    assert json.dumps(about)


def test_a_raw_source_of_one_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEAD + GOOD)
    source = raw_source(origin_of(tmp_path / "a.csv"), None)
    assert (source.path, source.lines([0])) == (tmp_path / "a.csv", [2])
