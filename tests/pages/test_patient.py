"""One patient on a page: shown to the clinic, to nobody else; chosen from a list that works with the keyboard."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.pages.patient import FOR_THE_CLINIC, pick_patient, show_patient
from outcomes.questions.patient import most_seen, patients_by_sessions


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(60, seed=2)[0]


def page_for(audience: str, sessions: pd.DataFrame, out=None):
    return oc.open_page("07_one_patient", sessions, audience=audience, out=out)


@pytest.mark.parametrize("audience", ["owner", "researcher"])
def test_nobody_but_the_clinic_sees_one_patient(audience, sessions, said, tmp_path):
    page = page_for(audience, sessions, tmp_path)
    pick_patient(page, sessions)
    assert said == [FOR_THE_CLINIC]
    assert not page.tables
    assert not page.charts


def test_a_page_for_the_clinic_shows_the_patient_with_most_sessions(sessions, said, tmp_path):
    page = page_for("clinician", sessions, tmp_path)
    pick_patient(page, sessions)
    own = sessions[sessions["patient_id"] == most_seen(sessions)]
    conditions = own["condition"].astype(str).unique()
    assert set(page.charts) == {f"course_{name}" for name in conditions}
    assert {"changes", "next"} <= set(page.tables)
    assert any("measurement error" in text for text in said)
    assert "patient_id" not in page.tables[f"course_{conditions[0]}"].columns


def test_the_patient_named_is_the_patient_shown(sessions, said, tmp_path):
    page = page_for("clinician", sessions, tmp_path)
    named = patients_by_sessions(sessions)[3]
    pick_patient(page, sessions, named)
    assert len(page.tables["changes"]) == 4 * (sessions["patient_id"] == named).sum()


def test_in_an_open_notebook_another_patient_can_be_chosen_from_a_list(sessions, said, monkeypatch):
    import ipywidgets

    shown: list[object] = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **_: shown.extend(things))
    page = page_for("clinician", sessions)
    pick_patient(page, sessions)
    picker = next(thing for thing in shown if isinstance(thing, ipywidgets.Dropdown))
    assert picker.description == "Patient"
    assert list(picker.options) == patients_by_sessions(sessions)
    assert picker.value == most_seen(sessions)
    other = picker.options[5]
    picker.value = other
    assert len(page.tables["changes"]) == 4 * (sessions["patient_id"] == other).sum()


def test_an_unknown_patient_is_refused(sessions, said):
    with pytest.raises(oc.OutcomesError, match="no session is of the patient"):
        show_patient(page_for("clinician", sessions), sessions, "nobody")


def test_where_too_few_are_like_the_patient_the_table_says_so(sessions, said, monkeypatch):
    few = sessions[sessions["patient_id"].isin(patients_by_sessions(sessions)[:4])]
    shown: list[pd.DataFrame] = []
    monkeypatch.setattr("outcomes.pages.page.Page.table", lambda _, frame, **__: shown.append(frame))
    show_patient(page_for("clinician", few), few, most_seen(few))
    assert set(shown[0]["like_sessions"]) <= {
        "like patients: too few patients to say",
        "like patients: not recorded",
    }
