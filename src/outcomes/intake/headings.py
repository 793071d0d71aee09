"""What a heading says: which column of the record it could be, and how surely.

Comes in: a heading as a file has it. Goes out: a score from 0 (no) to 1 (the column's own name), from the words that
``reference/mapping_words.csv`` asks for.
"""

from __future__ import annotations

from functools import cache

from outcomes.deidentify.identifiers import words_of
from outcomes.record.columns import COLUMNS, Column
from outcomes.record.reference import read_reference

__all__ = ["heading_words", "name_score"]

_PLAIN_WORDS = frozenset(
    [
        "score",
        "level",
        "rating",
        "intensity",
        "value",
        "0",
        "10",
        "100",
        "mm",
        "of",
        "the",
        "in",
        "at",
        "patient",
    ]
) | {
    "usual",
    "current",
    "today",
    "degrees",
    "deg",
    "local",
    "total",
    "n",
    "treatment",
    "session",
    "needling",
    "type",
}


@cache
def _wanted() -> tuple[tuple[str, bool, tuple[frozenset[str], ...], frozenset[str]], ...]:
    """Column of the record, whether the name must be exactly that, groups of words of which one must be there."""
    return tuple(
        (
            row["column"],
            row["words"].startswith("="),
            tuple(frozenset(group.split("|")) for group in row["words"].removeprefix("=").split()),
            frozenset(row["unless"].split()),
        )
        for row in read_reference("mapping_words")
    )


@cache
def heading_words() -> frozenset[str]:
    """Words that speak of the record: a heading that has one of them is no person's name."""
    asked = [word for _, _, groups, _ in _wanted() for group in groups for word in group]
    own = [word for c in COLUMNS for text in (c.name, c.label) for word in words_of(text)]
    return frozenset(word for word in (*asked, *own) if word.isalpha() and len(word) > 2)


def name_score(c: Column, theirs: str) -> float:
    """How surely a heading names a column of the record.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> name_score(column("pain_pre"), "pain_pre"), name_score(column("pain_pre"), "NPRS before")
    (1.0, 0.9)
    """
    if theirs == c.name:
        return 1.0
    words = set(_joined_words(theirs))
    if words == set(_joined_words(c.label)) or words == set(_joined_words(c.name)):
        return 0.95
    scores = [0.0]
    for ours, exact, groups, unless in _wanted():
        if ours != c.name or words & unless or (exact and words != groups[0]):
            continue
        if all(words & group for group in groups):
            extra = words - set().union(*groups) - _PLAIN_WORDS
            scores.append(max(0.9 - 0.15 * len(extra), 0.3))
    return max(scores)


def _joined_words(name: str) -> list[str]:
    """Words of a name, with "follow up" and "48 h" as one."""
    words = " " + " ".join(words_of(name)) + " "
    for apart, joined in (
        (" follow up ", " followup "),
        (" 48 h ", " 48h "),
        (" 2 d ", " 2d "),
        (" 2 day ", " 2day "),
    ):
        words = words.replace(apart, joined)
    return words.split()
