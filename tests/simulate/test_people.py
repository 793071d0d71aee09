"""Synthetic patients and their visits: numbered, ordered, and as different as stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.record.conditions import CONDITIONS
from outcomes.simulate.people import People, choose, draw_people, draw_visits
from outcomes.simulate.scenarios import scenario_parameters
from outcomes.simulate.sessions import simulate_sessions
from simulated import Drawn


def test_sessions_are_numbered_and_ordered(literature: Drawn) -> None:
    sessions, _ = literature
    episode = sessions.sort_values(["patient_id", "condition", "session_number"]).groupby(
        ["patient_id", "condition"]
    )
    assert sessions["session_id"].is_unique
    assert (episode["session_number"].first() == 1).all()
    assert (episode["session_number"].diff().dropna() == 1).all()
    assert episode["day"].diff().min() >= 4
    assert (sessions.groupby("patient_id")["day"].first() == 0).all()
    assert sessions.groupby("patient_id")["day"].diff().min() >= 0
    assert episode["side"].nunique().eq(1).all()
    for column in ("clinic_id", "age_band", "sex", "activity"):
        assert sessions.groupby("patient_id")[column].nunique().eq(1).all(), column
    assert (sessions["clinician_id"].str.split("-").str[0] == sessions["clinic_id"]).all()


def test_patients_and_clinicians_differ_as_stated(literature: Drawn) -> None:
    sessions, truth = literature
    clinicians = truth.sessions["clinician_relief"].groupby(sessions["clinician_id"].to_numpy()).first()
    assert clinicians.std() == pytest.approx(0.12, rel=0.2)
    _, none = simulate_sessions(200, scenario="clinician_none")
    assert (none.sessions["clinician_relief"] == 0).all()
    own = (
        truth.sessions["relief_48h"]
        - truth.sessions["twitch_relief_48h"]
        - truth.sessions["clinician_relief"]
    )
    only_neck = (sessions["condition"] == "neck_pain").to_numpy()
    assert own[only_neck].groupby(sessions["patient_id"].to_numpy()[only_neck]).mean().std() == pytest.approx(
        0.6, rel=0.05
    )


@pytest.fixture(scope="module")
def people() -> People:
    """So many patients that a share is known to a hundredth."""
    return draw_people(40_000, scenario_parameters("literature"), np.random.default_rng(4))


def test_a_category_is_chosen_by_the_weights_of_its_group(rng) -> None:
    groups = np.repeat([0, 1], 20_000)
    codes = choose(np.array([[1.0, 0.0, 3.0], [0.2, 0.2, 0.0]]), groups, rng)
    shares = [np.bincount(codes[groups == group], minlength=3) / 20_000 for group in (0, 1)]
    np.testing.assert_allclose(shares, [[0.25, 0, 0.75], [0.5, 0.5, 0]], atol=0.015)


def test_relief_now_and_later_differ_between_patients_as_stated_and_go_together(people: People) -> None:
    p = scenario_parameters("literature")
    for relief in (people.relief_post, people.relief_48h):
        assert relief.std() == pytest.approx(p["response_patient_sd"], rel=0.02)
    together = np.corrcoef(people.relief_post, people.relief_48h)[0, 1]
    assert together == pytest.approx(p["response_correlation"], abs=0.015)


def test_a_second_complaint_is_another_one_and_mostly_the_usual_partner(people: People) -> None:
    p = scenario_parameters("literature")
    second = people.second_condition
    has = second >= 0
    assert has.mean() == pytest.approx(p["two_condition_share"], abs=0.01)
    assert (second != people.condition)[has].all()
    partner = np.array([CONDITIONS.index(name) for name in p.conditions["often_with"]])[people.condition]
    others = p.of("share") / (1 - p.of("share")[:, None])  # by its share among all but the first
    expected = 0.5 + 0.5 * others[people.condition, partner]
    assert (second == partner)[has].mean() == pytest.approx(expected[has].mean(), abs=0.02)


def test_only_the_old_are_retired(people: People) -> None:
    p = scenario_parameters("literature")
    retired = people.activity == len(p.activities)
    assert people.age[retired].min() == 68
    assert retired[people.age >= 68].mean() == pytest.approx(p["retired_share"], abs=0.03)
    assert people.age.min() >= 20
    assert people.age.max() <= 97


def test_four_sessions_in_five_are_with_the_usual_clinician_and_the_fifth_with_any(people: People) -> None:
    p = scenario_parameters("literature")
    visits = draw_visits(people, p, np.random.default_rng(5))
    found = pd.DataFrame({"patient": visits.patient, "clinician": visits.clinician})
    later = found[found["patient"].duplicated()]
    first = found.groupby("patient")["clinician"].first()[later["patient"]].to_numpy()
    one = 0.8 + 0.2 / p["clinicians_per_clinic"]
    others = (0.2 / p["clinicians_per_clinic"]) ** 2 * (p["clinicians_per_clinic"] - 1)
    assert (later["clinician"] == first).mean() == pytest.approx(one**2 + others, abs=0.01)
