"""Optional answers of the synthetic clinic: the truth is found again, and nothing drawn before them has changed."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import questionnaire
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.simulate.scenarios import scenario_parameters
from outcomes.simulate.sessions import Truth, simulate_sessions

Drawn = tuple[pd.DataFrame, Truth]


@pytest.fixture(scope="module")
def clinic() -> Drawn:
    return simulate_sessions(6_000, seed=21)


def test_the_columns_there_were_are_drawn_as_before() -> None:
    sessions, _ = simulate_sessions(50, seed=1)
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS] + ["session_id"])
    digest = hashlib.sha256(old.to_csv(index=False, float_format="%.10g").encode()).hexdigest()
    assert digest == BEFORE, "an optional column took numbers from a generator of an old one"


BEFORE = "5aac119a326547fb085037a82294b4932a8da1caed6adc4277ff7fa444e1a9ee"
"""Of the record before it had optional columns, without the ids of the sessions."""


def test_pain_of_the_needling_follows_its_truth(clinic: Drawn) -> None:
    sessions, truth = clinic
    p = scenario_parameters("literature")
    frame = sessions[["pain_during", "pain_tolerance", "condition", "patient_id"]].assign(
        first=sessions["needled_before"].eq("never").astype(float),
        long=sessions["chronicity"].isin(["3_to_12_months", "over_a_year"]).astype(float),
    )
    known = frame[sessions[["pain_during", "needled_before", "chronicity"]].notna().all(axis=1)].reset_index()
    area = pd.get_dummies(known["condition"]).astype(float)[list(CONDITIONS)]
    x = np.column_stack([area, known["pain_tolerance"] - p["tolerance_mean"], known["first"], known["long"]])
    found = np.linalg.lstsq(x, known["pain_during"].to_numpy(float), rcond=None)[0]
    assert found[-3:] == pytest.approx([-0.2, 0.6, 0.4], abs=0.08)
    assert found[:-3] == pytest.approx(truth.conditions["pain_during"].to_numpy(float), abs=0.25)


def test_a_complaint_is_the_same_in_every_session(clinic: Drawn) -> None:
    sessions, _ = clinic
    told = sessions.groupby(["patient_id", "condition"])[
        ["chronicity", "onset", "symptoms", "pain_tolerance"]
    ]
    assert int(told.nunique().max(axis=None)) == 1


def test_what_was_not_asked_is_blank(clinic: Drawn) -> None:
    sessions, _ = clinic
    lost = sessions["followup_status"] != "reached"
    assert (
        sessions.loc[lost, ["soreness_like_workout", "activity_limited", "tightness_48h"]]
        .isna()
        .all(axis=None)
    )
    assert sessions.loc[sessions["rom_pre"].isna(), "rom_mode"].isna().all()
    assert 0.05 < sessions["pain_during"].isna().mean() < 0.2


def test_a_twitch_that_was_seen_was_counted(clinic: Drawn) -> None:
    sessions, truth = clinic
    counted = sessions[sessions["twitch_count"].notna() & sessions["twitch_seen"].notna()]
    assert ((counted["twitch_seen"] == "none") == (counted["twitch_count"] == 0)).all()
    some = counted[counted["twitch_count"] > 0]
    shares = some["twitch_seen"].eq("seen").groupby(some["condition"]).mean()
    true = truth.conditions.set_index("condition")["twitch_visible"]
    assert (shares - true[shares.index]).abs().max() < 0.06


def test_scores_lie_within_their_questionnaire(clinic: Drawn) -> None:
    sessions, _ = clinic
    asked = sessions[sessions["prom"].notna()]
    assert set(asked["session_number"] % 3) == {1}
    low = asked["prom"].map(lambda name: questionnaire(name).low)
    high = asked["prom"].map(lambda name: questionnaire(name).high)
    assert asked["prom_score"].between(low, high).all()
    neck = asked[asked["prom"] == "ndi"]
    assert neck["prom_score"].corr(neck["pain_pre"].astype(float)) > 0.2
