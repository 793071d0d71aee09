"""The command line as a whole: its help, wrong arguments, bad files, and warnings as plain words."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

from outcomes.cli import commands, main

ROOT = Path(__file__).resolve().parents[2]


def _outcomes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "outcomes", *arguments], capture_output=True, text=True)


def test_help_lists_every_command() -> None:
    done = _outcomes("--help")
    assert done.returncode == 0
    for command in (
        "run",
        "prepare",
        "check",
        "template",
        "dictionary",
        "simulate",
        "plan",
        "deidentify",
        "reduce",
        "pool",
        "map",
        "export-fhir",
    ):
        assert f"\n  {command} " in done.stdout, command


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"session_id,pain_pre\n", "no rows"),
        (b"session_id,pain_pre\nJos\x81\x8d,3\n", "line 2: is neither UTF-8"),
        (b"session_id,pain_pre\ns,3,4\n", "line 2: has 3 cells"),
        (b"session_id,patient_id,condition,session_number,pain_pre\ns,p,neck_pain,1,11\n", "11; allowed 0"),
        (b"session_id,patient_id,condition,session_number,pain_pre\ns,p,neck_pain,1,six\n", "six; allowed 0"),
        (b"\x7fELF\x00\x01" * 100, "is not a table"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_input_ends_in_a_message_and_exit_code_2(command, content, says, tmp_path, capsys) -> None:
    file = tmp_path / "bad ü file.csv"
    file.write_bytes(content)
    out = ["--out", str(tmp_path / "exports")] if command == "run" else []
    assert main([command, str(file), *out]) == 2
    shown = capsys.readouterr()
    assert says in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err
    assert [path.name for path in tmp_path.iterdir()] == [file.name], "nothing was written"


def test_wrong_arguments_are_exit_code_2(capsys) -> None:
    assert main(["check"]) == 2
    assert main(["nonsense"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    heavy = ("pandas", "numpy", "matplotlib", "ibis", "narwhals", "pandera", "IPython")
    code = (
        "import sys; from outcomes.cli import main; code = main(['run', '--help']); "
        f"print([name for name in {heavy} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--audience" in done.stdout
    assert done.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize("module", ["outcomes", "outcomes.cli"])
def test_both_modules_are_the_command(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "pool"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Missing argument 'FILE...'" in done.stderr


def test_a_warning_on_the_command_line_is_its_words_alone() -> None:
    code = (
        "import warnings; from outcomes.cli import commands; commands.main = lambda: warnings.warn("
        "'mine.toml: rename it.', FutureWarning) or 7; commands.script()"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (7, "mine.toml: rename it.\n")


def test_who_leaves_a_question_unanswered_ends_the_command(monkeypatch) -> None:
    def asked(**_) -> None:
        raise typer.Abort

    monkeypatch.setattr(commands, "app", asked)
    assert commands.main([]) == 130


def test_a_terminal_without_the_letters_of_a_name_is_told_all_the_same(monkeypatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)  # put back afterwards
    monkeypatch.setattr(commands, "main", lambda: print("Übung ¼.csv") or 1)
    with pytest.raises(SystemExit, match="1"):
        commands.script()
    terminal.flush()
    assert terminal.buffer.getvalue().decode("ascii").splitlines() == [r"\xdcbung \xbc.csv"]
