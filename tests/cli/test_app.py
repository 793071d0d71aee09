"""`outcomes app`: served on records that are in order, or a message and nothing served."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from outcomes.cli import main
from outcomes.pages import app
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture
def served(monkeypatch) -> list[tuple[Any, ...]]:
    """What would be served, with Voila there."""
    asked: list[tuple[Any, ...]] = []

    def serve(data: Path, mapping: str | None, *, announce: Any, browser: bool) -> None:
        asked.append((data.name, mapping, browser))
        announce("http://127.0.0.1:1/?token=x")

    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setattr(app, "refuse_without_voila", lambda file: None)
    return asked


def test_the_address_is_said_and_what_closing_leaves(tmp_path, served, capsys) -> None:
    simulate_sessions(30, seed=1)[0].to_csv(tmp_path / "visits.csv", index=False)
    assert main(["app", str(tmp_path / "visits.csv"), "--no-browser"]) == 0
    assert served == [("visits.csv", None, False)]
    said = capsys.readouterr().out
    assert "http://127.0.0.1:1/?token=x" in said
    assert said.index("Ctrl-C") < said.index("left behind")


@pytest.mark.parametrize(
    ("change", "word"), [({"pain_pre": 11}, "pain_pre"), ({"muscles": "2024-03-01"}, "muscles")]
)
def test_records_that_break_a_rule_or_name_people_are_not_served(
    tmp_path, served, capsys, change, word
) -> None:
    simulate_sessions(30, seed=1)[0].assign(**change).to_csv(tmp_path / "visits.csv", index=False)
    assert main(["app", str(tmp_path / "visits.csv")]) == 2
    assert word in capsys.readouterr().err
    assert served == []


def test_without_voila_it_is_said_how_to_get_it_and_what_to_do_without(monkeypatch, capsys) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(app, "find_spec", lambda name: None if name == "voila" else found(name))
    assert main(["app", "visits.csv"]) == 2
    said = capsys.readouterr().err
    assert "needs Voila" in said
    assert "outcomes lab visits.csv" in said


def test_a_mapping_is_read_and_served_with_the_file(served, monkeypatch) -> None:
    read = []
    monkeypatch.setattr(
        "outcomes.intake.read.read_sessions", lambda file, *, mapping: read.append((file.name, mapping))
    )
    assert main(["app", "visits.csv", "--mapping", "flowsheet"]) == 0
    assert read == [("visits.csv", Path("flowsheet"))]
    assert served == [("visits.csv", Path("flowsheet"), True)]
