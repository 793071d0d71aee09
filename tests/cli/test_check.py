"""`outcomes check`: its exit codes, and the report of every problem."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import outcomes as oc
from outcomes.cli import main

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data/demo_sessions.csv"


def test_exit_codes_of_check(tmp_path, capsys) -> None:
    sessions, _ = oc.simulate_sessions(40, seed=2)
    needed = sessions[["session_id", "patient_id", "condition", "session_number", "pain_pre"]]
    needed.to_csv(tmp_path / "clean.csv", index=False)
    assert main(["check", str(tmp_path / "clean.csv")]) == 0
    assert main(["check", str(DEMO)]) == 1
    assert "the records can be used" in capsys.readouterr().out


def test_check_writes_a_report(tmp_path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        "session_id,patient_id,condition,session_number,pain_pre\ns1,p,neck_pain,1,11\ns2,p,<script>,2,3\n"
    )
    assert main(["check", str(file), "--report", str(tmp_path / "r.csv")]) == 2
    assert set(pd.read_csv(tmp_path / "r.csv")["rule"]) == {"range", "code"}
    assert main(["check", str(file), "--report", str(tmp_path / "r.html")]) == 2
    assert "<script>" not in (tmp_path / "r.html").read_text()
    assert main(["check", str(file), "--report", str(tmp_path / "r.txt")]) == 2


def test_a_large_file_is_counted_where_it_lies(tmp_path, capsys, monkeypatch) -> None:
    file = tmp_path / "large.csv"
    file.write_text(
        "session_id,patient_id,condition,session_number,pain_pre\ns1,p,neck_pain,1,11\ns2,p,neck_pain,2,3\n"
    )
    small = main(["check", str(file)]), capsys.readouterr()
    monkeypatch.setattr("outcomes.cli.check.LARGE", 10)
    large = main(["check", str(file)]), capsys.readouterr()
    assert small[0] == large[0] == 2
    assert "is large" not in small[1].err
    assert "large.csv is large: errors are counted in one pass" in large[1].err
    for said in (small[1].out, large[1].out):
        assert "1 kinds of error, 0 of warning" in said


def test_a_file_of_another_layout_is_pointed_to_prepare(tmp_path, capsys) -> None:
    file = tmp_path / "our export.csv"
    file.write_text("Visit,VAS\n1,3\n")
    assert main(["check", str(file)]) == 2
    assert f"outcomes prepare '{file}'" in capsys.readouterr().out


def test_who_gave_a_mapping_is_not_pointed_to_making_one(tmp_path, capsys) -> None:
    file, mapping = tmp_path / "export.csv", tmp_path / "ours.toml"
    file.write_text("Visit,VAS\n1,3\n")
    mapping.write_text('[columns]\npain_pre = "VAS"\n')
    assert main(["check", str(file), "--mapping", str(mapping)]) == 2
    said = capsys.readouterr().out
    assert "missing column" in said
    assert "To have a file of another layout" not in said
