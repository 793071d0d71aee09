"""One patient's questionnaires and optional readings: verdicts by hand, nothing where nothing was asked."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions.patient_told import questionnaire_changes, questionnaire_sentences, told_besides


def scored(name: str, *scores: float) -> pd.DataFrame:
    rows = [
        {
            "patient_id": "p1",
            "condition": "neck_pain",
            "session_number": i + 1,
            "pain_pre": 5,
            "prom": name,
            "prom_score": s,
        }
        for i, s in enumerate(scores)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("name", "scores", "change", "verdict"),
    [
        ("lefs", (40, 49), 9.0, "better by what matters"),
        ("lefs", (40, 31), -9.0, "worse by what matters"),
        ("odi", (40, 30), 10.0, "better by what matters"),
        ("odi", (40, 35), 5.0, "no change that matters"),
        ("ndi", (50, 35), 15.0, "better by what matters, within measurement error"),
    ],
)
def test_a_score_is_held_against_the_first_in_its_own_direction(name, scores, change, verdict) -> None:
    row = questionnaire_changes(scored(name, *scores), "p1").iloc[0]
    assert (row["estimate"], row["verdict"], row["session_number"]) == (change, verdict, 2)


def test_one_score_is_no_change() -> None:
    assert questionnaire_changes(scored("lefs", 40), "p1").empty
    assert questionnaire_sentences(questionnaire_changes(scored("lefs", 40), "p1")) == []


def test_the_last_score_is_said() -> None:
    said = questionnaire_sentences(questionnaire_changes(scored("lefs", 40, 44, 55), "p1"))
    assert len(said) == 1
    assert said[0].startswith(
        "Lower Extremity Functional Scale (0-80), session 3 against the first: 15 points"
    )


def test_what_was_told_is_as_recorded_and_the_rest_left_out() -> None:
    frame = scored("lefs", 40, 44).assign(tightness_pre=[6.0, 4.0], ppt_pre=[None, None])
    told = told_besides(frame, "p1")
    assert told["tightness_pre"].tolist() == [6.0, 4.0]
    assert "ppt_pre" not in told
    assert "pain_during" not in told


def test_the_page_shows_them_where_recorded_and_is_as_before_where_not(monkeypatch) -> None:
    from outcomes.pages.page import Page
    from outcomes.pages.patient import show_patient
    from outcomes.record.optional_columns import OPTIONAL_COLUMNS

    monkeypatch.setattr(Page, "_display", staticmethod(lambda *_: None))
    sessions = oc.read_sessions(oc.simulate_sessions(60, seed=2)[0])
    patient = str(sessions["patient_id"].value_counts().index[0])
    new, old = Page("07_one_patient", "clinician"), Page("07_one_patient", "clinician")
    show_patient(new, sessions, patient)
    show_patient(old, sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS]), patient)
    assert set(new.tables) - set(old.tables) == {"told", "questionnaires"}
    assert all(new.tables[name].equals(old.tables[name]) for name in old.tables)
