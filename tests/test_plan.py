"""The analysis plan: what ships is what the library does; a copy changes it; what is no plan is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from outcomes.derive import Followup, ResponderRule
from outcomes.errors import PlanError
from outcomes.estimates import TOO_FEW_PATIENTS
from outcomes.measures import published_rules
from outcomes.plan import active_plan, read_plan, shipped_plan_text
from outcomes.suite import RunOptions, run

ROOT = Path(__file__).resolve().parents[1]


def test_the_shipped_plan_is_what_the_library_does() -> None:
    plan = active_plan()
    assert ResponderRule() == ResponderRule(plan.percent, plan.points, plan.least_baseline)
    assert Followup() == Followup(36.0, 72.0)
    assert plan.least_patients == TOO_FEW_PATIENTS
    default = published_rules()[0]
    assert (default.percent, default.points, default.least_baseline) == (
        plan.percent,
        plan.points,
        plan.least_baseline,
    )


def test_a_copy_changes_only_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(shipped_plan_text())
    assert read_plan(path) == active_plan()
    path.write_text("[followup]\nmost_h = 96\n")
    plan = read_plan(path)
    assert (plan.most_h, plan.least_h, plan.percent) == (96.0, 36.0, 30.0)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[responders]\npercent = 3", r"no section \[responders\]"),
        ("[responder]\npercents = 3", "has no 'percents'"),
        ("[responder]\npercent = 'half'", "must be a number"),
        ("[responder]\npercent = 300", "percent of 0-100"),
        ("[followup]\nleast_h = 80", "below most_h"),
        ("[estimates]\nleast_patients = 1", "2 or more"),
        ("[estimates]\nleast_patients = 2.5", "whole number"),
        ("[models]\nchange = '{outcome} ~ {group}'", "formula with"),
        ("[models]\nchange = '{outcome} ~ {wish} + (1 | patient_id)'", "may hold"),
        ("not toml", "not a TOML file"),
    ],
)
def test_what_is_no_plan_is_refused(toml: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(toml)
    with pytest.raises(PlanError, match=says):
        read_plan(path)
    with pytest.raises(PlanError, match="There is no plan"):
        read_plan(tmp_path / "none.toml")


def test_a_run_follows_its_plan_and_says_which(tmp_path: Path) -> None:
    """A window that nobody was asked in leaves no 2-day outcome."""
    path = tmp_path / "plan.toml"
    path.write_text("[followup]\nleast_h = 8000\nmost_h = 8001\n")
    out = tmp_path / "exports"
    run(ROOT / "data/demo_sessions.csv", out, options=RunOptions(only=("00_start_here",), plan=str(path)))
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["plan"]["most_h"] == 8001.0
    relief = pd.read_csv(out / "tables/00_start_here-relief.csv")
    later = relief[relief["time"] == "48h"]
    assert len(later) > 0
    assert later["estimate"].isna().all()
