"""Clinicians' words for the record's codes: conditions, ICD-10-CM, muscles, movements, and every other coded column.

Comes in: a text as a clinic writes it ("R shoulder pain", "M54.2 - Cervicalgia", "UT", "cerv rot"). Goes out: the code
it means, with the side where it names one; nothing where it means none, or more than one. The words are data:
``reference/condition_words.csv``, ``icd10cm_categories.csv``, ``muscle_words.csv``, ``movement_words.csv``,
``mapping_synonyms.csv``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from outcomes.intake.quantity import plain_text
from outcomes.record.columns import Column, plain_spelling, ten_year_band
from outcomes.record.measures import MOVEMENTS
from outcomes.record.reference import read_reference

__all__ = ["Named", "code_of", "condition_of", "movement_of", "muscle_of", "side_of"]

_SIDES = {
    "left": "left", "l": "left", "lt": "left", "lft": "left", "lhs": "left",
    "right": "right", "r": "right", "rt": "right", "rhs": "right",
    "bilateral": "both", "bilaterally": "both", "bil": "both", "both": "both", "bl": "both", "b/l": "both",
    "midline": "midline",
}  # fmt: skip
_ICD = re.compile(r"\b([A-Z]\d[0-9A-Z])(?:\.?([0-9A-Z]{1,4}))?\b")
_WORD = re.compile(r"[a-z0-9/'&+-]+")


@dataclass(frozen=True)
class Named:
    """What a text names.

    Attributes
    ----------
    code : str
    side : str or None
        Where the text names one.
    how : str
        How it was recognized, in words; blank where the text is the code itself, however spelled.
    doubt : str
        Why it is not quite sure; blank where it is.
    """

    code: str
    side: str | None = None
    how: str = ""
    doubt: str = ""


def code_of(c: Column, text: str) -> Named | None:
    """The code of a column that a text means; None where it means none, or several.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> code_of(column("sex"), "F").code, code_of(column("condition"), "M54.2").code, code_of(column("sex"), "blue")
    ('female', 'neck_pain', None)
    """
    plain = plain_spelling(text.replace("–", "-"))
    for code in c.values:
        if plain == plain_spelling(code):
            loose = c.name == "age_band" and text.replace("–", "-").replace(" ", "") != code
            return Named(code, how="another spelling" if loose else "")
        if plain == plain_spelling(c.label_of(code)):
            return Named(code, how="its label")
    if (
        c.name == "side"
        and (known_side := side_of(text))
        and known_side[0]
        and not known_side[1].strip("+/&- ")
    ):
        return Named(known_side[0], how="another word for it")
    if c.name == "age_band":
        band = ten_year_band(re.sub(r"^(\d)0'?s$", r"\g<1>0", re.sub(r"[_ ]?plus$", "+", text.strip())))
        return Named(band, how="the band of an age") if band else None
    if known := _synonyms().get((c.name, plain_text(text))):
        return Named(known, how="another word for it")
    if c.name == "condition":
        return condition_of(text)
    if c.name == "rom_movement":
        return movement_of(text)
    return _first_word(c, text)


@cache
def _synonyms() -> dict[tuple[str, str], str]:
    return {
        (row["column"], plain_text(row["theirs"])): row["ours"] for row in read_reference("mapping_synonyms")
    }


def _first_word(c: Column, text: str) -> Named | None:
    """A code or synonym that is followed by an explanation: "Yes, by phone", "F (female)"."""
    head = re.split(r"[,;:(\-–]", text, maxsplit=1)[0].strip()
    if not head or head == text.strip():
        return None
    rest = text.strip()[len(head) :]
    found = code_of(c, head)
    others = (
        {other.code for word in _WORD.findall(rest.casefold()) if (other := code_of(c, word))}
        if found
        else set()
    )
    return Named(found.code, how="its first words") if found and others <= {found.code} else None


# --- sides --------------------------------------------------------------------------------------------------------


def side_of(text: str) -> tuple[str | None, str]:
    """The side that a text names, and the text without it; no side where it names two.

    Examples
    --------
    >>> side_of("R shoulder pain"), side_of("neck pain")
    (('right', 'shoulder pain'), (None, 'neck pain'))
    """
    words = [
        part
        for word in _WORD.findall(plain_text(text))
        for part in ([word] if word in _SIDES else re.split(r"[/+&]", word))
        if part
    ]
    named = {_SIDES[word] for word in words if word in _SIDES}
    rest = " ".join(word for word in words if word not in _SIDES)
    both = {"left", "right"} <= named
    return ("both" if both else named.pop() if len(named) == 1 else None), rest


# --- conditions ---------------------------------------------------------------------------------------------------


def condition_of(text: str) -> Named | None:
    """The condition that a diagnosis, a region or an ICD-10-CM code names.

    Examples
    --------
    >>> condition_of("R lateral epicondylitis"), condition_of("M75.42").code, condition_of("neck or shoulder") is None
    (Named(code='tennis_elbow', side='right', how='its words', doubt=''), 'shoulder_pain', True)
    """
    if codes := _icd_codes(text):
        return _one_of([found for code in codes if (found := _by_icd(code))], len(codes))
    side, rest = side_of(text)
    named = {name for name, words in _condition_words() if words.search(rest)}
    listed = re.search(r"[,;/&+]|\b(?:and|or)\b", text)
    for wider, narrower in _BEFORE:
        if {wider, narrower} <= named and (not listed or narrower == "piriformis_sciatica"):
            named.discard(wider)
    return Named(named.pop(), side, "its words") if len(named) == 1 else None


_BEFORE = (
    ("low_back_pain", "piriformis_sciatica"),  # lumbago with sciatica (M54.4) is coded with sciatica
    ("shoulder_pain", "arthritis_joint_pain"),  # osteoarthritis of the shoulder (M19.01) with the joints
    ("other", "neck_pain"), ("other", "low_back_pain"), ("other", "mid_back_pain"), ("other", "shoulder_pain"),
    ("other", "headache"), ("other", "jaw_pain"),
)  # fmt: skip


@cache
def _condition_words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (row["condition"], re.compile(rf"\b(?:{row['words']})\b"))
        for row in read_reference("condition_words")
    )


def _icd_codes(text: str) -> list[str]:
    return [
        f"{found[1]}.{found[2]}" if found[2] else found[1]
        for found in _ICD.finditer(text.upper())
        if found[1][0] in _ICD_CHAPTERS
    ]


_ICD_CHAPTERS = "GMRSQF"


@cache
def _icd_names() -> tuple[dict[str, Named], dict[str, str]]:
    """Codes of the reference list; and categories all of whose codes are one condition."""
    leaves = {}
    for row in read_reference("codes"):
        words = row["display"].casefold()
        side = "right" if "right" in words else "left" if "left" in words else None
        leaves[row["code"]] = Named(row["condition"], side, "its ICD-10-CM code")
    return leaves, {row["category"]: row["condition"] for row in read_reference("icd10cm_categories")}


def _by_icd(code: str) -> Named | None:
    leaves, categories = _icd_names()
    if code in leaves:
        return leaves[code]
    for length in range(len(code), 2, -1):
        if (known := categories.get(code[:length].rstrip("."))) is not None:
            last = code[-1] if len(code) > 5 else ""
            return Named(known, {"1": "right", "2": "left"}.get(last), "the category of its ICD-10-CM code")
    return None


def _one_of(found: list[Named], wanted: int) -> Named | None:
    if len(found) < wanted or len({one.code for one in found}) != 1:
        return None
    sides = {one.side for one in found} - {None}
    return Named(found[0].code, sides.pop() if len(sides) == 1 else None, found[0].how)


# --- muscles and movements ----------------------------------------------------------------------------------------


@cache
def _muscle_words() -> dict[str, str]:
    known = {}
    for row in read_reference("muscle_words"):
        for word in (row["muscle"].replace("_", " "), *row["words"].split("|")):
            known[word] = row["muscle"]
            known[f"{word}s"] = row["muscle"]
    for row in read_reference("muscles"):
        known |= {muscle.replace("_", " "): muscle for muscle in row["muscles"].split(";")}
    return known


def muscle_of(text: str) -> Named | None:
    """The muscle that a name or an abbreviation means.

    Examples
    --------
    >>> muscle_of("L UT"), muscle_of("quadratus lumborum").code, muscle_of("traps") is None
    (Named(code='upper_trapezius', side='left', how='another word for it', doubt=''), 'quadratus_lumborum', True)
    """
    side, rest = side_of(text.replace("_", " "))
    plain = " ".join(
        word for word in rest.replace("-", " ").split() if word not in ("muscle", "muscles", "m", "the")
    )
    code = _muscle_words().get(plain)
    if code is None:
        return None
    spelled = plain_spelling(text) == code
    return Named(code, side, "" if spelled else "another word for it")


@cache
def _movement_words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Patterns of the words for a region or a motion, each with what it means; the longest words first."""
    return tuple(
        (row["part"], re.compile(rf"(?<![a-z])(?:{row['words']})(?![a-z])"))
        for row in read_reference("movement_words")
    )


def movement_of(text: str) -> Named | None:
    """The movement that a name or an abbreviation means.

    Examples
    --------
    >>> movement_of("cerv rot L"), movement_of("SLR").code, movement_of("rotation") is None
    (Named(code='cervical_rotation', side='left', how='another word for it', doubt=''), 'straight_leg_raise', True)
    """
    side, rest = side_of(text.replace("_", " "))
    parts, left = [], f" {rest} "
    for part, words in _movement_words():
        if words.search(left):
            parts.append(part)
            left = words.sub(" ", left)
    whole = [part for part in parts if part in MOVEMENTS]
    made = {f"{region}_{motion}" for region in parts for motion in parts} & set(MOVEMENTS)
    found = set(whole) or made
    return Named(found.pop(), side, "another word for it") if len(found) == 1 else None
