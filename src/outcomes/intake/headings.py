"""What a heading says: which column of the record it could be, and how surely.

Comes in: a heading as a file has it. Goes out: a score from 0 (no) to 1 (the column's own name), from the words that
``reference/mapping_words.csv`` asks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from outcomes.deidentify.identifiers import words_of
from outcomes.record.columns import COLUMNS, Column
from outcomes.record.reference import read_reference

__all__ = ["heading_words", "name_score", "reading_time"]

_SMALL = frozenset(["the", "a", "is", "are", "was", "were", "you", "your", "of"])
_JOINED = (
    (" follow up ", " followup "),
    (" two ", " 2 "),
    (" three ", " 3 "),
    (" one ", " 1 "),
    (" 24 hours ", " 24h "), (" 24 hour ", " 24h "), (" 24 hrs ", " 24h "), (" 24 h ", " 24h "),
    (" 48 hours ", " 48h "), (" 48 hour ", " 48h "), (" 48 hrs ", " 48h "), (" 48 h ", " 48h "),
    (" 72 hours ", " 72h "), (" 72 h ", " 72h "),
    (" 1 day ", " 1day "), (" 1 days ", " 1day "),
    (" 2 d ", " 2day "), (" 2 day ", " 2day "), (" 2 days ", " 2day "), (" day 2 ", " 2day "), (" 2d ", " 2day "),
    (" 3 day ", " 3day "), (" 3 days ", " 3day "),
    (" body part ", " body_part "),
    (" lt rs ", " ltrs "),
)  # fmt: skip
"""Words that are one, in the order in which they are joined."""
_ENDS_OF_A_SCALE = re.compile(
    r"\([^()]*\b[01]\b(?![^()]*\b(?:hours?|days?|hrs?|h|d)\b)[^()]*\b(?:5|10|100)\b[^()]*\)"
    r"|\b(?:0|1|5|10|100)\s*(?:=+|:|\bis\b|\bmeans\b|\bbeing\b)\s*[^\d,;:.()?]*",
    re.IGNORECASE,
)
"""What a scale is, and what its ends mean, say nothing of which reading it is: "(0 = none, 10 = worst imaginable)"."""


@cache
def _fillers() -> frozenset[str]:
    """Words of a heading that say nothing of which column it is; those that a column asks for still count."""
    return frozenset(row["word"] for row in read_reference("heading_fillers"))


@cache
def _wanted() -> tuple[_Wanted, ...]:
    """What the headings of each column say: the rows of ``reference/mapping_words.csv``."""
    return tuple(_Wanted.of(row) for row in read_reference("mapping_words"))


@dataclass(frozen=True)
class _Wanted:
    """One way a heading may name a column.

    Attributes
    ----------
    column : str
    exact, weak : bool
        Whether the words must be all there are (``=``); whether they name the column only where no other does (``~``).
    groups : tuple of frozenset of str
        Of each, one word must be there.
    unless : frozenset of str
        Words that take it back.
    """

    column: str
    exact: bool
    weak: bool
    groups: tuple[frozenset[str], ...]
    unless: frozenset[str]

    @classmethod
    def of(cls, row: dict[str, str]) -> _Wanted:
        """A row of the table."""
        words = row["words"]
        groups = tuple(frozenset(group.split("|")) for group in words.lstrip("=~").split())
        return cls(
            row["column"],
            words.startswith("="),
            words.startswith("~"),
            groups,
            frozenset(row["unless"].split()),
        )

    def score(self, words: frozenset[str]) -> float:
        """How surely these words name the column: less for every word that says something else."""
        if words & self.unless or not all(words & group for group in self.groups):
            return 0.0
        if self.exact:
            asked = frozenset(word for group in self.groups for word in group)
            return 0.9 if words - _SMALL <= asked <= words else 0.0
        extra = words - frozenset().union(*self.groups) - _fillers()
        return max(0.9 - 0.18 * len(extra), 0.3) - (0.25 if self.weak else 0.0)


@cache
def heading_words() -> frozenset[str]:
    """Words that speak of the record: a heading that has one of them is no person's name."""
    asked = [word for wanted in _wanted() for group in wanted.groups for word in group]
    own = [word for c in COLUMNS for text in (c.name, c.label) for word in words_of(text)]
    return frozenset(word for word in (*asked, *own) if word.isalpha() and len(word) > 2)


def name_score(c: Column, theirs: str) -> float:
    """How surely a heading, or a question, names a column of the record.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> name_score(column("pain_pre"), "pain_pre"), name_score(column("pain_pre"), "NPRS before")
    (1.0, 0.9)
    >>> name_score(column("soreness_h"), "How long were you sore?")
    0.9
    """
    if theirs == c.name:
        return 1.0
    words = _joined_words(theirs)
    if words in (_joined_words(c.label), _joined_words(c.name)):
        return 0.95
    return round(max((wanted.score(words) for wanted in _wanted_of(c.name)), default=0.0), 2)


@cache
def _wanted_of(column: str) -> tuple[_Wanted, ...]:
    return tuple(wanted for wanted in _wanted() if wanted.column == column)


@lru_cache(maxsize=4096)
def _joined_words(name: str) -> frozenset[str]:
    """Words of a name but for its scale's, "follow up" and "48 h" as one; each heading is held against every column."""
    words = " " + " ".join(words_of(_ENDS_OF_A_SCALE.sub(" ", name))) + " "
    for apart, joined in _JOINED:
        words = words.replace(apart, joined)
    return frozenset(words.split())


_TIMES = {
    "48h": {"48", "48h", "followup", "fu", "2d", "2day", "later"},
    "post": {"after", "post", "immediate", "immediately", "end"},
    "pre": {"before", "pre", "baseline", "initial", "start", "prior"},
}


def reading_time(heading: str) -> str | None:
    """Which reading a heading speaks of: ``pre``, ``post`` or ``48h``; None where it names none, or another time.

    Examples
    --------
    >>> reading_time("Neck rotation, 2 days later"), reading_time("SLR pre"), reading_time("24 h after")
    ('48h', 'pre', None)
    """
    words = _joined_words(heading)
    if words & {"24h", "72h", "1day", "3day", "week", "weeks", "month", "months"}:
        return None
    return next((time for time, naming in _TIMES.items() if words & naming), None)
