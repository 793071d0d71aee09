"""The course of care: by hand on small courses, weights that undo stopping, and what was not recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import outcomes as oc
from outcomes.questions import course_of_care, milestones, prediction
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED, causal_claims
from questions.made_courses import courses

CAME, WEIGHTED = "of those who came", "weighted for those who stopped"


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(250, seed=9)[0])


def test_a_course_begins_with_its_first_session() -> None:
    frame = courses([6, 4, 3], [5, 5])
    late = frame[~((frame["patient_id"] == "p0-0") & (frame["session_number"] == 1))]
    held = course_of_care.courses_of(late)
    assert held["course"].nunique() == 19
    long = held[held.groupby("course")["number"].transform("max") == 3]
    assert len(long) == 3 * 9
    assert long["number"].tolist() == [1, 2, 3] * 9
    assert long["came_again"].tolist() == [True, True, False] * 9
    assert set(long["pain_first"]) == {6}


def test_means_are_of_those_who_came(sessions) -> None:
    rows = course_of_care.before_each_session(sessions)
    pain = rows[(rows["outcome"] == "pain") & (rows["model"] == CAME)].set_index("session_number")
    held = course_of_care.courses_of(sessions)
    plain = held.groupby("number")["pain_pre"].mean()
    assert pain["estimate"].to_dict() == pytest.approx(plain[pain.index].to_dict())
    assert (pain["null_benchmark"].dropna() > pain["null_benchmark_flare"].dropna()).all()


def stopped(seed: int, patients: int = 400) -> pd.DataFrame:
    """Courses of three sessions of which those with less pain are the likelier to stop; the true mean stays 5."""
    rng = np.random.default_rng(seed)
    usual = rng.normal(5.0, 1.5, patients)
    pains = np.clip(np.round(usual[:, None] + rng.normal(0.0, 1.0, (patients, 3))), 0, 10)
    goes_on = rng.random((patients, 2)) < 1 / (1 + np.exp(-0.7 * (pains[:, :2] - 4.0)))
    last = 1 + goes_on[:, 0] + (goes_on[:, 0] & goes_on[:, 1])
    return courses(*[list(pain[:n]) for pain, n in zip(pains, last, strict=True)], copies=1)


def means_at_three(frame: pd.DataFrame) -> pd.DataFrame:
    rows = course_of_care.before_each_session(frame)
    return rows[(rows["outcome"] == "pain") & (rows["session_number"] == 3)].set_index("model")


def held_by_weights(clinics: int, first_seed: int) -> tuple[float, float, np.ndarray]:
    """Mean error at the third session of those who came and weighted, and whether the weighted interval held 5."""
    rows = [means_at_three(stopped(seed)) for seed in range(first_seed, first_seed + clinics)]
    came, weighted = (
        np.mean([row.loc[model, "estimate"] - 5.0 for row in rows]) for model in (CAME, WEIGHTED)
    )
    held = [row.loc[WEIGHTED, "conf_low"] <= 5.0 <= row.loc[WEIGHTED, "conf_high"] for row in rows]
    return float(came), float(weighted), np.array(held)


def test_weights_undo_stopping_that_depends_on_pain() -> None:
    came, weighted, _ = held_by_weights(6, 50)
    assert came > 0.4
    assert abs(weighted) < 0.2


@pytest.mark.slow
def test_weighted_intervals_hold_the_mean_of_all_who_began() -> None:
    came, weighted, held = held_by_weights(200, 1000)
    assert abs(weighted) < 0.15 < came
    assert held.sum() >= binom.ppf(0.005, len(held), 0.95)


def test_the_odds_of_coming_again_are_those_of_the_truth() -> None:
    clinics = [stopped(seed).assign(clinic=f"-{seed}") for seed in range(6)]
    frame = pd.concat(clinics, ignore_index=True)
    frame["patient_id"] = frame["patient_id"] + frame["clinic"]
    links = course_of_care.stopping(frame).set_index("quantity")
    assert set(links["patients"]) == {2400}
    row = links.loc["each point of pain before"]
    assert row["conf_low"] < np.exp(0.7) < row["conf_high"]
    said = course_of_care.stopping_sentences(links.reset_index())
    assert "do not say" in said[-1]


def test_the_first_response_is_given_as_an_interval_without_a_direction(sessions) -> None:
    value = prediction.course_value(sessions)
    without, with_it, gain = value["estimate"]
    assert gain == pytest.approx(with_it - without)
    said = " ".join(prediction.course_value_sentences(value, {}))
    assert "percentage points (95% CI" in said
    assert "improved" not in said
    assert set(prediction.course_value(sessions.head(20))["note"]) <= {
        NOT_RECORDED,
        "too few patients to say",
    }


def test_records_without_the_later_columns_have_a_course_of_pain(sessions) -> None:
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS])
    rows = course_of_care.before_each_session(old)
    assert set(rows.loc[rows["outcome"] == "tightness", "note"]) == {NOT_RECORDED}
    assert rows.loc[rows["outcome"] == "pain", "estimate"].notna().sum() > 8
    first = oc.read_sessions(sessions[sessions["session_number"] == 1])
    assert (
        "Pain before session 4"
        in course_of_care.course_sentences(course_of_care.before_each_session(first))[0]
    )
    assert set(milestones.change_reached(first)["note"]) == {NOT_RECORDED}


def test_what_is_said_names_no_cause_and_every_table_passes_the_gate(sessions) -> None:
    before, reached = course_of_care.before_each_session(sessions), milestones.change_reached(sessions)
    times, links = milestones.sessions_to_change(sessions), course_of_care.stopping(sessions)
    said = [
        *course_of_care.course_sentences(before),
        *milestones.reached_sentences(reached),
        *milestones.time_sentences(times),
        *course_of_care.stopping_sentences(links),
    ]
    assert causal_claims(" ".join(said)) == []
    assert max(len(text.split()) for sentence in said for text in sentence.split(". ")) <= 40
    tables = {"before": before, "reached": reached, "times": times, "links": links}
    shown = oc.protect_all({**tables, "value": prediction.course_value(sessions)}, audience="owner")
    counts = pd.concat([found.table["patients"] for found in shown.values()]).dropna()
    assert not counts.between(1, 10).any()
