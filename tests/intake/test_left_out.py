"""Columns that nothing reads, each with its reason, and no heading that could be a person's data."""

from __future__ import annotations

import pytest

from outcomes.cli import main
from outcomes.intake.left_out import lines_of_left_out, surely, why_left_out


def test_check_says_why_a_column_is_left_out_and_ends_with_what_gets_further(tmp_path, capsys) -> None:
    path = tmp_path / "words.csv"
    path.write_text("Patient,Condition,Pain before,Soreness Hours,Phone,Room\np1,neck,6,12,555-010-0199,3\n")
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().out.splitlines()
    ours = next(line for line in said if line.startswith("Left out, though"))
    assert "Soreness Hours (soreness_h)" in ours
    assert "Pain before (pain_pre)" in ours
    assert "Left out, and never read: Phone (looks like a telephone number)." in said
    assert "Not part of the record, and left out: Room." in said
    assert said[-1].endswith(f"outcomes prepare {path}")


@pytest.mark.parametrize(
    ("heading", "ours"),
    [
        ("Pain before (0-10)", "pain_pre"),
        ("NPRS after treatment", "pain_post"),
        ("Twitches", "twitch_count"),
        ("Room", None),
        ("Pain", None),
        ("Telephone", None),
    ],
)
def test_what_a_heading_surely_speaks_of(heading: str, ours: str | None) -> None:
    assert surely(heading) == ours


def test_each_heading_is_named_once_and_a_persons_is_not_printed() -> None:
    names = ["Patient name", "Maria Garcia", "Wall color", "Pain before", "maria@example.org"]
    lines = lines_of_left_out(names, "f.csv")
    text = "\n".join(lines)
    assert "Pain before (pain_pre). `outcomes prepare f.csv` reads it." in lines[0]
    assert f"Patient name ({why_left_out('Patient name')})" in text
    assert "Maria Garcia" not in text
    assert "maria@" not in text
    assert "Wall color and 2 columns whose heading could be a person's data" in text
    assert lines_of_left_out([], "f.csv") == []
