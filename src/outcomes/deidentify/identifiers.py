"""What identifies a person: the eighteen kinds of HIPAA's Safe Harbor (45 CFR 164.514(b)(2)), as headings name them.

Comes in: the heading of a column. Goes out: the kind of identifier it speaks of, if any. The words, in some thirty
languages, stand in ``reference/identifier_words.csv``; what is said of each kind, and what to do about it, in
``identifier_kinds.csv``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from outcomes.record.reference import read_reference, rows

__all__ = ["KINDS", "IdentifierKind", "is_about_age", "kind_of_name", "words_of"]


@dataclass(frozen=True)
class IdentifierKind:
    """One kind of identifier: its number in the Safe Harbor list, what to call it, and what to do about it."""

    name: str
    safe_harbor: int
    says: str
    remedy: str


KINDS = {kind.name: kind for kind in rows("identifier_kinds", IdentifierKind, name="kind")}
"""Every kind of identifier looked for, by name."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LETTERS = str.maketrans(
    dict(zip("øØłŁđĐðı", "oOlLdDdi", strict=True)) | {"þ": "th", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe"}
)
"""Letters that have no accent to drop."""
_LONG = 5
"""A heading of more words is a question or a sentence: a word or two in it need not say what the answers are."""
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
_AGE = "age over 89"
_NOT_DATES = ("update", "candidate", "mandate", "validate", "consolidate", "accommodate")


@cache
def words_of(name: str) -> tuple[str, ...]:
    """Split a heading into lower-case words: at capitals, digits, and whatever is not a letter; accents are dropped.

    Examples
    --------
    >>> words_of("PatientDOB"), words_of("e-mail 2"), words_of("Chart #")
    (('patient', 'dob'), ('e', 'mail', '2'), ('chart', 'number'))
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).replace("#", " number ")
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(word.lower() for word in _WORD.findall(plain))


@dataclass(frozen=True)
class _Phrase:
    """Words that speak of a kind of identifier.

    Attributes
    ----------
    alone : bool
        Whether they must be the whole heading.
    unless : frozenset of str
        Words that take it back: "birth weight" is no birth date.
    """

    kind: str
    words: tuple[str, ...]
    alone: bool
    unless: frozenset[str]

    def is_in(self, words: tuple[str, ...]) -> bool:
        """Whether a heading of these words speaks of the kind."""
        together = "".join(self.words)
        if "".join(words) == together:
            return True
        if self.alone or self.unless & set(words):
            return False
        if len(words) > _LONG:
            return self._is_in_sentence(words)
        return set(self.words) <= set(words) or together in words

    def _is_in_sentence(self, words: tuple[str, ...]) -> bool:
        """In a long heading the words must follow one another, and a single one must be the patient's own."""
        n = len(self.words)
        at = [i for i in range(len(words) - n + 1) if words[i : i + n] == self.words]
        return any(n > 1 or i + n == len(words) or words[i - 1] in _OWNERS for i in at)


_OWNERS = ("your", "patient", "patients", "s", "client", "their", "his", "her", "my")


@cache
def _phrases() -> tuple[_Phrase, ...]:
    return tuple(
        _Phrase(
            row["kind"],
            words_of(row["words"].removeprefix("=")),
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
    for phrase in _phrases():
        if phrase.kind != _AGE and phrase.is_in(words):
            return phrase.kind
    if len(words) > _LONG:
        return None
    for word in words:
        for ending, kind in _ENDINGS.items():
            if word.endswith(ending) and word != ending and not word.endswith(_NOT_DATES):
                return kind
    return None


@cache
def is_about_age(name: str) -> bool:
    """Whether a heading speaks of an age, in one of the languages of ``identifier_words.csv``.

    Examples
    --------
    >>> is_about_age("Age at visit"), is_about_age("Alter"), is_about_age("年齢"), is_about_age("dosage")
    (True, True, True, False)
    """
    words = words_of(name)
    return any(phrase.kind == _AGE and phrase.is_in(words) for phrase in _phrases())
