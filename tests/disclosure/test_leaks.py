"""Ways in which exports were seen to give a small group away, and what a reader finds there now."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from drawn_exports import drawn_clinic, findings, gathered, protected
from outcomes.disclosure import deduced
from outcomes.disclosure.attack import attack_tables
from outcomes.disclosure.gate import protect_all
from outcomes.disclosure.limits import limits_for
from outcomes.disclosure.partition import grouped
from outcomes.intake.read import read_sessions
from outcomes.questions.muscles import muscle_twitches
from outcomes.questions.planning import precision_plan
from outcomes.questions.specifications import dependence, planned
from outcomes.simulate.sessions import simulate_sessions

OWNER = limits_for("owner")
ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("OUTCOMES_SHARED", ROOT.parent / "shared")) / "cases/disclosure"


def shown(**tables):
    return {name: page.table for name, page in protect_all(tables).items()}


def records(patients, sessions):
    return pd.DataFrame({"condition": ["all"], "patients": [patients], "sessions": [sessions]})


def test_plans_of_more_patients_give_no_small_condition_away():
    """Page 11 showed 2, 4 and 8 times the patients of every withheld condition."""
    sessions = grouped(read_sessions(simulate_sessions(60, seed=1)[0]), OWNER)
    plan = precision_plan(sessions)
    told = plan.groupby("condition")[["patients", "sessions"]].agg(["min", "max"])
    assert (told.xs("min", axis=1, level=1) == told.xs("max", axis=1, level=1)).all(axis=None)
    least = told["patients"]["min"]
    assert (least[least > 0] >= OWNER.least_patients).all()


def test_values_of_one_variable_are_tied_to_their_total():
    """Two of 314 are severe: neither the row nor its total less the others says so."""
    values = pd.DataFrame(
        {"variable": "pain", "value": ["mild", "strong", "severe"], "patients": [200, 112, 2]}
    )
    found = shown(values=values, total=pd.DataFrame({"variable": ["pain"], "patients": [314]}))
    assert found["values"]["note"].iloc[2] == "withheld: fewer than 11 patients"
    assert found["values"]["note"].iloc[:2].str.contains("rounded to a band").any()
    assert attack_tables(found) == []


def test_estimated_shares_are_added_up_all_the_same():
    """Shares still sore after two days, with censoring, add up but nearly: 10.6 + 21.9 + 11.9 of 44.5 sessions."""
    groups = pd.DataFrame(
        {
            "condition": ["jaw_pain", "mid_back_pain", "achilles_tendinopathy"], "threshold": [48, 48, 48],
            "patients": [18, 28, 18], "sessions": [58, 85, 37], "proportion": [0.18221, 0.25731, 0.32044],
        }
    )  # fmt: skip
    everyone = pd.DataFrame(
        {
            "condition": ["all"],
            "threshold": [48],
            "patients": [64],
            "sessions": [180],
            "proportion": [0.24707],
        }
    )
    found = shown(shares=groups, everyone=everyone)
    assert attack_tables(found) == []
    assert found["shares"]["note"].str.contains(" of ").any(), "and what can be told is told"


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("sessions eligible rounded to a band of 44", {"sessions eligible": 44}),
        (
            "better: 11 to 21 of 40; patients and sessions rounded to a band of 22",
            {"patients": 22, "sessions": 22},
        ),
        ("not shown, too few sessions; sessions not shown", {"sessions": 0}),
    ],
)
def test_a_note_says_of_each_number_how_it_is_told(note, told):
    """The number of sessions was taken for rounded where that of those eligible was."""
    assert deduced._bands(note) == told


@pytest.mark.parametrize("others", [(0, 0), (3, 1), (7, 5), (10, 8)])
def test_nested_windows_tell_no_sessions_and_no_responders_apart(others):
    """Windows of follow-up differ by few sessions and by their responders: what is shown of both is the same."""
    few, responders = others
    windows = pd.DataFrame({"window": ["36-72", "24-96"], "patients": 90, "sessions": [285 - few, 285]})
    windows["responders"] = [120 - responders, 120]
    windows["proportion"] = windows["responders"] / windows["sessions"]
    found = shown(windows=windows, records=records(100, 300))["windows"]
    assert len(set(found["sessions"])) == 1
    assert len(set(found["proportion"])) == 1


def test_what_one_page_withholds_no_other_shows():
    """Missing on one page, eligible and reached on another: 4 of 100."""
    missing = pd.DataFrame(
        {"condition": ["all"], "patients": [60], "sessions": [100], "missing_rate": [0.04]}
    )
    reached = pd.DataFrame(
        {"patients": [60], "sessions": [96], "sessions_eligible": [100], "capture_rate": [0.96]}
    )
    found = shown(missing=missing, reached=reached, records=records(60, 100))
    assert found["missing"]["missing_rate"].isna().all()
    assert found["reached"]["capture_rate"].isna().all()
    assert not {4.0, 96.0} & {*found["reached"]["sessions"], *found["missing"]["sessions"]}
    assert attack_tables(found) == []


def test_three_of_180_are_given_away_by_no_table():
    """gtsummary#1691: 177 patients have neck pain and 3 headache, of one age and one sex."""
    if not CASES.is_dir():
        pytest.skip("the shared cases are not beside the clone")
    sessions = read_sessions(CASES / "gtsummary_1691_three_of_180.csv")
    tables = protected(sessions, ("00_start_here", "08_conditions"))
    counts = ("patients", "sessions", "sessions_eligible")
    numbers = {
        n for table in tables.values() for name in counts if name in table for n in table[name].dropna()
    }
    assert not {3.0, 177.0} & numbers
    assert 180.0 in numbers
    words = " ".join(table.astype("str").to_csv() for table in tables.values())
    assert "177" not in words
    assert attack_tables(tables) == []


