"""Headings and questions, and the column each names; those that name none are left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outcomes.intake.headings import name_score, reading_time
from outcomes.intake.matching import LIKELY, SURE
from outcomes.record.columns import COLUMNS

NAMED: dict[str, str | None] = {
    "What was treated today?": "condition",
    "Pain before (0-10)": "pain_pre",
    "Pain right after (0-10)": "pain_post",
    "Pain two days later (0-10)": "pain_48h",
    "How many twitches?": "twitch_count",
    "How long were you sore?": "soreness_h",
    "Patient code": "patient_id",
    "Soreness Hours": "soreness_h",
    "Pain Pre": "pain_pre",
    "Pain 48h": "pain_48h",
    "Pain VAS before (mm)": "pain_pre",
    "Pain at follow-up": "pain_48h",
    "Soreness duration (hours)": "soreness_h",
    "Side treated": "side",
    "Diagnosis": "condition",
    "Therapist": "clinician_id",
    "Visit no": "session_number",
    "Twitches": "twitch_count",
    "On a scale of 0 to 10, how bad is your pain right now, before treatment?": "pain_pre",
    "On a scale of 0 to 10, how bad is your pain right after treatment?": "pain_post",
    "How is your pain now, 48 hours after the session (0-10)?": "pain_48h",
    "What is your pain level 2 days after needling?": "pain_48h",
    "Please rate your pain before the session": "pain_pre",
    "Pain immediately after needling": "pain_post",
    "Pain after 2 days": "pain_48h",
    "Pain (2-day follow-up)": "pain_48h",
    "Are you still sore?": "soreness_ongoing",
    "How many hours were you sore?": "soreness_h",
    "How many days were you sore?": "soreness_h",
    "How sore were you at worst (0-10)?": "soreness_peak",
    "Worst soreness (0-10)": "soreness_peak",
    "How sore were you?": "soreness_peak",
    "Which muscles were needled?": "muscles",
    "Muscles treated": "muscles",
    "Number of needles used": "needle_count",
    "How many needles were used?": "needle_count",
    "Number of insertions": "insertion_count",
    "Local twitch responses": "twitch_count",
    "Twitch responses elicited": "twitch_count",
    "Body region": "condition",
    "Area treated": "condition",
    "Primary complaint": "condition",
    "Diagnosis (ICD-10)": "condition",
    "Reason for visit": "condition",
    "Where is your pain?": "condition",
    "Condition treated": "condition",
    "ICD10 code": "condition",
    "Which side was treated?": "side",
    "Sex": "sex",
    "Gender": "sex",
    "Age group": "age_band",
    "Occupation": "activity",
    "What do you do for work?": "activity",
    "Technique used": "technique",
    "Needling technique": "technique",
    "What else was done in the session?": "co_interventions",
    "Other treatments given": "co_interventions",
    "Movement measured": "rom_movement",
    "Range of motion before": "rom_pre",
    "ROM after (deg)": "rom_post",
    "ROM at 2 days": "rom_48h",
    "Function before (PSFS)": "function_pre",
    "PSFS 48 h": "function_48h",
    "Global impression of change": "pgic_48h",
    "PGIC": "pgic_48h",
    "Overall, how much have you changed?": "pgic_48h",
    "Follow-up status": "followup_status",
    "Did we reach the patient?": "followup_status",
    "Hours since the session": "followup_h",
    "Follow-up time (hours)": "followup_h",
    "Any adverse event?": "adverse_event",
    "Any side effects?": "adverse_event",
    "Did you have any complications?": "adverse_event",
    "Patient ID": "patient_id",
    "Client Number": "patient_id",
    "Pt ID": "patient_id",
    "Study ID": "patient_id",
    "Session #": "session_number",
    "Session number": "session_number",
    "Visit ID": "session_id",
    "Encounter ID": "session_id",
    "Patient Guid": "patient_id",
    "Pain today (0-10)": "pain_pre",
    "NPRS": "pain_pre",
    "Current pain": "pain_pre",
    "Pain": "pain_pre",
    "Pain 24 hours after": None,
    "Pain one week later": None,
    "Worst pain last week": None,
    "Average pain": None,
    "Pain medication": None,
    "Room": None,
    "Comments": None,
    "Next appointment": None,
    "Email Address": None,
    "Timestamp": None,
    "How did you hear about us?": None,
    "When did the soreness go away?": None,
    "Best pain last week": None,
    "Insurance": None,
    "Pain pre-treatment": "pain_pre",
    "Pain post-treatment": "pain_post",
    "Pre pain": "pain_pre",
    "Post pain": "pain_post",
    "NPRS pre": "pain_pre",
    "NPRS post": "pain_post",
    "NPRS 48h": "pain_48h",
    "VAS_48h": "pain_48h",
    "FU pain": "pain_48h",
    "Pain day 2": "pain_48h",
    "pain_2d": "pain_48h",
    "painBefore": "pain_pre",
    "Soreness lasted (h)": "soreness_h",
    "Post-needling soreness hours": "soreness_h",
    "Soreness NRS": "soreness_peak",
    "Number of twitches": "twitch_count",
    "Activity": "activity",
    "Practitioner": "clinician_id",
    "Business": "clinic_id",
    "Location": "clinic_id",
    "Staff Member": "clinician_id",
    "Provider Name": "clinician_id",
    "Pain before needling (0 = none, 10 = worst imaginable)": "pain_pre",
    "Rate your pain BEFORE today's treatment (0 no pain - 10 worst pain)": "pain_pre",
    "How bad was the pain when you came in? (0-10)": "pain_pre",
    "Where 0 is no pain and 10 is the worst pain: pain right after?": "pain_post",
    "Pain straight after needling (0-10)": "pain_post",
    "Pain when you left the clinic (0-10)": "pain_post",
    "Pain 5 minutes after needling": "pain_post",
    "Pain (48-hour phone call)": "pain_48h",
    "# LTRs": "twitch_count",
    "How many times did the muscle twitch?": "twitch_count",
    "Sore for": "soreness_h",
    "Was the muscle sore afterwards? For how long?": "soreness_h",
    "Any soreness left?": "soreness_ongoing",
    "How sore did you get (0 = not at all, 10 = extremely)?": "soreness_peak",
    "Participant": "patient_id",
    "Case #": "patient_id",
    "What brings you in?": "condition",
    "Rx no": "session_number",
    "M/F": "sex",
    "Left or right?": "side",
    "Unwanted effects": "adverse_event",
    "Any bruising or other problem?": "adverse_event",
    "Any problems after needling?": "adverse_event",
    "How long have you had this problem?": "chronicity",
    "Symptom duration": "chronicity",
    "When did the pain start?": None,
    "Any other problems?": None,
    "Pain left side (0-10)": "side",
    "What brings you pain relief?": None,
    "How many minutes after needling did pain return?": None,
    "Injury date": None,
}


@pytest.mark.parametrize("heading", NAMED)
def test_a_heading_names_its_column(heading: str) -> None:
    best = max((name_score(c, heading), c.name) for c in COLUMNS)
    assert (best[1] if best[0] >= LIKELY else None) == NAMED[heading]


@pytest.mark.parametrize(
    ("heading", "time"),
    [
        ("Neck rotation before", "pre"),
        ("SLR post", "post"),
        ("Flexion, two days later", "48h"),
        ("48 h", "48h"),
        ("24 hours after", None),
        ("Rotation", None),
    ],
)
def test_a_heading_names_its_reading(heading: str, time: str | None) -> None:
    assert reading_time(heading) == time


def test_the_form_to_copy_is_recognised_question_by_question() -> None:
    """The numbered questions of ``docs/intake.md``, each by the column it is for."""
    text = (Path(__file__).resolve().parents[2] / "docs/intake.md").read_text(encoding="utf-8")
    asked = re.findall(
        r"^\d+\. ([^\n(]+(?:\(0-10\))?)", text.split("## A form to copy")[1], flags=re.MULTILINE
    )
    wanted = ["patient_id", None, "condition", "side", "pain_pre", "pain_post", "muscles", "insertion_count"]
    wanted += ["twitch_count", "rom_movement", "followup_status", "followup_h", "pain_48h", "soreness_h"]
    wanted += ["soreness_ongoing", "soreness_peak", "adverse_event"]
    found = []
    for question in asked:
        best = max((name_score(c, question.split(",")[0].strip()), c.name) for c in COLUMNS)
        found.append(best[1] if best[0] >= SURE else None)
    assert found == wanted
