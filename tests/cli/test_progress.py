"""Progress: one line when the work changes where there is no terminal, and no line twice."""

from __future__ import annotations

from outcomes.cli.progress import progress


def test_without_a_terminal_each_piece_of_work_is_one_line(capsys) -> None:
    with progress() as tell:
        tell("checking the records", 0, 1)
        tell("running the notebooks", 0, 12)
        tell("running the notebooks", 1, 12)
        tell("checking the records", 1, 1)
    said = capsys.readouterr()
    assert said.err == "checking the records ...\nrunning the notebooks ...\n"
    assert said.out == "", "what a command prints may be piped on"


def test_on_a_terminal_a_bar_is_drawn_and_taken_away(monkeypatch, capsys) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        tell("checking the records", 1, 2)
    said = capsys.readouterr().err
    assert "checking the records ..." not in said
    assert "checking the records" in said
    assert "50%" in said
