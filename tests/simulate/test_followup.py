"""What the synthetic clinic gets to know: who is reached, and what is recorded of those who are."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.simulate.scenarios import SCENARIOS, scenario_parameters
from outcomes.simulate.sessions import simulate_sessions
from simulated import MANY, Drawn


def bias_of_complete_cases(scenario: str, patients: int, seed: int) -> tuple[float, float]:
    """Mean observed relief less mean relief of everybody, and its standard error."""
    sessions, truth = simulate_sessions(patients, seed=seed, scenario=scenario)
    everybody = sessions["pain_pre"].to_numpy() - truth.sessions["pain_48h_complete"]
    heard = sessions["pain_48h"].notna().to_numpy()
    return everybody[heard].mean() - everybody.mean(), everybody.std() / np.sqrt(heard.sum())


def test_motion_gains_are_recovered_from_the_records(literature: Drawn) -> None:
    sessions, truth = literature
    table = truth.conditions.set_index("condition").drop("other")
    error_sd = scenario_parameters("literature").conditions.set_index("condition")["rom_error_sd"]
    for time, drift in (("post", 1.0), ("48h", 0.0)):
        gain = sessions[f"rom_{time}"] - sessions["rom_pre"]
        by_patient = gain.groupby([sessions["condition"], sessions["patient_id"]]).mean().groupby("condition")
        expected = table[f"rom_gain_{time}"] + drift
        assert ((by_patient.mean().drop("other") - expected).abs() < 4 * by_patient.sem().drop("other")).all()
    # two readings, one gain per patient, and rounding twice
    spread = (sessions["rom_post"] - sessions["rom_pre"]).groupby(sessions["condition"]).std().drop("other")
    np.testing.assert_allclose(
        spread, np.sqrt(2 * error_sd.drop("other") ** 2 + 1.5**2 + 2 / 12)[spread.index], rtol=0.05
    )


def test_function_and_impression_follow_pain(literature: Drawn) -> None:
    sessions, truth = literature
    relief = sessions["pain_pre"] - sessions["pain_48h"]
    assert sessions["function_pre"].corr(sessions["pain_pre"]) < -0.5
    assert (sessions["function_48h"] - sessions["function_pre"]).corr(relief) > 0.3
    assert sessions["pgic_48h"].corr(relief) < -0.4  # 1 is very much improved
    assert truth.conditions["function_gain_48h"].to_numpy() == pytest.approx(
        0.55 * truth.conditions["pain_relief_48h"].to_numpy()
    )


def test_reported_soreness_agrees_with_what_happened(literature: Drawn) -> None:
    sessions, truth = literature
    true = truth.sessions["soreness_h"].to_numpy()
    said, until = sessions["soreness_h"], sessions["followup_h"]
    ongoing, free = sessions["soreness_ongoing"], sessions["soreness_free_h"]
    asked, still, interval = said.notna(), ongoing.fillna(False).astype(bool), free.notna()
    assert (ongoing.notna() == asked).all()
    assert (sessions["soreness_peak"].notna() == asked).all()
    assert ((said[asked] == 0) & free[asked].isna()).eq(true[asked] == 0).all()
    assert ((sessions["soreness_peak"][asked] == 0) == (true[asked] == 0)).all()
    assert (said[still] == until[still]).all()
    assert (true[still] > until[still]).all()
    assert (true[asked & ~still] <= until[asked & ~still]).all()
    assert ((said[interval] < true[interval]) & (true[interval] <= free[interval])).all()
    assert not (interval & still).any()
    assert interval[asked].mean() > 0.03
    exact = asked & ~still & ~interval & (said > 0)
    assert (said[exact] - true[exact]).abs().max() <= 12.5


def test_reported_hours_are_heaped(literature: Drawn) -> None:
    sessions, _ = literature
    exact = sessions[
        ~sessions["soreness_ongoing"].fillna(True).astype(bool) & sessions["soreness_free_h"].isna()
    ]
    said = exact["soreness_h"].value_counts()
    for heap in (12, 24, 48):
        assert said[heap] > 4 * max(said[heap - 2], said[heap + 2]), heap


def test_hours_that_are_no_heap_are_the_true_ones_rounded(literature: Drawn) -> None:
    """A heap beyond the follow-up is not said: whoever was free by then says the hours themselves."""
    sessions, truth = literature
    true, said = truth.sessions["soreness_h"].to_numpy(), sessions["soreness_h"].to_numpy(float)
    exact = (
        ~sessions["soreness_ongoing"].fillna(True).to_numpy(bool)
        & sessions["soreness_free_h"].isna().to_numpy()
    )
    plain = exact & (true > 0) & ~np.isin(said, [6, 12, 24, 48, 72])
    assert plain.sum() > 1_000
    rounded = np.minimum(np.maximum(np.rint(true), 1), sessions["followup_h"].to_numpy(float))
    np.testing.assert_array_equal(said[plain], rounded[plain])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_most_are_reached_and_nothing_is_known_of_the_others(scenario: str) -> None:
    sessions, truth = simulate_sessions(3000, seed=8, scenario=scenario)
    reached = sessions["followup_status"] == "reached"
    assert 0.65 <= reached.mean() <= 0.80
    later = [
        "pain_48h",
        "rom_48h",
        "function_48h",
        "soreness_h",
        "soreness_ongoing",
        "pgic_48h",
        "followup_h",
    ]
    assert sessions.loc[~reached, later].isna().all(axis=None)
    assert sessions.loc[reached, "followup_h"].notna().all()
    assert sessions.loc[reached, "followup_h"].between(40, 56).mean() > 0.9
    assert 0.04 < 1 - sessions.loc[reached, "followup_h"].between(36, 72).mean() < 0.08
    heard = sessions["pain_48h"].notna().to_numpy()
    assert (sessions["pain_48h"][heard] == truth.sessions["pain_48h_complete"].to_numpy()[heard]).all()
    assert (truth.sessions["followed_up"].to_numpy() == reached).all()
    assert truth.sessions["missing_not_at_random"].any() == (scenario == "mnar")


def test_missing_at_random_hides_nothing_and_missing_by_outcome_does() -> None:
    bias, error = bias_of_complete_cases("literature", MANY, 11)
    assert abs(bias) < 4 * error + 0.02  # first sessions, booked in a flare, are followed up more often
    bias, _ = bias_of_complete_cases("mnar", MANY, 11)
    assert 0.3 < bias < 0.4
    bias, error = bias_of_complete_cases("mnar", 600, 1)
    assert bias > 3 * error


def test_older_patients_answer_more_often(literature: Drawn) -> None:
    sessions, _ = literature
    reached = (sessions["followup_status"] == "reached").groupby(sessions["age_band"]).mean()
    assert reached["70-79"] > reached["30-39"] + 0.05


def test_adverse_events_are_as_often_as_published(literature: Drawn) -> None:
    sessions, _ = literature
    share = sessions["adverse_event"].value_counts(normalize=True)
    assert share["bruising"] == pytest.approx(0.0755, abs=0.005)  # Brady 2014
    assert 0.0465 <= share["bleeding"] <= 0.16  # Brady 2014, Boyce 2020
    assert share["aggravation"] == pytest.approx(0.0088, abs=0.002)
