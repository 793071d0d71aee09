"""Every reasonable analysis: each is what it says, the planned one is that of the other pages, and what moves them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import sensitivity
from outcomes.questions.specifications import CHOICES, moved_by
from outcomes.record.outcomes import Followup


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(150, seed=7)[0])


@pytest.fixture(scope="module")
def specs(sessions) -> pd.DataFrame:
    return sensitivity.specifications(sessions)


def _one(specs: pd.DataFrame, condition: str = "all", **choices: str) -> pd.Series:
    asked = {**sensitivity.planned(), **choices}
    rows = specs[specs["condition"] == condition]
    found = rows[np.logical_and.reduce([rows[name] == value for name, value in asked.items()])]
    assert len(found) == 1
    return found.iloc[0]


def test_every_combination_of_choices_is_there_once(specs, sessions):
    groups = sessions["condition"].nunique() + 1
    assert len(specs) == 3 * 2 * 2 * 3 * 2 * groups
    assert not specs.duplicated(["condition", *sensitivity.CHOICES]).any()


def test_the_planned_analysis_is_that_of_the_other_pages(specs, sessions):
    overall = oc.overall_estimates(sessions, times=["48h"]).iloc[0]
    planned = _one(specs)
    names = ["estimate", "conf_low", "conf_high", "patients", "sessions"]
    assert planned[names].tolist() == pytest.approx(overall[names].tolist())
    by_condition = oc.condition_estimates(sessions, times=["48h"]).set_index("condition")
    mine = _one(specs, "low_back_pain")
    assert mine["estimate"] == pytest.approx(by_condition.loc["low_back_pain", "estimate"])
    steps = oc.missing.tipping_point(sessions, deltas=[0.0]).set_index("condition")
    at_random = _one(specs, "low_back_pain", method="missing at random")
    assert at_random["estimate"] == pytest.approx(steps.loc["low_back_pain", "estimate"])
    marked = sensitivity.of_all(specs)
    assert marked["main"].sum() == 1
    assert marked.loc[marked["main"], "estimate"].iloc[0] == pytest.approx(overall["estimate"])


def test_first_sessions_as_a_change_score_are_a_plain_mean(specs, sessions):
    first = sessions[sessions["session_number"] == 1]
    relief = oc.with_outcomes(first, ["pain_relief_48h"]).dropna(subset=["pain_relief_48h"])
    for model in sensitivity.MODELS:
        row = _one(specs, part="first sessions", model=model)
        assert row["estimate"] == pytest.approx(relief["pain_relief_48h"].mean(), rel=1e-12)
    assert row["sessions"] == len(relief)


def test_a_wider_window_takes_in_more_sessions(specs, sessions):
    wide = oc.with_outcomes(sessions, ["pain_relief_48h"], window=Followup(24.0, 96.0))
    assert _one(specs, window="24 to 96 h")["sessions"] == wide["pain_relief_48h"].notna().sum()
    assert (
        _one(specs)["sessions"]
        < _one(specs, window="24 to 96 h")["sessions"]
        <= _one(specs, window="any time")["sessions"]
    )


def test_records_without_a_first_session_are_analyzed_all_the_same(sessions):
    later = sessions[sessions["session_number"] > 1]
    found = sensitivity.specifications(later).set_index(["part", "condition"])["estimate"]
    assert found["all sessions"].notna().any()
    assert "first sessions" not in found.index.get_level_values(0)


def test_missing_at_random_is_that_of_the_tipping_table_and_worse_is_a_point_less(specs, sessions):
    steps = oc.missing.tipping_point(sessions, overall=True, deltas=[0.0, 1.0])
    at_random, worse = (_one(specs, method=name)["estimate"] for name in sensitivity.methods()[1:])
    assert [at_random, worse] == pytest.approx(steps["estimate"].tolist())


@pytest.mark.parametrize(
    ("names", "part"),
    [("ABCDEFG", "(1 | clinician_id/patient_id)"), ("AB", "clinician_id + (1 | patient_id)")],
)
def test_clinicians_enter_as_random_where_many_and_as_fixed_where_few(sessions, names, part):
    codes = sessions["patient_id"].factorize()[0] % len(names)
    treated = sessions.assign(clinician_id=[names[code] for code in codes])
    frame = oc.with_outcomes(treated, ["pain_relief_48h"]).assign(everyone="all")
    fit = oc.fit_mixed(f"pain_relief_48h ~ 0 + everyone + pain_pre + {part}", frame)
    row = _one(sensitivity.specifications(treated), adjust="clinicians in the model")
    assert row["estimate"] == pytest.approx(fit.marginal_means("everyone")["estimate"].iloc[0], rel=1e-6)


def test_dependence_chooses_by_the_distance_between_analyses_and_keeps_the_order(specs):
    found = sensitivity.dependence(specs)
    assert len(found) == 3
    spread = specs[specs["condition"] != "all"].groupby("condition", sort=False)["estimate"].agg(np.ptp)
    assert found.set_index("condition")["width"].to_dict() == pytest.approx(spread.nlargest(3).to_dict())
    assert found["condition"].tolist() == [name for name in spread.index if name in set(found["condition"])]


def test_dependence_names_the_choice_that_moves_the_estimate():
    grid = pd.MultiIndex.from_product(
        [
            list(sensitivity.windows()),
            sensitivity.VISITS,
            sensitivity.MODELS,
            sensitivity.methods(),
            sensitivity.CLINICIANS,
        ],
        names=list(sensitivity.CHOICES),
    ).to_frame(index=False)
    moved = np.where(grid["model"] == "change score", 0.4, 0.0) + np.where(
        grid["part"] == "all sessions", 0.1, 0.0
    )
    specs = grid.assign(
        condition="neck_pain",
        patients=30,
        sessions=60,
        estimate=moved,
        conf_low=moved - 0.2,
        conf_high=1.0,
        note="",
    )
    row = sensitivity.dependence(specs).iloc[0]
    assert row["variable"] == "baseline as covariate or change score"
    assert row["width"] == pytest.approx(0.5)
    assert row["ratio"] == pytest.approx(0.5)


def test_a_choice_moves_the_estimate_by_the_mean_distance_of_its_options():
    rows = pd.DataFrame(dict.fromkeys(CHOICES, "same"), index=range(4))
    rows["model"], rows["part"] = ["a", "b"] * 2, ["first", "first", "all", "all"]
    rows["estimate"] = [1.0, 1.2, 3.0, 3.6]
    assert moved_by(rows, "model") == pytest.approx((0.2 + 0.6) / 2)
    assert moved_by(rows, "part") == pytest.approx((2.0 + 2.4) / 2)
    assert moved_by(rows, "window") == 0.0
