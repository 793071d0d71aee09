"""`outcomes simulate` writes what the library function returns."""

from __future__ import annotations

import pandas as pd

import outcomes as oc
from outcomes.cli import main


def test_simulate_is_the_library_function(tmp_path) -> None:
    file = tmp_path / "s.csv"
    assert main(["simulate", str(file), "--patients", "30", "--seed", "5", "--scenario", "null"]) == 0
    expected, _ = oc.simulate_sessions(30, seed=5, scenario="null")
    pd.testing.assert_frame_equal(oc.read_sessions(file), oc.read_sessions(expected))
    assert main(["simulate", str(file), "--scenario", "wishful"]) == 2


def test_the_ending_chooses_the_format_and_a_registry_is_a_folder(tmp_path, capsys) -> None:
    assert main(["simulate", str(tmp_path / "s.parquet"), "--patients", "30"]) == 0
    expected, _ = oc.simulate_sessions(30, seed=1)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "s.parquet"), expected)
    said = capsys.readouterr().out
    assert f"{len(expected):,} synthetic sessions of 30 patients in" in said
    registry = ["--scenario", "registry", "--patients", "40", "--seed", "7"]
    assert main(["simulate", str(tmp_path / "all"), *registry]) == 0
    parts = [pd.read_parquet(part) for part in (tmp_path / "all").rglob("*.parquet")]
    assert f"{sum(map(len, parts)):,} synthetic sessions in" in capsys.readouterr().out
    whole, _ = oc.simulate_sessions(40, seed=7, scenario="registry")
    assert pd.concat(parts)["pain_pre"].tolist() == whole["pain_pre"].tolist()
    assert pd.concat(parts)["patient_id"].nunique() == 40
