"""The columns that came later, all optional: what needling feels like, the complaint, the days after, questionnaires.

A file without them reads as it always did. ``MOVEMENT_COLUMNS`` are more than a session needs: where several movements
were measured, each has its own three readings (``rom_cervical_rotation_pre``); only those a file has are read.
"""

from __future__ import annotations

from outcomes.record.column import Column, Event, three_readings
from outcomes.record.measures import MOVEMENTS, QUESTIONNAIRES, movement

__all__ = ["MOVEMENT_COLUMNS", "OPTIONAL_COLUMNS"]

YES_NO_UNSURE = ("yes", "no", "unsure")


def _points(name: str, meaning: str, label: str, *, event: Event = "session") -> Column:
    return Column(name, "number", meaning, label, "points", 0, 10, event=event)


def _code(name: str, meaning: str, label: str, values: tuple[str, ...], event: Event = "session") -> Column:
    return Column(name, "category", meaning, label, values=values, event=event)


def _codes(name: str, meaning: str, label: str, values: tuple[str, ...]) -> Column:
    return Column(name, "tags", f"{meaning}, ; between", label, values=values)


_NEEDLING = (
    _points("pain_during", "pain of the needling itself, 0–10 (not the usual pain)", "Pain of the needling"),
    _code(
        "needle_felt", "was the needle felt going through the skin", "Needle felt", ("no", "barely", "yes")
    ),
    _codes(
        "sensation",
        "what the needling felt like in the muscle",
        "What it felt like",
        ("deep_ache", "cramp", "sharp", "burning", "electric", "pressure", "none"),
    ),
    _code(
        "needled_before",
        "sessions of dry needling before this one, anywhere",
        "Needled before",
        ("never", "1_to_3", "4_or_more"),
    ),
    _points(
        "pain_tolerance",
        "patient's own rating of how well they bear pain, 0–10",
        "Pain tolerance",
        event="baseline",
    ),
    _code(
        "twitch_seen",
        "whether a twitch was seen, or only felt by the clinician",
        "Twitch seen",
        ("seen", "felt_only", "none"),
    ),
)
_MEASURES = (
    *three_readings(
        "ppt",
        "pressure pain threshold at the point treated",
        "Pressure threshold",
        "kPa",
        2000,
    ),
    *three_readings("tightness", "tightness the patient feels, 0–10", "Tightness", "points", 10),
)
_COMPLAINT = (
    _code(
        "chronicity",
        "how long this complaint has lasted",
        "Complaint has lasted",
        ("under_6_weeks", "6_to_12_weeks", "3_to_12_months", "over_a_year"),
    ),
    _codes(
        "onset",
        "where the complaint came from, as the patient tells it",
        "Came from",
        ("exercise", "stress", "repetitive_work", "posture", "injury", "unknown"),
    ),
    _codes(
        "symptoms",
        "what the patient comes with",
        "Symptoms",
        ("soreness", "tightness", "limited_motion", "weakness", "tingling", "referred_pain"),
    ),
    Column(
        "trigger_points", "integer", "active trigger points found", "Trigger points", "points found", 0, 100
    ),
)
_DAYS_AFTER = (
    _code(
        "soreness_like_workout",
        "was the needling soreness like that after a workout",
        "Like after a workout",
        YES_NO_UNSURE,
        "follow-up",
    ),
    _code(
        "soreness_unlike_pain",
        "was the needling soreness different from the usual pain",
        "Unlike the usual pain",
        YES_NO_UNSURE,
        "follow-up",
    ),
    _code(
        "activity_limited",
        "whether needling limited what the patient usually does",
        "Activity limited",
        ("none", "some", "stopped"),
        "follow-up",
    ),
    Column(
        "activity_limited_h",
        "number",
        "hours for which activity was limited",
        "Activity limited for",
        "hours",
        0,
        2160,
        event="follow-up",
    ),
    _codes(
        "advice",
        "what the patient was told to do in the days after",
        "Advice",
        ("rest", "light_activity", "stretching", "heat", "ice", "exercise_program", "none"),
    ),
    _code(
        "adverse_reporter",
        "how the adverse event came to be known",
        "Adverse event told by",
        ("asked", "volunteered", "observed"),
        "follow-up",
    ),
)
_READINGS = (
    _code("rom_mode", "whether the patient moved or was moved", "Movement was", ("active", "passive")),
    _code(
        "rom_method",
        "what the range was measured with",
        "Measured with",
        ("goniometer", "inclinometer", "tape", "app", "visual"),
    ),
    Column("same_rater", "flag", "the same person measured every range of the session", "Same rater"),
    _code("prom", "questionnaire filled in before needling", "Questionnaire", QUESTIONNAIRES),
    Column(
        "prom_score",
        "number",
        "score of that questionnaire, in its own points",
        "Questionnaire score",
        "per questionnaire",
        0,
        100,
    ),
)
OPTIONAL_COLUMNS: tuple[Column, ...] = (*_NEEDLING, *_MEASURES, *_COMPLAINT, *_DAYS_AFTER, *_READINGS)
"""The optional columns, in the order of the record."""


def _of_movement(name: str) -> tuple[Column, ...]:
    moved = movement(name)
    meaning = f"range of {moved.label[0].lower()}{moved.label[1:]}"
    return three_readings(f"rom_{name}", meaning, moved.label, moved.unit, moved.most)


MOVEMENT_COLUMNS: tuple[Column, ...] = tuple(c for name in MOVEMENTS for c in _of_movement(name))
"""Three readings for every movement, each up to the most that movement may reach."""
