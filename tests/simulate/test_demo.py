"""The demo: the shipped files are what this module writes today."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.cli import main
from outcomes.record.columns import COLUMN_NAMES
from outcomes.simulate.demo import COMMAND, readme, write_demo

DATA = Path(__file__).resolve().parents[2] / "data"


def test_the_shipped_files_are_those_it_writes(tmp_path: Path) -> None:
    write_demo(tmp_path)
    for name in ("demo_sessions.csv", "README.md"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), f"run make demo: {name}"


def test_the_command_on_the_page_makes_the_records(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    program, *arguments = COMMAND.split()
    assert program == "outcomes"
    assert main(arguments) == 0
    assert (tmp_path / "data/demo_sessions.csv").read_bytes() == (DATA / "demo_sessions.csv").read_bytes()


def test_the_page_says_what_is_in_the_file() -> None:
    lines = (DATA / "demo_sessions.csv").read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("condition")
    conditions = {line.split(",")[place] for line in lines[1:]}
    page = readme(len(lines) - 1, len(conditions))
    assert f"{len(lines) - 1:,} sessions of 600 patients with {len(conditions)}\nconditions" in page
    assert "**synthetic**" in page
    assert all(line.split(",")[0].startswith("synthetic-") for line in lines[1:])
    assert re.findall(r"^# .*", page, re.MULTILINE) == ["# The demo records"], "one title on the page"
    assert all(f"`{name}`" in page for name in COLUMN_NAMES)
