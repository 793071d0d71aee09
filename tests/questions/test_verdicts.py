"""Which notebook the records can answer: criteria fixed beforehand, each side of each limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions.answers import least_patients
from outcomes.questions.sentences.quality import criteria_sentences
from outcomes.questions.verdicts import verdicts


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(120, seed=2)[0])


@pytest.mark.parametrize(
    ("change", "verdict", "why"),
    [
        ({}, "with care", "of sessions missing"),
        ({"pain_48h": np.nan}, "cannot be answered", "not recorded"),
        ({"pain_48h": 3.0, "followup_h": 48.0}, "can be answered", "of sessions have"),
    ],
)
def test_verdicts_follow_criteria_fixed_beforehand(sessions, change, verdict, why):
    row = verdicts(sessions.assign(**change)).set_index("notebook").loc["03_two_day"]
    assert row["verdict"] == verdict
    assert why in row["why"]


def test_a_notebook_needs_care_where_another_reading_it_uses_is_often_missing(sessions):
    judged = verdicts(sessions).set_index("notebook")
    assert judged.loc["05_twitches", "verdict"] == "with care"
    assert "of sessions missing" in judged.loc["05_twitches", "why"]
    assert judged.loc["09_claims", "verdict"] == "with care"
    without = sessions.assign(soreness_h=np.nan, twitch_count=np.nan)
    assert "soreness" not in verdicts(without).set_index("notebook").loc["09_claims", "why"]


def test_few_patients_cannot_answer(sessions):
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:7])]
    assert set(verdicts(few)["verdict"]) == {"cannot be answered"}


def test_the_criteria_are_those_the_verdicts_use():
    said = criteria_sentences()[0]
    assert f"at least {least_patients()} are needed" in said
    assert "over 20% of sessions" in said
