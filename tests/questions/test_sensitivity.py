"""Sensitivity of shares to thresholds and of relief to usual pain; nothing recorded goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.chance.variation import on_bad_days
from outcomes.questions import clinicians, sensitivity


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(150, seed=7)[0])


def test_thresholds_are_shares_less_their_benchmark(sessions):
    found = sensitivity.threshold_specifications(sessions)
    assert len(found) == 7 * 3 * 2 * 2
    planned = found[(found["window"] == "36 to 72 h") & (found["part"] == "all sessions")]
    row, flare = (planned[planned["scenario"] == name].iloc[0] for name in sensitivity.EXPECTED)
    own = oc.responders(sessions, "pain_responder_48h", None, variation=on_bad_days()).iloc[0]
    assert row["estimate"] == pytest.approx(own["proportion"] - own["null_benchmark"])
    assert row["conf_low"] == pytest.approx(own["conf_low"] - own["null_benchmark"])
    assert flare["estimate"] == pytest.approx(own["proportion"] - own["null_benchmark_flare"])
    assert flare["conf_high"] == pytest.approx(own["conf_high"] - own["null_benchmark_flare"])
    assert flare["estimate"] < row["estimate"] - 0.05


def test_regression_to_the_mean_grows_as_usual_pain_lies_lower(sessions):
    found = sensitivity.regression_sensitivity(sessions)
    assert (np.diff(found["expected_change"]) > 0).all()
    assert found["expected_change"].iloc[0] == pytest.approx(0.0, abs=0.15)
    assert "points would pass anyway" in sensitivity.regression_sentences(found)[1]


def test_not_recorded_goes_on(sessions):
    absent = sessions.assign(pain_48h=np.nan, clinician_id=None, followup_h=np.nan)
    specs = sensitivity.specifications(absent)
    assert set(specs["note"]) == {"not recorded"}
    said = [
        *sensitivity.specification_sentences(specs),
        *sensitivity.dependence_sentences(sensitivity.dependence(specs)),
        *sensitivity.regression_sentences(sensitivity.regression_sensitivity(absent)),
        *clinicians.clinician_sentences(clinicians.clinician_variation(absent)),
    ]
    assert len(said) == 4
    assert all("not recorded" in sentence for sentence in said)
    assert sensitivity.threshold_specifications(absent)["estimate"].isna().all()
