"""The analysis plan: what ships is what the library does; a copy changes it; what is no plan is refused."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import PlanError
from outcomes.files.origin import Origin
from outcomes.intake.account import Account
from outcomes.models.chance.variation import on_bad_days
from outcomes.pages.manifest import about_run
from outcomes.pages.run import RunOptions, run
from outcomes.questions import answers as answers_of
from outcomes.questions import cards, sensitivity
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import Followup, ResponderRule
from outcomes.record.plan import (
    Plan,
    active_plan,
    read_plan,
    shipped_plan,
    shipped_plan_text,
    use_plan,
)
from outcomes.record.rules import rules

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_plan_is_what_the_library_does() -> None:
    plan = active_plan()
    rule = plan.responder
    assert ResponderRule() == ResponderRule(rule.percent, rule.points, rule.least_baseline)
    assert Followup() == Followup(36.0, 72.0)
    assert answers_of.least_patients() == plan.estimates.least_patients == 8
    default = published_rules()[0]
    assert (default.percent, default.points, default.least_baseline) == (
        rule.percent,
        rule.points,
        rule.least_baseline,
    )
    assert list(sensitivity.windows()) == ["36 to 72 h", "24 to 96 h", "any time"]


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
    sessions = oc.simulate_sessions(seed=1)[0]
    said = {}
    for plan in (shipped_plan(), read_plan(path)):
        with use_plan(plan):
            relations = oc.twitch_relations(sessions)
            relief = oc.open_page("x").protect(
                oc.change.relief(sessions), "relief", family="relief per condition"
            )
            said[plan is shipped_plan()] = [
                *relations["adjust"].unique(),
                oc.change.summary_sentences(relief)[-1],
            ]
    assert "Holm's adjustment" in said[True][0]
    assert "without an adjustment" in said[False][0]


# --- the plan in use ---


def wide() -> Plan:
    """The shipped plan with another window, rule and least number of patients."""
    plan = shipped_plan()
    return replace(
        plan,
        followup=replace(plan.followup, least_h=0.0, most_h=1000.0),
        responder=replace(plan.responder, points=9.5),
        estimates=replace(plan.estimates, least_patients=200),
        curve=replace(plan.curve, points=(0.0, 2.0)),
        soreness=replace(plan.soreness, hours=(0, 48), stays=24),
        planning=replace(plan.planning, target=0.25, factors=(1.0, 3.0), power=0.9),
        twitches=replace(plan.twitches, groups=(0, 4)),
        missing=replace(plan.missing, steps=(0.0, 5.0), specification=2.0),
        one_patient=replace(plan.one_patient, coverage=0.5),
        benchmark=replace(plan.benchmark, bad_day=3.0),
    )


def answers(sessions: pd.DataFrame) -> dict[str, object]:
    """What is asked of the same sessions, in figures that the plan shapes."""
    relief = oc.with_outcomes(sessions, ["pain_relief_48h", "pain_responder_48h"])
    return {
        "known at 2 days": int(relief["pain_relief_48h"].notna().sum()),
        "responders": float(relief["pain_responder_48h"].sum()),
        "notes": int((oc.condition_estimates(sessions, times=["post"])["note"] != "").sum()),
        "thresholds": oc.thresholds.responder_curve(sessions, times=["post"])["threshold"].tolist(),
        "hours": oc.soreness_shares(sessions)["threshold"].unique().tolist(),
        "width": oc.planning.wanted_width(),
        "scenarios": len(oc.planning.precision_plan(sessions)["scenario"].unique()),
        "chances": oc.planning.comparison_sentences(oc.planning.comparison_designs(sessions))[-1],
        "groups": len(oc.twitch_bins(sessions)),
        "steps": oc.missing.tipping_point(sessions, overall=True)["delta"].tolist(),
        "windows": list(sensitivity.windows()),
        "methods": sensitivity.methods()[-1],
        "bad days": round(on_bad_days().booking_flare, 6),
        "rule": [rule.says for rule in rules() if rule.name == "follow-up window"],
        "card": cards.card_note(oc.expectations(sessions), "neck_pain").rpartition("Clearly")[2],
    }


def test_two_plans_in_one_process_give_two_answers_and_the_first_again() -> None:
    sessions = oc.simulate_sessions(120, seed=3)[0]
    before = answers(sessions)
    with use_plan(wide()) as plan:
        assert plan == active_plan() == wide()
        within = answers(sessions)
    assert answers(sessions) == before
    alike = [name for name in before if before[name] == within[name]]
    assert alike == []
    assert (within["thresholds"], within["hours"], within["steps"]) == ([0.0, 2.0], [0, 48], [0.0, 5.0])
    assert (within["width"], within["rule"]) == (0.25, ["0–1000 hours after the session for a 2-day outcome"])
    assert within["responders"] < before["responders"]
    assert within["known at 2 days"] > before["known at 2 days"]


def test_plans_nest_and_are_left_even_by_an_error() -> None:
    inner = replace(wide(), quality=replace(wide().quality, care=0.4))

    def stops() -> None:
        with use_plan(inner):
            raise ValueError(f"within, care {active_plan().quality.care}")

    with use_plan(wide()):
        with pytest.raises(ValueError, match=r"within, care 0\.4"):
            stops()
        assert active_plan() == wide()
    assert active_plan() == shipped_plan()


def test_a_plan_is_used_in_its_own_thread_alone() -> None:
    inside, looked = threading.Event(), threading.Event()
    seen = {}

    def other() -> None:
        inside.wait(10)
        seen["beside"] = active_plan()
        with use_plan(replace(wide(), quality=replace(wide().quality, care=0.3))):
            seen["own"] = active_plan().quality.care
            looked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with use_plan(wide()):
        inside.set()
        assert looked.wait(10)
        seen["here"] = active_plan()
    thread.join(10)
    assert (seen["beside"], seen["own"], seen["here"]) == (shipped_plan(), 0.3, wide())


def test_what_makes_no_sense_is_refused_of_a_plan_made_in_a_program() -> None:
    for change, says in (
        (lambda plan: replace(plan.followup, least_h=80.0), "found 80 to 72"),
        (lambda plan: replace(plan.estimates, least_patients=1), "2 or more"),
        (lambda plan: replace(plan.soreness, most_lost=1.0), "between 0 and 1"),
    ):
        with pytest.raises(PlanError, match=says):
            change(shipped_plan())


def test_importing_everything_reads_no_plan() -> None:
    """Not even the shipped one: where it cannot be read, only a question fails."""
    code = (
        "import importlib, pkgutil, outcomes\n"
        "from outcomes.record import plan\n"
        "def unreadable(): raise OSError('no plan here')\n"
        "plan.shipped_plan_text = unreadable\n"
        "names = [m.name for m in pkgutil.walk_packages(outcomes.__path__, 'outcomes.')]\n"
        "loaded = [importlib.import_module(n) for n in names if not n.endswith('__main__')]\n"
        "[getattr(outcomes, name) for name in dir(outcomes)]\n"
        "print(len(loaded))\n"
        "try:\n    outcomes.Followup()\n"
        "except OSError as error:\n    print(error)\n"
    )
    broken = {**os.environ, "OUTCOMES_PLAN": "/nowhere/plan.toml"}  # what earlier versions read
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=broken, capture_output=True, text=True, check=True
    )
    loaded, said = done.stdout.splitlines()
    assert int(loaded) > 150
    assert said == "no plan here"


DEMO = ROOT / "data/demo_sessions.csv"


def test_the_manifest_tells_plans_apart() -> None:
    frame, origin = oc.simulate_sessions(5, seed=1)[0], Origin("files", DEMO.name, (DEMO,))
    said = {}
    for name, plan in (("shipped", shipped_plan()), ("wide", wide())):
        with use_plan(plan):
            said[name] = about_run(origin, RunOptions(), frame, Account(1, 1), {str(DEMO): "0" * 64})["plan"]
    assert said["shipped"]["sha256"] == hashlib.sha256(shipped_plan_text().encode()).hexdigest()
    assert said["wide"]["sha256"] != said["shipped"]["sha256"]
    assert said["wide"]["followup"] == {"least_h": 0.0, "most_h": 1000.0}


# --- what is no plan ---


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
        ("[prediction]\nfolds = 1", "folds must be 2 or more"),
        ("[planning]\ntarget = -1", "more than 0"),
        ("[models]\nrelation_groups = 'pain_relief_48h ~ {group}'", r"holds \(1 \| patient_id\)"),
        (
            "[models]\nrelation_groups = 'pain_relief_48h ~ {wish} + (1 | patient_id)'",
            "may hold {group} only",
        ),
        ("[models]\nrelation_groups = 'pain_relief_48h ~ {group} + {} + (1 | patient_id)'", "may hold"),
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
        (
            "[prediction]\nfolds = 5\n[foretelling]\nfolds = 4",
            r"plan.toml: 'foretelling' and 'prediction' are",
        ),
    ],
)
def test_what_is_no_plan_is_refused(toml: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(toml)
    with pytest.raises(PlanError, match=says):
        read_plan(path)
    with pytest.raises(PlanError, match="There is no plan"):
        read_plan(tmp_path / "none.toml")


def test_names_of_earlier_versions_are_read_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    family = "foretelling relief in new patients"
    path.write_text(f"[foretelling]\nfolds = 4\n[families]\n'{family}' = 'holm'\n'my own' = 'fdr_bh'\n")
    with pytest.warns(FutureWarning) as said:
        plan = read_plan(path)
    words = [str(warning.message) for warning in said]
    assert len(words) == 2
    assert words[0].startswith("mine.toml: 'foretelling' is called 'prediction' now.")
    assert family in words[1]
    assert plan.prediction.folds == 4
    assert plan.adjustment("predicted relief in new patients") == "holm"
    assert plan.adjustment("my own") == "fdr_bh"
    assert set(plan.families) == {*shipped_plan().families, "my own"}


def test_a_run_follows_its_plan_and_says_which(tmp_path: Path) -> None:
    """A window that nobody was asked in leaves no 2-day outcome."""
    path = tmp_path / "plan.toml"
    path.write_text("[followup]\nleast_h = 8000\nmost_h = 8001\n")
    out = tmp_path / "exports"
    options = RunOptions(
        audience="clinician", only=("00_start_here",), plan=str(path)
    )  # no other notebook runs
    run(ROOT / "data/demo_sessions.csv", out, options=options)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["plan"]["followup"]["most_h"] == 8001.0
    assert str(tmp_path) not in (out / "manifest.json").read_text()
    relief = pd.read_csv(out / "tables/00_start_here-relief.csv")
    later = relief[relief["time"] == "48h"]
    assert len(later) > 0
    assert later["estimate"].isna().all()
