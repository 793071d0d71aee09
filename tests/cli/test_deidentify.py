"""`outcomes deidentify` writes a file that can be read and names nobody."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from outcomes.cli import main


def test_deidentify_makes_a_file_that_can_be_read(tmp_path, capsys) -> None:
    raw = tmp_path / "raw.csv"
    rows = [f"Jane Doe{i},2024-0{1 + i % 9}-15,1980-02-2{i % 9},neck_pain,{i % 9},r{i}" for i in range(30)]
    raw.write_text(
        "patient_name,visit_date,date_of_birth,condition,pain_pre,record\n" + "\n".join(rows) + "\n"
    )
    safe = tmp_path / "safe.csv"
    assert main(["deidentify", str(raw), str(safe), "--key", str(tmp_path / "k")]) == 0
    text = safe.read_text() + capsys.readouterr().out
    assert "Jane" not in text
    assert "1980" not in text
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0


def test_options_reach_the_library(monkeypatch, capsys) -> None:
    calls = []
    module = import_module("outcomes.deidentify.run")  # the package has a function of the folder's name
    monkeypatch.setattr(
        module,
        "deidentify_file",
        lambda *given, **named: calls.append((given, named)) or "Done.",
    )
    files = ["raw.csv", "safe.csv", "--key", "k"]
    assert main(["deidentify", *files, "--generalise", "5", "--month-first"]) == 0
    assert main(["deidentify", *files, "--day-first"]) == 0
    assert main(["deidentify", *files]) == 0
    paths = tuple(map(Path, ("raw.csv", "safe.csv", "k")))
    assert calls == [
        ((*paths, 5), {"day_first": False}),
        ((*paths, None), {"day_first": True}),
        ((*paths, None), {"day_first": None}),
    ]
    assert capsys.readouterr().out == "Done.\n" * 3
    assert main(["deidentify", *files, "--generalise", "1"]) == 2
