"""`outcomes prepare` on a terminal: a question is answered by its number, or left open."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from outcomes.cli import main
from outcomes.cli import prepare as command
from outcomes.cli.prepare import _ask
from outcomes.intake.prepare_files import Written

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


@pytest.fixture
def asked_for(monkeypatch) -> list[dict[str, object]]:
    """What the library was asked to prepare, in place of preparing it."""
    calls: list[dict[str, object]] = []

    def prepare_file(raw: Path, out: Path, **options: object) -> Written:
        calls.append({"raw": raw, "out": out, **options})
        return Written("done", out / "s.csv", out / "clinic.toml", out / "p.html", kept=out / "clinic-1.toml")

    monkeypatch.setattr("outcomes.intake.prepare_files.prepare_file", prepare_file)
    monkeypatch.setattr("outcomes.intake.prepare_report.report_text", lambda done: f"All {done}.")
    return calls


@pytest.mark.parametrize(
    ("terminals", "options", "asks"),
    [
        ((True, True), [], True),
        ((True, True), ["--yes"], False),
        ((True, False), [], False),
        ((False, True), [], False),
    ],
)
def test_questions_are_asked_where_somebody_reads_and_types(
    terminals, options, asks, asked_for, monkeypatch
) -> None:
    """Of the command itself: main replaces no stream, so that a pipe at either end is seen."""
    monkeypatch.setattr(
        command, "sys", SimpleNamespace(**{name: SimpleNamespace(isatty=lambda known=known: known)
                                           for name, known in zip(("stdin", "stdout"), terminals, strict=True)})
    )  # fmt: skip
    assert main(["prepare", "raw.csv", *options]) == 0
    assert (asked_for[0]["ask"] is _ask) is asks
    assert asks or asked_for[0]["ask"] is None


def test_options_reach_the_library_and_what_was_written_is_said(asked_for, capsys) -> None:
    options = [
        "--out",
        "ours",
        "--mapping",
        "flowsheet",
        "--redcap-dictionary",
        "d.csv",
        "--key",
        "k",
        "--format",
        "csv",
    ]
    assert main(["prepare", "raw.csv", *options]) == 0
    assert asked_for == [
        {"raw": Path("raw.csv"), "out": Path("ours"), "mapping": Path("flowsheet"), "dictionary": Path("d.csv"),
         "key": Path("k"), "form": "csv", "ask": None}
    ]  # fmt: skip
    said = capsys.readouterr().out
    assert said.startswith("All done.\n")
    assert f"The mapping that stood there before is now {Path('ours/clinic-1.toml')}." in said
    assert said.endswith(f"Now: outcomes run {Path('ours/s.csv')}\n")
