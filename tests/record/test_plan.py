"""The analysis plan: what ships is what the library does; a copy changes it; what is no plan is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import PlanError
from outcomes.pages.run import RunOptions, run
from outcomes.questions import sensitivity
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import Followup, ResponderRule
from outcomes.record.plan import PLAN, TOO_FEW_PATIENTS, active_plan, read_plan, shipped_plan_text

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_plan_is_what_the_library_does() -> None:
    plan = active_plan()
    rule = plan.responder
    assert ResponderRule() == ResponderRule(rule.percent, rule.points, rule.least_baseline)
    assert Followup() == Followup(36.0, 72.0)
    assert plan.estimates.least_patients == TOO_FEW_PATIENTS
    default = published_rules()[0]
    assert (default.percent, default.points, default.least_baseline) == (
        rule.percent,
        rule.points,
        rule.least_baseline,
    )
    assert list(sensitivity.WINDOWS) == ["36 to 72 h", "24 to 96 h", "any time"]


def test_a_copy_changes_only_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(shipped_plan_text())
    assert read_plan(path) == active_plan()
    path.write_text(
        "[followup]\nmost_h = 96\n[missing]\nsteps = [0, 3]\n[families]\n'my own' = 'none'\n"
        "[models]\nclinicians = "
        "'pain_relief_48h ~ condition + pain_pre + I(pain_pre**2) + (1 | clinician_id/patient_id)'\n"
    )
    plan = read_plan(path)
    assert (plan.followup.most_h, plan.followup.least_h, plan.responder.percent) == (96.0, 36.0, 30.0)
    assert plan.missing.steps == (0.0, 3.0)
    assert plan.adjustment("my own") == "none"
    assert plan.model("clinicians", without=["condition"]) == (
        "pain_relief_48h ~ pain_pre + I(pain_pre**2) + (1 | clinician_id/patient_id)"
    )


def test_every_family_of_the_notebooks_stands_in_the_plan() -> None:
    named = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        code = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])
        named |= set(re.findall(r'family="([^"]+)"', code))
    source = (ROOT / "src/outcomes/pages/patient.py").read_text()
    named |= set(re.findall(r'family="([^"]+)"', source))
    assert len(named) > 20
    assert named | {"conditions within a claim"} == set(active_plan().families)


def test_a_family_is_adjusted_as_the_plan_says(tmp_path: Path) -> None:
    """The sentence and the column say how it was done."""
    path = tmp_path / "plan.toml"
    path.write_text("[families]\n'twitches and points' = 'none'\n'relief per condition' = 'none'\n")
    code = (
        "import outcomes as oc\nfrom outcomes import change\n"
        "sessions = oc.simulate_sessions(seed=1)[0]\n"
        "found = oc.twitch_relations(sessions)\nprint(set(found['adjust']))\n"
        "page = oc.open_page('x')\n"
        "relief = page.protect(change.relief(sessions), 'relief', family='relief per condition')\n"
        "print(change.summary_sentences(relief)[-1])\n"
    )
    said = {}
    for name, plan in (("shipped", ""), ("changed", str(path))):
        told = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, PLAN: plan},
            capture_output=True,
            text=True,
            check=True,
        )
        said[name] = told.stdout
    assert said["shipped"].count("Holm's adjustment") == 2
    assert said["changed"].count("without an adjustment") == 2


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[responders]\npercent = 3", r"no section \[responders\]"),
        ("[responder]\npercents = 3", "has no 'percents'"),
        ("[responder]\npercent = 'half'", "must be a number"),
        ("[responder]\npercent = 300", "percent of 0-100"),
        ("[followup]\nleast_h = 80", "found 80 to 72"),
        ("[sensitivity]\nwindows_h = [[1.0]]", "pairs of hours"),
        ("[sensitivity]\nwindows_h = []", "must be a list like"),
        ("[sensitivity]\nwindows_h = [[5.0, 4.0]]", "found 5 to 4"),
        ("[estimates]\nleast_patients = 1", "2 or more"),
        ("[estimates]\nleast_patients = 2.5", "whole number"),
        ("[quality]\ncare = 1.5", "quality.care must lie between 0 and 1"),
        ("[twitches]\ngroups = [1, 2]", "begin with 0 and rise"),
        ("[soreness]\nhours = [0, 48, 24]", "begin with 0 and rise"),
        ("[foretelling]\nfolds = 1", "folds must be 2 or more"),
        ("[planning]\ntarget = -1", "more than 0"),
        ("[models]\nchange = '{outcome} ~ {group}'", r"holds \(1 \| patient_id\)"),
        (
            "[models]\nchange = '{outcome} ~ {wish} + (1 | patient_id)'",
            "may hold {outcome}, {group}, {baseline} only",
        ),
        ("[models]\nchange = '{outcome} ~ {group} + {} + (1 | patient_id)'", "may hold"),
        (
            "[models]\nclinicians = 'pain_relief_48h ~ pain_pre + (1 | clinician_id/patient_id)'",
            "holds .*condition",
        ),
        (
            "[models]\nspread = '{outcome} ~ condition + pain_pre + C(sex) + (1 | patient_id)'",
            "may hold .*condition, pain_pre",
        ),
        ("[families]\n'relief per condition' = 'bonferroni'", "one of holm, fdr_bh, none"),
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
    assert manifest["plan"]["followup"]["most_h"] == 8001.0
    assert str(tmp_path) not in (out / "manifest.json").read_text()
    relief = pd.read_csv(out / "tables/00_start_here-relief.csv")
    later = relief[relief["time"] == "48h"]
    assert len(later) > 0
    assert later["estimate"].isna().all()
