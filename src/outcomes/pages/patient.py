"""One patient's course on a page: chosen from a list that works with the keyboard, or the patient with most sessions.

Comes in: a page and the sessions. Goes out: charts, a table and sentences of one patient, for the treating clinic. On a
page for anybody else nothing of any patient is shown, and the page says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.questions.answers import is_recorded
from outcomes.questions.patient import (
    most_seen,
    next_sentences,
    next_session,
    one_patient,
    pain_error,
    patients_by_sessions,
    reliable_changes,
    reliable_sentences,
)
from outcomes.questions.patient_told import (
    TOLD,
    questionnaire_changes,
    questionnaire_sentences,
    told_besides,
)
from outcomes.words import interval

if TYPE_CHECKING:
    from outcomes.pages.page import Page

__all__ = ["FOR_THE_CLINIC", "pick_patient", "show_patient"]

FOR_THE_CLINIC = (
    "One patient's course is for the clinic itself, so this page shows none. The clinician who treats the patient "
    "opens the notebook or the app, or runs the pages for the audience “clinician”."
)
SHOWN = (
    *(
        "condition",
        "session_number",
        "day",
        "pain_pre",
        "pain_post",
        "pain_48h",
        "rom_movement",
        "rom_pre",
        "rom_post",
    ),
    *("rom_48h", "twitch_count", "soreness_h", "soreness_ongoing"),
)


def pick_patient(page: Page, sessions: pd.DataFrame, patient: str | None = None) -> None:
    """Show one patient, and where the notebook is open let another be chosen.

    Parameters
    ----------
    page : Page
    sessions : pandas.DataFrame
        Of all patients.
    patient : str, optional
        Pseudonym; by default the patient with most sessions.
    """
    if page.audience != "clinician":
        page.say(FOR_THE_CLINIC)
        return
    chosen = patient or most_seen(sessions)
    if page.out is not None:
        show_patient(page, sessions, chosen)
        return
    _with_picker(page, sessions, chosen)


def _with_picker(page: Page, sessions: pd.DataFrame, chosen: str) -> None:
    """Put a drop-down list (tab to it, arrows or first letters to choose) above the patient's course."""
    from ipywidgets import Dropdown, Layout

    from outcomes.pages.redrawn import redrawn

    names = patients_by_sessions(sessions)
    picker = Dropdown(
        options=names, value=chosen, description="Patient", tooltip="Patient, those with most sessions first",
        layout=Layout(width="20em"),
    )  # fmt: skip
    redrawn([picker], picker, lambda: show_patient(page, sessions, str(picker.value)))


def show_patient(page: Page, sessions: pd.DataFrame, patient: str) -> None:
    """Show one patient's sessions, each change against measurement error, and what the next session may bring."""
    own = one_patient(sessions, patient)
    for name in dict.fromkeys(own["condition"]):
        _show_course(page, own[own["condition"] == name], str(name))
    changes = page.estimate(
        reliable_changes, sessions, name="changes", family="one patient's changes", patient=patient
    )
    page.say(*reliable_sentences(changes, page.times))
    page.table(_in_words(changes), times=page.times)
    _show_told(page, sessions, patient)
    ahead = page.estimate(
        next_session, sessions, name="next", family="one patient's next session", patient=patient
    )
    page.say(*next_sentences(ahead, page.times))


def _show_told(page: Page, sessions: pd.DataFrame, patient: str) -> None:
    """What was asked besides, and the questionnaires, where the records ask."""
    if any(is_recorded(sessions, name) for name in TOLD):
        told = page.protect(told_besides(sessions, patient), "told")
        page.table(told.drop(columns=["patients", "sessions"]), title="What was told and measured besides")
    if is_recorded(sessions, "prom_score"):
        scores = page.protect(questionnaire_changes(sessions, patient), "questionnaires")
        page.say(*questionnaire_sentences(scores))


def _show_course(page: Page, own: pd.DataFrame, name: str) -> None:
    from outcomes.charts import patient_course

    columns = [column for column in SHOWN if column in own.columns]
    course = own[columns].assign(patients=1, sessions=1).reset_index(drop=True)
    shown = page.protect(course, f"course_{name}")
    page.chart(
        patient_course, shown, name=f"course_{name}", times=page.times, measurement_error=pain_error(name)
    )


def _in_words(changes: pd.DataFrame) -> pd.DataFrame:
    """The changes for reading: what was recorded, without the counts, which are one patient and one session each."""
    known = changes[changes["estimate"].notna()].drop(columns=["patients", "sessions"])
    like = [
        interval(row["conf_low"], row["conf_high"]) if pd.notna(row["expected"]) else str(row["note"])
        for _, row in known.iterrows()
    ]
    named = known.rename(columns={"estimate": "change"}).drop(columns=["conf_low", "conf_high", "note"])
    named = named.assign(like_sessions=like).reset_index(drop=True)
    named.attrs = dict(changes.attrs)
    return named
