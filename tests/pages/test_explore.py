"""Lists to choose sessions by: for inside the clinic, in an open notebook; the choice stands on every figure."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.pages.explore import IN_JUPYTER, ONE_OF_MANY, pick_sessions, show_choice


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(60, seed=2)[0])


def page_for(audience: str, sessions: pd.DataFrame, out=None):
    return oc.open_page("15_explore", sessions, audience=audience, out=out)


@pytest.mark.parametrize("audience", ["owner", "researcher"])
def test_nobody_outside_the_clinic_gets_the_lists(audience, sessions, said):
    page = page_for(audience, sessions)
    said.clear()
    pick_sessions(page, sessions)
    assert said == [IN_JUPYTER]
    assert not page.tables


def test_an_exported_page_has_no_lists(sessions, said, tmp_path):
    page = page_for("clinician", sessions, tmp_path)
    pick_sessions(page, sessions)
    assert said == [IN_JUPYTER]


def test_each_choice_redraws_its_figures_with_the_choice_on_them(sessions, said, monkeypatch):
    import ipywidgets

    displayed: list[object] = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **_: displayed.extend(things))
    page = page_for("clinician", sessions)
    pick_sessions(page, sessions, {"session": "first"})
    lists = next(thing for thing in displayed if isinstance(thing, ipywidgets.VBox)).children
    assert [one.description for one in lists] == [
        "Condition", "Activity", "Complaint has lasted", "Age band", "Sex", "First or later", "Technique",
    ]  # fmt: skip
    assert [one.value for one in lists] == ["", "", "", "", "", "first", ""]
    patients = sessions["patient_id"].nunique()
    first = int((sessions["session_number"] == 1).sum())
    assert f"First sessions: {patients} patients, {first} sessions." in said
    assert all("First sessions" in drawn.alt for drawn in page.charts.values())
    said.clear()
    lists[4].value = "female"
    chosen = sessions[(sessions["session_number"] == 1) & (sessions["sex"] == "female")]
    assert (
        said[0]
        == f"Female; first sessions: {chosen['patient_id'].nunique()} patients, {len(chosen)} sessions."
    )
    assert said[-1] == ONE_OF_MANY
    assert page.tables["chosen_relief"]["sessions"].max() <= len(chosen)
    assert all("Female; first sessions" in drawn.alt for drawn in page.charts.values())


def test_too_few_patients_are_not_shown(sessions, said):
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:5])].reset_index(drop=True)
    page = page_for("clinician", few)
    said.clear()
    show_choice(page, few, {})
    assert said == [f"All sessions: 5 patients, {len(few)} sessions; too few patients to say."]
    assert not page.charts
