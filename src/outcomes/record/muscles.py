"""Muscles by name: those a table may show.

Comes in: the text of one muscle. Goes out: its code, or ``other``. A column of muscles is open, so that anything may be
written into it; what is no muscle of the list is never shown.
"""

from __future__ import annotations

from outcomes.record.columns import plain_spelling
from outcomes.record.reference import read_reference

__all__ = ["MUSCLES", "OTHER", "muscle_code"]

MUSCLES = tuple(row["muscle"] for row in read_reference("muscle_names"))
"""Codes of the muscles that are needled, in alphabetical order (names of Terminologia Anatomica, some in groups)."""
OTHER = "other"
_KNOWN = frozenset(MUSCLES)


def muscle_code(text: str) -> str:
    """The code of a muscle, loosely spelled; ``other`` for anything else.

    Examples
    --------
    >>> muscle_code("Levator scapulae"), muscle_code("ask Jane")
    ('levator_scapulae', 'other')
    """
    code = plain_spelling(text)
    return code if code in _KNOWN else OTHER
