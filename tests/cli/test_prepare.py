"""`outcomes prepare` on a terminal: a question is answered by its number, or left open."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import typer

from outcomes.cli.prepare import _ask

QUESTION = SimpleNamespace(asks="What is column Score?", answers=["pain before", "pain after", "neither"])


@pytest.mark.parametrize(
    ("typed", "answer"),
    [(["2"], "pain after"), (["3 "], "neither"), ([""], None), (["0", "4", "two", "1"], "pain before")],
)
def test_a_question_is_answered_by_number(typed, answer, monkeypatch, capsys) -> None:
    left = list(typed)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: left.pop(0))
    assert _ask(QUESTION) == answer
    assert left == [], "asked again until the answer is one of those offered"
    said = capsys.readouterr().out
    assert "What is column Score?\n  1  pain before\n  2  pain after\n  3  neither" in said
    assert said.count("A number from 1 to 3, please.") == len(typed) - 1
