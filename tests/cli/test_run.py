"""What `outcomes run` says of what it made: the account of the file, the folder, whether it may be passed on."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from outcomes.cli import main
from outcomes.cli import run as command
from outcomes.intake.account import Account
from outcomes.pages.run import Ran


@pytest.fixture
def asked(monkeypatch):
    """What the library was asked for, in place of a run."""
    calls = []

    def stub(file: Path, out: Path, *, options, progress) -> Ran:
        calls.append((file, out, options))
        progress("checking the records", 0, 1)
        account = Account(1203, 1203)
        return Ran(out, 1203, 1, 2, ("00", "01"), ("notes.txt",), 61.7, account)

    monkeypatch.setattr("outcomes.pages.run.run", stub)
    return calls


def test_options_reach_the_library(asked, tmp_path: Path) -> None:
    arguments = ["--audience", "researcher", "--only", "00_start_here", "--only", "04_movement"]
    more = ["--plan", "p.toml", "--mapping", "flowsheet", "--new-series", "--format", "html,pdf"]
    assert main(["run", "s.csv", "--out", str(tmp_path), *arguments, *more]) == 0
    file, out, options = asked[0]
    assert (file.files, out) == ((Path("s.csv"),), tmp_path)
    assert options.audience == "researcher"
    assert options.only == ("00_start_here", "04_movement")
    assert (options.plan, options.mapping, options.new_series) == ("p.toml", "flowsheet", True)
    assert options.formats == ("pdf",)


@pytest.mark.parametrize(
    ("audience", "says"),
    [
        ("owner", "To pass on: the folder as it is."),
        ("clinician", "For inside the clinic: not to be passed on."),
    ],
)
def test_what_was_made_is_said(asked, audience: str, says: str, capsys) -> None:
    assert main(["run", "s.csv", "--audience", audience]) == 0
    said = capsys.readouterr()
    assert says in said.out
    assert f"1,203 sessions of 1 patient; 2 pages in 62 s. Open {Path('exports/index.html')}" in said.out
    assert "Kept there, though no run made them: notes.txt." in said.err
    assert "2 kinds of implausible values; `outcomes check s.csv` lists them." in said.err
    assert "checking the records ..." in said.err


def test_an_option_that_does_nothing_any_more_is_still_taken(asked) -> None:
    assert main(["run", "s.csv", "--fresh"]) == 0
    assert "fresh" in inspect.signature(command.run).parameters
    assert len(asked) == 1


def test_a_database_is_asked_for_its_table_and_its_address_is_not_repeated(asked, capsys) -> None:
    assert main(["run", "postgres://nurse@host/clinic", "--table", "care.sessions"]) == 0
    origin, _, options = asked[0]
    assert (origin.table, options.table) == ("care.sessions", "care.sessions")
    said = capsys.readouterr()
    assert "`outcomes check ...` lists them" in said.err
    assert "nurse" not in said.out + said.err


def test_several_files_are_not_repeated_either(asked, capsys, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("session_id\n1\n")
    assert main(["run", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]) == 0
    assert "`outcomes check ...` lists them" in capsys.readouterr().err
