"""Commands that write what a clinic fills in: template, dictionary, plan, and the draft of a mapping."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from outcomes.cli import main
from outcomes.record.columns import COLUMNS
from outcomes.record.plan import read_plan, shipped_plan

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data/demo_sessions.csv"
COLUMN_NAMES = [column.name for column in COLUMNS]


def test_template_and_dictionary_and_map(tmp_path, capsys) -> None:
    assert main(["template", str(tmp_path / "t.xlsx")]) == 0
    assert main(["check", str(tmp_path / "t.xlsx")]) == 2, "an empty template has no rows yet"
    capsys.readouterr()
    assert main(["dictionary"]) == 0
    assert "| `pain_48h` |" in capsys.readouterr().out
    assert main(["map", str(DEMO)]) == 0
    assert "pain_pre" in capsys.readouterr().out


def test_a_printed_plan_is_a_plan_of_the_shipped_values(tmp_path, capsys) -> None:
    assert main(["plan"]) == 0
    path = tmp_path / "plan.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert read_plan(path) == shipped_plan()


def test_a_dictionary_goes_to_a_file_and_mappings_are_listed(tmp_path, capsys) -> None:
    assert main(["dictionary", "--format", "csv", "--out", str(tmp_path / "d.csv")]) == 0
    assert capsys.readouterr().out == ""
    assert set(COLUMN_NAMES) <= set(pd.read_csv(tmp_path / "d.csv").iloc[:, 0])
    assert main(["map", "--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == len(set(listed))
    assert {"flowsheet", "google-forms", "redcap"} <= set(listed)
    assert main(["map"]) == 2


def test_a_dictionary_in_a_file_is_the_one_that_is_printed(tmp_path, capsys) -> None:
    for form in ("md", "redcap", "frictionless"):
        assert main(["dictionary", "--format", form, "--out", str(tmp_path / form)]) == 0
        assert main(["dictionary", "--format", form]) == 0
        assert (tmp_path / form).read_text("utf-8") == capsys.readouterr().out
