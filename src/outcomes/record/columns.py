"""The columns of the session record, written once.

One row is one needling session for one condition in one patient. From these columns come the rules
(``rules.py``), the Pandera schemas (``schema.py``), the data dictionary, the Excel template and the REDCap
instrument.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from outcomes.errors import EstimationError
from outcomes.record.column import ACTIVITIES, AGE_BANDS, WIDE_AGE_BANDS, Column, Event, three_readings
from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import MOVEMENTS, movement
from outcomes.record.optional_columns import MOVEMENT_COLUMNS, OPTIONAL_COLUMNS

__all__ = [
    "ACTIVITIES",
    "AGE_BANDS",
    "COLUMNS",
    "COLUMN_NAMES",
    "KNOWN_NAMES",
    "MOVEMENT_COLUMNS",
    "WIDE_AGE_BANDS",
    "Column",
    "column",
    "own_name",
    "plain_spelling",
    "ten_year_band",
    "wide_age_band",
]


def _pain(name: str, when: str, label: str, *, event: Event = "session", needed: bool = False) -> Column:
    meaning = f"usual pain {when}, 0–10 (NPRS; the usual pain, not the needling soreness)"
    return Column(name, "number", meaning, label, "points", 0, 10, needed=needed, event=event)


COLUMNS: tuple[Column, ...] = (
    Column("session_id", "id", "pseudonym of the session", "Session", needed=True, unique=True),
    Column("patient_id", "id", "pseudonym of the patient", "Patient", needed=True, event="baseline"),
    Column("clinic_id", "id", "pseudonym of the clinic", "Clinic", event="baseline"),
    Column("clinician_id", "id", "pseudonym of the clinician", "Clinician"),
    Column("condition", "category", "condition treated", "Condition", needed=True, values=CONDITIONS),
    Column(
        "session_number",
        "integer",
        "number of the session within patient and condition",
        "Session number",
        low=1,
        high=1000,
        needed=True,
    ),
    Column("day", "integer", "days since the patient's first session", "Day", "days", 0, 36_500),
    Column(
        "age_band",
        "category",
        "age in ten-year bands",
        "Age band",
        "years",
        values=AGE_BANDS,
        also=tuple(band for bands in WIDE_AGE_BANDS.values() for band in bands),
        event="baseline",
    ),
    Column("sex", "category", "sex", "Sex", values=("female", "male", "other", "unknown"), event="baseline"),
    Column("activity", "tag", "what loads the tissue: work, sport or task", "Activity", event="baseline"),
    Column("side", "category", "side needled", "Side", values=("left", "right", "both", "midline")),
    Column("muscles", "tags", "muscles needled, ; between", "Muscles"),
    Column("needle_count", "integer", "needles used", "Needles", "needles", 0, 500),
    Column(
        "insertion_count", "integer", "needle insertions, all muscles", "Insertions", "insertions", 0, 1000
    ),
    Column("twitch_count", "integer", "local twitch responses elicited", "Twitches", "twitches", 0, 1000),
    Column(
        "technique",
        "category",
        "needling technique",
        "Technique",
        values=("deep_pistoning", "deep_static", "superficial", "electrical", "other"),
    ),
    Column(
        "co_interventions",
        "tags",
        "what else was done in the session, ; between",
        "Also done",
        values=("manual_therapy", "exercise", "heat", "taping", "education", "medication", "none"),
    ),
    _pain("pain_pre", "before needling", "Pain before", needed=True),
    _pain("pain_post", "right after", "Pain right after"),
    _pain("pain_48h", "at the 2-day follow-up", "Pain at 2 days", event="follow-up"),
    Column("rom_movement", "category", "movement measured (its unit follows)", "Movement", values=MOVEMENTS),
    *three_readings(
        "rom", "range of that movement", "Range", "per movement", max(movement(m).most for m in MOVEMENTS)
    ),
    *three_readings(
        "function", "function on one task or PSFS, 0–10 (higher is better)", "Function", "points", 10
    ),
    Column(
        "soreness_h",
        "number",
        "hours the needling soreness lasted; 0 = asked and never sore; blank = not asked",
        "Soreness lasted",
        "hours",
        0,
        2160,
        event="follow-up",
    ),
    Column(
        "soreness_ongoing",
        "flag",
        "still sore when last asked, at soreness_h hours",
        "Still sore",
        event="follow-up",
    ),
    Column(
        "soreness_free_h",
        "number",
        "known to be free of soreness by this many hours (sore at soreness_h)",
        "Free of soreness by",
        "hours",
        0,
        2160,
        above=True,
        event="follow-up",
    ),
    Column(
        "soreness_peak",
        "number",
        "worst needling soreness, 0–10",
        "Worst soreness",
        "points",
        0,
        10,
        event="follow-up",
    ),
    Column(
        "pgic_48h",
        "integer",
        "patient's global impression of change, 1–7",
        "Global impression",
        "points",
        1,
        7,
        event="follow-up",
    ),
    Column(
        "followup_status",
        "category",
        "what came of the 2-day follow-up",
        "Follow-up",
        values=("reached", "no_answer", "declined", "not_attempted"),
        event="follow-up",
    ),
    Column(
        "followup_h",
        "number",
        "hours from session to follow-up",
        "Follow-up at",
        "hours",
        0,
        8760,
        above=True,
        event="follow-up",
    ),
    Column(
        "adverse_event",
        "category",
        "adverse event",
        "Adverse event",
        values=("none", "bruising", "bleeding", "faintness", "headache", "nausea", "aggravation", "other"),
        event="follow-up",
    ),
    *OPTIONAL_COLUMNS,
)
"""Every column of the session record, in order; a file may also hold some of ``MOVEMENT_COLUMNS``."""

_BY_NAME = {c.name: c for c in (*COLUMNS, *MOVEMENT_COLUMNS)}
COLUMN_NAMES = tuple(c.name for c in COLUMNS)
KNOWN_NAMES = tuple(_BY_NAME)
"""Every name a file may use: the columns of the record, then those of single movements."""


def column(name: str) -> Column:
    """Look a column of the session record up.

    Raises
    ------
    EstimationError
        Where the record has no such column; the message lists names near it, or all there are.

    Examples
    --------
    >>> column("pain_48h").label
    'Pain at 2 days'
    """
    if name not in _BY_NAME:
        near = get_close_matches(str(name), COLUMN_NAMES, n=4)
        there = f"Near it: {', '.join(near)}." if near else f"It has: {', '.join(COLUMN_NAMES)}."
        raise EstimationError(f"{name!r} is not a column of the session record. {there}")
    return _BY_NAME[name]


def plain_spelling(text: str) -> str:
    """A heading or a code as the record spells its own: lower case, underscores for blanks and hyphens.

    Examples
    --------
    >>> plain_spelling(" Pain Pre"), plain_spelling("Session-ID")
    ('pain_pre', 'session_id')
    """
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


def own_name(heading: str) -> str:
    """The column of the record that a heading spells, loosely; any other heading, trimmed.

    Examples
    --------
    >>> own_name("Patient ID"), own_name(" Room no.")
    ('patient_id', 'Room no.')
    """
    plain = plain_spelling(heading)
    return plain if plain in _BY_NAME else heading.strip()


def ten_year_band(text: str) -> str | None:
    """Ten-year band of an age or of a band within one; None where the text is neither.

    Examples
    --------
    >>> ten_year_band("47"), ten_year_band("40-49"), ten_year_band("93 years"), ten_year_band("40-60")
    ('40-49', '40-49', '90+', None)
    """
    plain = text.replace("–", "-").replace(" to ", "-").strip()
    found = re.fullmatch(
        r"(?:>|>=|over )?\s*(\d{1,3})(?:\.\d+)?\s*(\+|-\s*\d{1,3})?\s*(?:y|yrs?|years?)?(?: old)?", plain
    )
    if not found or int(found[1]) > 130:
        return None
    low = int(found[1]) // 10
    if low >= 9:
        return AGE_BANDS[-1]
    if found[2] == "+" or (found[2] and int(found[2].lstrip("- ")) // 10 != low):
        return None
    return AGE_BANDS[low]


def wide_age_band(band: str, years: int) -> str | None:
    """Age band of 20 or 30 years that holds a narrower one; None where it is no band.

    Examples
    --------
    >>> wide_age_band("30-39", 20), wide_age_band("90+", 30), wide_age_band("unknown", 20)
    ('20-39', '60+', None)
    """
    low, bands = band.rstrip("+").split("-")[0], WIDE_AGE_BANDS[years]
    return bands[min(int(low) // years, len(bands) - 1)] if low.isdigit() else None
