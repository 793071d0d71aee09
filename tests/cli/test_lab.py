"""`outcomes lab`: a copy of the notebooks on the clinic's own file, or a message and no folder."""

from __future__ import annotations

import os

import pytest

from outcomes.cli import main
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """What would be started in the place of this process; no notebook is run beforehand."""
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda path, command, environment: commands.append([path, *command]))
    monkeypatch.setattr("outcomes.pages.lab.run_to_first_chart", lambda path: None)
    return commands


def test_jupyterlab_opens_on_a_copy_and_later_on_the_same_copy(tmp_path, started, capsys):
    simulate_sessions(30, seed=1)[0].to_csv(tmp_path / "visits.csv", index=False)
    asked = ["lab", str(tmp_path / "visits.csv"), "--to", str(tmp_path / "ours")]
    assert main(asked) == 0
    assert (tmp_path / "ours" / "00_start_here.ipynb").is_file()
    assert "yours to change" in capsys.readouterr().out
    assert main([*asked, "--no-browser"]) == 0
    assert "as you left them" in capsys.readouterr().out
    assert ["--no-browser" in command for command in started] == [False, True]


def test_records_that_break_a_rule_start_nothing(tmp_path, started, capsys):
    sessions, _ = simulate_sessions(30, seed=1)
    sessions.assign(pain_pre=11).to_csv(tmp_path / "visits.csv", index=False)
    assert main(["lab", str(tmp_path / "visits.csv"), "--to", str(tmp_path / "ours")]) == 2
    assert "pain_pre" in capsys.readouterr().err
    assert started == []
    assert not (tmp_path / "ours").exists()
