"""Prediction of each fold from the others: against R (tests/reference/relation), and where it must stay silent."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.mixed.cross_validation import deal_patients, predict_each_fold

HERE = Path(__file__).parents[2] / "reference" / "relation"
MODELS = {
    "base": "pain_relief_48h ~ pain_pre + (1 | patient_id)",
    "more": "pain_relief_48h ~ pain_pre + pain_relief_post + (1 | patient_id)",
}


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "two_readings.csv").astype(float)
    named = frame.rename(columns={"pre": "pain_pre", "post": "pain_post", "later": "pain_48h"})
    named = named.assign(patient_id=frame["patient"].astype(int).astype("str"), condition="neck_pain")
    return oc.with_outcomes(named, ["pain_relief_post", "pain_relief_48h"])


def test_each_patient_is_predicted_from_the_others_as_by_lme4(sessions):
    expected = json.loads((HERE / "relation.json").read_text())["miss"]
    fold = sessions["patient"].to_numpy(int) % 3
    guess = predict_each_fold(sessions, fold, MODELS, factor="condition")["more"]
    miss = sessions["pain_relief_48h"].to_numpy() - guess
    assert miss == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_fold_is_predicted_as_by_a_fit_to_the_other_folds_alone(sessions):
    fold = deal_patients(sessions["patient_id"], 3, seed=4)
    found = predict_each_fold(sessions, fold, MODELS, factor="condition")
    alone = oc.fit_mixed(MODELS["base"], sessions[fold != 1]).predict(sessions[fold == 1])
    assert found["base"][fold == 1] == pytest.approx(alone.to_numpy())


def test_a_level_that_only_one_fold_has_is_not_predicted(sessions):
    fold = deal_patients(sessions["patient_id"], 3, seed=4)
    rare = sessions.assign(condition=np.where(fold == 2, "headache", "neck_pain"))
    guess = predict_each_fold(rare, fold, MODELS, factor="condition")["more"]
    assert np.isnan(guess[fold == 2]).all()
    assert np.isfinite(guess[fold != 2]).all()


def test_patients_are_dealt_whole_evenly_and_by_their_names():
    names = pd.Series([f"p{i % 40:02d}" for i in range(200)])
    fold = deal_patients(names, 5, seed=1)
    dealt = pd.Series(fold).groupby(names).agg(["nunique", "first"])
    assert (dealt["nunique"] == 1).all()
    assert dealt["first"].value_counts().tolist() == [8] * 5
    again = deal_patients(names.iloc[::-1], 5, seed=1)
    assert (again[::-1] == fold).all()
    assert (deal_patients(names, 5, seed=2) != fold).any()
