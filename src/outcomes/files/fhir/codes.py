"""The codes that a session is written and read by in FHIR: pain, needling, reasons for a value that is absent, units.

Codes that nobody has given yet (range of motion, soreness, twitches ...) are the record's own names, under one
canonical address. The address is a name and not a place: nothing is there, and ``.example`` is reserved by RFC 2606 so
that nothing ever will be.
"""

from __future__ import annotations

from outcomes.record.columns import Column
from outcomes.record.measures import movement

__all__ = [
    "ABSENT",
    "ABSENT_CODES",
    "CANONICAL",
    "CPT",
    "LOINC",
    "NEEDLING",
    "OWN_COLUMNS",
    "PAIN",
    "PAIN_ANSWERS",
    "PAIN_DISPLAY",
    "STATUS_OF",
    "UCUM",
    "cpt_code",
    "own_system",
    "unit_code",
]

CANONICAL = "https://outcomes.example/fhir"
"""Address of everything that is ours in a bundle: a name, not a place."""
OWN_COLUMNS = f"{CANONICAL}/CodeSystem/session-record"
"""System of the codes that say which column of the session record a resource holds."""
NEEDLING = "dry_needling"
LOINC = "http://loinc.org"
PAIN = "72514-3"
PAIN_DISPLAY = "Pain severity - 0-10 verbal numeric rating [Score] - Reported"
PAIN_ANSWERS = {
    "LA6111-4": 0, "LA6112-2": 1, "LA6113-0": 2, "LA6114-8": 3, "LA6115-5": 4, "LA10137-0": 5,
    "LA10138-8": 6, "LA10139-6": 7, "LA10140-4": 8, "LA10141-2": 9, "LA13942-0": 10,
}  # fmt: skip
"""LOINC's answers to that question, where a score was recorded as one of them."""
CPT = "http://www.ama-assn.org/go/cpt"
_FEW_MUSCLES = 2
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_CODES = {
    "declined": "asked-declined",
    "not_attempted": "not-asked",
    "no_answer": "unknown",
    "reached": "unknown",
}
"""What came of a follow-up without a pain reading, as HL7 says it; our own code stands beside it."""
STATUS_OF = {"asked-declined": "declined", "not-asked": "not_attempted"}
"""HL7's reasons that say what came of a follow-up; the others could be any of several."""
UCUM = "http://unitsofmeasure.org"
_UNITS = {
    "points": "{score}",
    "per questionnaire": "{score}",
    "hours": "h",
    "degree": "deg",
    "mm": "mm",
    "cm": "cm",
    "kPa": "kPa",
}


def own_system(column: str) -> str:
    """System of the codes of one column.

    Examples
    --------
    >>> own_system("adverse_event")
    'https://outcomes.example/fhir/CodeSystem/adverse-event'
    """
    return f"{CANONICAL}/CodeSystem/{column.replace('_', '-')}"


def cpt_code(muscles: str) -> str:
    """CPT's code for needling so many muscles without injection: 20560 for one or two, 20561 for more.

    Examples
    --------
    >>> cpt_code("soleus;gastrocnemius"), cpt_code("a;b;c")
    ('20560', '20561')
    """
    return "20560" if len(muscles.split(";")) <= _FEW_MUSCLES else "20561"


def unit_code(c: Column, moved: str | None) -> str:
    """UCUM code of a column's unit; of a range of motion that of the movement measured.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> unit_code(column("soreness_h"), None), unit_code(column("rom_pre"), "mouth_opening")
    ('h', 'mm')
    """
    unit = c.unit
    if unit == "per movement":
        unit = movement(moved).unit if moved else ""
    return _UNITS.get(unit, "1")
