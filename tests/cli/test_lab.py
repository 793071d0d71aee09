"""`outcomes lab`: what is asked for reaches the room that opens it, and what cannot be read starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.cli import main
from outcomes.simulate.sessions import simulate_sessions


@pytest.mark.parametrize(("options", "browser"), [([], True), (["--no-browser"], False)])
def test_jupyterlab_is_opened_on_the_records_and_its_exit_code_is_ours(
    tmp_path, monkeypatch, options, browser
):
    asked = []
    monkeypatch.setattr(
        "outcomes.pages.lab.open_lab", lambda *given, **named: asked.append((given, named)) or 7
    )
    assert main(["lab", str(tmp_path / "visits.csv"), "--to", str(tmp_path / "ours"), *options]) == 7
    [(given, named)] = asked
    assert given == (tmp_path / "visits.csv", tmp_path / "ours", None)
    assert named["browser"] is browser


def test_records_that_break_a_rule_start_nothing(tmp_path, capsys):
    sessions, _ = simulate_sessions(30, seed=1)
    sessions.assign(pain_pre=11).to_csv(tmp_path / "visits.csv", index=False)
    assert main(["lab", str(tmp_path / "visits.csv"), "--to", str(tmp_path / "ours")]) == 2
    assert "pain_pre" in capsys.readouterr().err
    assert not (tmp_path / "ours").exists()


def test_a_mapping_reaches_the_room(monkeypatch):
    asked = []
    monkeypatch.setattr("outcomes.pages.lab.open_lab", lambda *given, **named: asked.append(given) or 0)
    assert main(["lab", "visits.csv", "--mapping", "flowsheet"]) == 0
    assert asked == [(Path("visits.csv"), Path("my-notebooks"), Path("flowsheet"))]