def test_the_order_of_rows_tells_no_sizes():
    """Twitches by muscle came with the most often needled first, those of too few among them."""
    sessions = read_sessions(simulate_sessions(200, seed=3)[0])
    found = muscle_twitches(sessions)
    assert found["muscle"].is_monotonic_increasing
    assert not found["sessions"].is_monotonic_decreasing
    spread = pd.DataFrame(
        {"condition": ["headache", "neck_pain", "jaw_pain"], "sessions": 60, "patients": 30}
    )
    rows = [
        {
            **row,
            **planned(),
            "window": window,
            "estimate": value,
            "conf_low": -1.0,
            "conf_high": 1.0,
            "note": "",
        }
        for row, widest in zip(spread.to_dict("records"), (0.1, 0.9, 0.5), strict=True)
        for window, value in ((planned()["window"], 0.0), ("another", widest))
    ]
    assert dependence(pd.DataFrame(rows))["condition"].tolist() == list(spread["condition"])


def test_populations_that_differ_by_a_rare_answer_are_not_told_apart():
    """Sex is in the model of one page and not of another: three patients of another sex, and two of none."""
    sessions = read_sessions(simulate_sessions(150, seed=5)[0])
    rare = sessions["patient_id"].unique()[:3]
    sessions = sessions.assign(
        sex=sessions["sex"].astype("str").mask(sessions["patient_id"].isin(rare), "other")
    )
    tables = protected(read_sessions(sessions), ("05_twitches", "06_soreness"))
    with_sex, without = tables["06_soreness-ratios"], tables["05_twitches-soreness"]
    assert with_sex["estimate" if "estimate" in with_sex else "ratio"].notna().any()
    assert without["ratio"].notna().any()
    assert attack_tables(tables) == []
    groups = tables["06_soreness-groups"]
    assert set(groups.loc[groups["variable"] == "sex", "value"]) == {"female", "male"}


@pytest.mark.parametrize("without", [1, 4, 10])
def test_claims_of_nearly_the_same_patients_give_none_away(without):
    """C5 rests on readings right after, C9 on those at 2 days: a few patients have only one of them."""
    sessions = read_sessions(simulate_sessions(80, seed=9)[0])
    known = sessions[sessions["pain_48h"].notna() & sessions["pain_post"].notna()]
    few = known["patient_id"].unique()[:without]
    kept = known.assign(pain_48h=known["pain_48h"].mask(known["patient_id"].isin(few))).reset_index(drop=True)
    claims = protected(read_sessions(kept), ("09_claims",))
    assert attack_tables(claims) == []
    (table,) = [table for name, table in claims.items() if name == "09_claims-claims"]
    counts = table.set_index("claim")["patients"]
    assert {"C5", "C9"} <= set(counts.index)
    assert abs(counts["C5"] - counts["C9"]) not in range(1, 11) or counts[["C5", "C9"]].isna().any()


@pytest.mark.parametrize("seed", [16])
def test_drawn_exports_give_nothing_away(seed):
    assert findings(drawn_clinic(seed), ("00_start_here", "06_soreness")) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_every_page_of_drawn_exports_gives_nothing_away(seed):
    assert findings(drawn_clinic(seed)) == []


def test_what_is_gathered_here_is_what_a_run_gathers():
    """A page of its own tables, under the names an export gives them."""
    sessions = grouped(drawn_clinic(16), OWNER)
    assert {name.partition("-")[0] for name in gathered(sessions, only=("08_conditions",))} == {
        "08_conditions"
    }
