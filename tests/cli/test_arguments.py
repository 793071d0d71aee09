"""Arguments that several commands take: what is named, one or several, and which table of a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.cli import main
from outcomes.cli.arguments import named_records
from outcomes.errors import UnreadableFileError


def test_one_name_is_a_file_and_several_are_read_as_one(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.csv" for name in "ab"]
    for file in files:
        file.write_text("session_id\ns\n")
    assert named_records([str(files[0])], None).files == (files[0],)
    assert named_records([str(file) for file in files], None).files == tuple(files)
    assert named_records([str(tmp_path / "*.csv")], None).files == tuple(files)


def test_a_table_is_asked_for_of_a_database_and_of_nothing_else(tmp_path: Path) -> None:
    origin = named_records(["postgres://host/database"], "care.sessions")
    assert (origin.kind, origin.table) == ("postgres", "care.sessions")
    plain = tmp_path / "a.csv"
    plain.write_text("session_id\ns\n")
    with pytest.raises(UnreadableFileError, match="table"):
        named_records([str(plain)], "sessions")


@pytest.mark.parametrize("command", ["run", "check"])
def test_commands_that_read_several_files_say_so_alike(command: str, capsys) -> None:
    assert main([command, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in (
        "FILE...",
        "a folder or a pattern of CSV or Parquet",
        "without a password",
        "--table",
        "--mapping",
    ):
        assert part in said
