"""Where records lie: what a name on the command line stands for, and what is refused before anything is read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.folder import MARKER
from outcomes.files.origin import origin_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "c.csv.gz", "README.md", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_folder_and_a_pattern_are_their_files_in_order(folder: Path) -> None:
    found = origin_of(folder)
    assert [path.name for path in found.files] == ["a.csv", "b.csv", "c.csv.gz"]
    assert (found.kind, found.name) == ("files", folder.name)
    found = origin_of(f"{folder}/*.csv")
    assert ([path.name for path in found.files], found.name) == (["a.csv", "b.csv"], "*.csv")


def test_several_names_are_all_their_files_each_once(folder: Path) -> None:
    found = origin_of([f"{folder}/b.csv", f"{folder}/*.csv"])
    assert [path.name for path in found.files] == ["b.csv", "a.csv"]


def test_a_single_file_is_itself_whatever_its_name(tmp_path: Path) -> None:
    odd = tmp_path / "records [2024].csv"
    odd.write_text("x")
    assert origin_of(odd).files == (odd,)
    assert origin_of("nowhere.csv").path == Path("nowhere.csv")  # for its reader to refuse


def test_a_frame_is_a_frame() -> None:
    assert origin_of(pd.DataFrame({"a": [1]})).kind == "frame"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["notes.txt"], r"without a Parquet or CSV file\. Name the file"),
        ([], "without a Parquet or CSV file"),
        (["a.csv", "a.parquet"], r"both Parquet and text files\. Name those to read"),
        (["tables.csv", MARKER], "a folder of pages that a run made"),
    ],
)
def test_a_folder_that_does_not_say_what_to_read_is_refused(names, says, tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(UnreadableFileError, match=says):
        origin_of(tmp_path)


def test_what_cannot_go_together_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.duckdb").write_bytes(b"12345678DUCK0000")
    (tmp_path / "a.csv").write_text("x")
    for records, table, says in (
        (f"{tmp_path}/*.csvv", None, "Check the pattern"),
        ([f"{tmp_path}/d.duckdb", f"{tmp_path}/a.csv"], None, "a DuckDB file, which is read alone"),
        (["postgres://host/db", "a.csv"], None, "read alone, without other files"),
        (f"{tmp_path}/a.csv", "sessions", "no table to choose"),
        ([3], None, "by their paths"),
    ):
        with pytest.raises(UnreadableFileError, match=says):
            origin_of(records, table=table)
    assert origin_of(tmp_path / "d.duckdb", table="s").kind == "duckdb"


SECRET = "s3cr3tPhrase"


@pytest.mark.parametrize(
    "address",
    [
        f"postgres://ann:{SECRET}@host/db",
        f"postgresql://ann:{SECRET}@host:5432/db?sslmode=require",
        f"POSTGRES://ann:{SECRET}@host/db",
        f"postgres://host/db?user=ann&password={SECRET}",
        f"postgres://host/db?pass%77ord={SECRET}",
        f"postgres://host/db?sslpassword={SECRET}",
        f"postgres://ann:12/{SECRET}@host/db",
        f"postgres://ann:12?{SECRET}@host/db",
        f"postgres://ann:{SECRET}@{SECRET}@host/db",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_said(address: str) -> None:
    with pytest.raises(UnreadableFileError, match="holds a password") as refusal:
        origin_of(address)
    assert SECRET not in f"{refusal.value!r}{refusal.value}"


def test_an_address_is_known_by_the_name_of_its_table_alone() -> None:
    found = origin_of("postgres://ann@host:5432/db?user=ann@realm", table="sessions")
    assert (found.kind, found.name, found.files) == ("postgres", "sessions", ())
    assert "host" not in repr(found)
    assert origin_of("postgresql:///db?service=clinic").name == "the database"
