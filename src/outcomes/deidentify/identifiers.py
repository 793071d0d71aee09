"""What identifies a person: HIPAA Safe Harbor's eighteen kinds (45 CFR 164.514(b)(2)), as words and as patterns.

Comes in: a column's name, or its texts (an Arrow array of distinct ones). Goes out: the kind of identifier it looks
like, if any. The words live in ``reference/identifier_words.csv``, what is said of each kind and what to do about it in
``identifier_kinds.csv``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from outcomes.record.reference import read_reference

__all__ = ["KINDS", "IdentifierKind", "kind_of_name", "kinds_of_texts", "words_of"]


@dataclass(frozen=True)
class IdentifierKind:
    """One kind of identifier: its number in the Safe Harbor list, what to call it, and what to do about it."""

    name: str
    safe_harbor: int
    says: str
    remedy: str


KINDS = {
    row["kind"]: IdentifierKind(row["kind"], int(row["safe_harbor"]), row["says"], row["remedy"])
    for row in read_reference("identifier_kinds")
}
"""Every kind of identifier looked for, by name."""

# --- by name ------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = {
    "dob": "birth date",
    "birthdate": "birth date",
    "mrn": "record number",
    "ssn": "ssn",
    "email": "email",
    "phone": "phone",
    "zipcode": "place",
    "postcode": "place",
    "address": "place",
    "firstname": "name",
    "lastname": "name",
    "fullname": "name",
    "surname": "name",
    "date": "date",
}
_NOT_DATES = ("update", "candidate", "mandate", "validate", "consolidate", "accommodate")


def words_of(name: str) -> tuple[str, ...]:
    """Split a column name into lower-case words: at capitals, digits, and whatever is not a letter.

    Examples
    --------
    >>> words_of("PatientDOB"), words_of("e-mail 2"), words_of("Chart #")
    (('patient', 'dob'), ('e', 'mail', '2'), ('chart', 'number'))
    """
    plain = unicodedata.normalize("NFKD", name).replace("#", " number ")
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(word.lower() for word in _WORD.findall(plain))


@cache
def _phrases() -> tuple[tuple[str, str, frozenset[str], bool, frozenset[str]], ...]:
    """Kind, the phrase without spaces, its words, whether it must stand alone, words that take it back."""
    return tuple(
        (
            row["kind"],
            row["words"].removeprefix("=").replace(" ", ""),
            frozenset(row["words"].removeprefix("=").split()),
            row["words"].startswith("="),
            frozenset(row["unless"].split()),
        )
        for row in read_reference("identifier_words")
    )


@cache
def kind_of_name(name: str) -> str | None:
    """Kind of identifier a column's name speaks of, or None.

    Examples
    --------
    >>> kind_of_name("Date of Birth"), kind_of_name("homePhone"), kind_of_name("clinic_id"), kind_of_name("side")
    ('birth date', 'phone', None, None)
    """
    words = words_of(name)
    there, whole = set(words), "".join(words)
    for kind, squashed, phrase, alone, unless in _phrases():
        found = whole == squashed or (not alone and (phrase <= there or squashed in there))
        if found and not unless & there:
            return kind
    for word in words:
        for ending, kind in _ENDINGS.items():
            if word.endswith(ending) and word != ending and not word.endswith(_NOT_DATES):
                return kind
    return None


# --- by value -----------------------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|"
)
_MONTH += r"september|october|november|december)"
_M, _D, _Y = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])", r"(?:18|19|20)\d{2}"
_D1 = r"(?:0?[1-9]|[12]\d|3[01])"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_STREET = r"(?:St|Ave|Rd|Ln|Dr|Blvd|Ct|Way|Terrace|Close|Place|Court|Drive)"
_STREET_ANY_CASE = r"(?i:street|avenue|road|lane|boulevard|strasse)"
_NANP = r"(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"

ONE_IS_ENOUGH: tuple[tuple[str, str], ...] = (
    ("email", r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    ("url", r"(?i)(?:https?|ftp)://|\bwww\.[a-z0-9]"),
    ("ip address", rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"),
    ("ip address", r"^[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){4,7}$"),
    ("device", r"^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$"),
    ("ssn", r"(?:^|[^0-9A-Za-z-])\d{3}-\d{2}-\d{4}(?:$|[^0-9A-Za-z-])"),
    ("phone", rf"(?:^|[^0-9A-Za-z-])(?:\+?1[ .-]?)?{_NANP}(?:$|[^0-9A-Za-z-])"),
    ("phone", r"(?:^|[^0-9A-Za-z])\+\d{1,3}[ .(-]*\d[\d ().-]{6,16}\d"),
    ("phone", r"^\(?0\d{2,4}\)? \d{3,4} ?\d{3,4}$"),
    ("record number", r"(?i)(?:^|[^a-z])(?:mrn|med(?:ical)? ?rec(?:ord)?|chart)[ :#no.-]*\d{4,}"),
    ("date", rf"(?:^|\D){_Y}[-/.]{_M}[-/.]{_D}(?:$|\D)"),
    ("date", rf"(?:^|[^0-9/]){_D1}/{_D1}/(?:{_Y}|\d{{2}})(?:$|[^0-9/])"),
    ("date", rf"(?:^|[^0-9.]){_D1}\.{_D1}\.{_Y}(?:$|[^0-9.])"),
    ("date", rf"(?i)(?:^|[^a-z0-9])\d{{1,2}}(?:st|nd|rd|th)?[ ./,-]+{_MONTH}[ ./,-]+\d{{2,4}}(?:$|\D)"),
    ("date", rf"(?i)(?:^|[^a-z0-9]){_MONTH}\.? +(?:\d{{1,2}}(?:st|nd|rd|th)?,? +)?{_Y}(?:$|\D)"),
    ("place", rf"(?:^|[^0-9A-Za-z])\d{{1,5}} +(?:[A-Z][A-Za-z.'-]* +)+{_STREET}(?:$|[^A-Za-z])"),
    ("place", rf"(?:^|[^0-9A-Za-z])\d{{1,5}} +(?:[A-Za-z.'-]+ +){{1,4}}{_STREET_ANY_CASE}(?:$|[^A-Za-z])"),
    ("name", r"(?:^|[^\p{L}])(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? +\p{Lu}"),
)
"""Kind and pattern (RE2): a single value that matches makes a finding, wherever it stands."""

MOST_OF_THEM: tuple[tuple[str, str, float, frozenset[str]], ...] = (
    ("date", rf"(?:^|\D)(?:19|20)\d{{2}}{_M}{_D}(?:$|\D)", 0.5, frozenset({"id", "code", "other"})),
    ("date", rf"(?:^|[^0-9-]){_D1}-{_D1}-{_Y}(?:$|[^0-9-])", 0.5, frozenset({"id", "code", "other"})),
    ("date", rf"^{_Y}-{_M}$", 0.9, frozenset({"other"})),
    ("place", r"^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$", 0.5, frozenset({"id", "code", "other"})),
    ("place", r"^[A-Z]\d[A-Z] \d[A-Z]\d$", 0.5, frozenset({"id", "code", "other"})),
    ("place", r"^\d{5}-\d{4}$", 0.5, frozenset({"other"})),
    ("phone", r"^0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}$", 0.5, frozenset({"other"})),
    ("ssn", r"^\d{3} \d{2} \d{4}$", 0.5, frozenset({"id", "code", "other"})),
    ("other number", r"^\d{7,12}$", 0.8, frozenset({"other"})),
)
"""Kind, pattern, share of the distinct values that must match, and the roles of columns it is asked of."""

SCREEN = (
    r"[@/,:() ]|\+\d{4}|\.[A-Za-z]|\d[-.]\d{1,3}[-.]\d|\d[-.][A-Za-z]{3,9}[-.]\d|(?:[0-9A-Fa-f]{2}-){5}"
    r"|[^\x00-\x7F]|(?i:mrn|medrec|medicalrec|chart)"
)
"""What every text that ``ONE_IS_ENOUGH`` or a name could match holds: a quick look before the slow ones."""

_PARTS = r"^\p{L}[\p{L}'’.-]*(?:,? +\p{L}[\p{L}'’.-]*){1,3}$|^\p{L}[\p{L}'’-]+,\p{L}[\p{L}'’-]+$"
_INITIAL = r"^(?:\p{Lu}\. ?){1,2}\p{Lu}[\p{L}'’-]+$"
_NO_CASE = r"^\p{Lo}{2,6}$"
_ONE_WORD = r"^\p{Lu}\p{Ll}{2,}$"


@cache
def _clues(clue: str) -> frozenset[str]:
    """Words that say that a text names no person ("no person"), or that it is prose ("sentence")."""
    return frozenset(row["word"] for row in read_reference("identifier_clues") if row["clue"] == clue)


def kinds_of_texts(texts: Any, sample: Any, role: str, rows: int) -> list[str]:
    """Kinds of identifier that a column's texts look like.

    Parameters
    ----------
    texts : pyarrow.StringArray
        Distinct texts; of a long column of ids those that match :data:`SCREEN` will do.
    sample : pyarrow.StringArray
        Distinct texts of rows evenly spread, for what must hold of most of them.
    role : {"id", "place", "code", "number", "other"}
        Ids of people; ids of clinics; the record's own codes; its numbers; any other column.
    rows : int
        Rows of the column that are filled in.
    """
    suspects = texts.filter(_matches(texts, SCREEN))
    found = [kind for kind, pattern in ONE_IS_ENOUGH if len(suspects) and _any(suspects, pattern)]
    asked = "id" if role == "place" else role
    if len(sample) and _any(sample, r"\d{3}|\d[A-Z]"):
        found += [
            kind
            for kind, pattern, share, roles in MOST_OF_THEM
            if asked in roles and _share(sample, pattern) >= share
        ]
    if role in ("id", "place") and _phone_book(sample):
        found.append("phone")
    if _named(suspects, sample, role, rows):
        found.append("name")
    if role != "id" and len(suspects) and _prose(suspects, most=6 if role in ("code", "number") else 10):
        found.append("free text")
    return list(dict.fromkeys(found))


def _matches(texts: Any, pattern: str) -> Any:
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, pattern)


def _share(sample: Any, pattern: str) -> float:
    import pyarrow.compute as pc

    return float(pc.mean(_matches(sample, pattern)).as_py() or 0.0)


def _phone_book(sample: Any) -> bool:
    """Whether ids of ten digits are all valid North American numbers: by chance one id in three is not."""
    if len(sample) < 20 or _share(sample, r"^1?[2-9]\d{2}[2-9]\d{6}$") < 1:
        return False
    numbers = [int(text) for text in sample.to_pylist()]
    return max(numbers) - min(numbers) > 1_000 * len(numbers)


# --- names of people ----------------------------------------------------------------------------------------------


@cache
def _first_names() -> frozenset[str]:
    return frozenset(row["name"] for row in read_reference("first_names"))


@cache
def _clinical_words() -> frozenset[str]:
    """Words of muscles, conditions and movements: capitalised labels made of them name nobody."""
    texts = [row["muscles"] for row in read_reference("muscles")]
    texts += [row["label"] + " " + row["condition"] for row in read_reference("conditions")]
    texts += [row["label"] for row in read_reference("movements")]
    extra = "left right both pain therapy manual dry needling upper lower desk work group fitness"
    return frozenset(re.findall(r"[a-z]{3,}", " ".join([*texts, extra]).replace("_", " ").lower()))


def _named(texts: Any, sample: Any, role: str, rows: int) -> bool:
    if len(texts):
        if role == "id" and (_candidates(texts) or _any(texts, _INITIAL) or _any(texts, _NO_CASE)):
            return True
        if any(_known_person(words) for words in _candidates(texts, capitals=role != "id")):
            return True
    singles = [text.lower() for text in sample.to_pylist()] if role == "id" else []
    if singles and (
        sum(text in _first_names() for text in singles) >= 0.5 * len(singles)
        or (len(singles) >= 3 and _share(sample, _ONE_WORD) >= 0.8)
    ):
        return True
    crowd = role == "other" and len(sample) >= 20 and len(sample) >= 0.2 * min(rows, 2_000)
    capitals = _candidates(sample, capitals=True) if crowd else []
    clinical = sum(bool(set(words) & _clinical_words()) for words in capitals)
    return len(capitals) >= 0.8 * max(len(sample), 20) and clinical < 0.2 * len(capitals)


def _any(texts: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(_matches(texts, pattern)).as_py())


def _candidates(texts: Any, *, capitals: bool = False) -> list[list[str]]:
    """Words (lower case) of the texts made of two to four words of letters, none of them like "patient"."""
    found = []
    for text in texts.filter(_matches(texts, _PARTS)).slice(0, 20_000).to_pylist():
        words = re.split(r"[ ,]+", text)
        if capitals and not all(word[:1].isupper() for word in words if len(word) > 1):
            continue
        plain = [word.lower().strip(".") for word in words]
        if not _clues("no person") & set(plain) and any(len(word) > 1 for word in plain):
            found.append(plain)
    return found


def _known_person(words: list[str]) -> bool:
    return any(word in _first_names() for word in words[:2]) and not set(words) & _clinical_words()


# --- free text ----------------------------------------------------------------------------------------------------


def _prose(texts: Any, most: int) -> bool:
    """Whether any text reads as prose: many words, or some words of which one makes a sentence."""
    long = texts.filter(_matches(texts, r"^\S+(?:\s+\S+){3}|[^ ]{81}")).slice(0, 50_000).to_pylist()
    return any(_is_prose(part, most) for text in long for part in re.split(r"[;|\n]", text))


def _is_prose(text: str, most: int) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 4:
        return len(text) > 120 and " " in text
    return (
        len(words) >= most
        or bool(_clues("sentence") & set(words))
        or (text.rstrip()[-1:] in "!?." and len(words) >= 5)
    )
