"""Whether a column of ages tells that somebody is over 89, which few people are.

Comes in: a heading and its numbers, or its texts (Arrow arrays). Goes out: yes or no. The band 90+ is as it should be.
"""

from __future__ import annotations

from typing import Any

from outcomes.deidentify.identifiers import words_of

__all__ = ["any_over_89", "over_89_in_text"]

_OLDEST = 130


def any_over_89(name: str, numbers: Any) -> bool:
    """Whether any age is over 89 years (and could be one: 999 is a code for missing)."""
    import pyarrow.compute as pc

    words = set(words_of(name))
    unit = 12 if words & {"month", "months"} else 365.25 if words & {"day", "days"} else 1
    over = pc.and_(pc.greater_equal(numbers, 90 * unit), pc.less(numbers, _OLDEST * unit))
    return bool(pc.any(over).as_py())


def over_89_in_text(name: str, suspects: Any, sample: Any) -> bool:
    """Ages over 89 in text: "93", "93 years", "91-95", "95+"; the band 90+ itself is as it should be."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.concat_arrays([suspects, sample])
    old = r"(?i)^(?:9\d|1[0-2]\d)(?:\.\d+)?\s*(?:y|yrs?|years?)?(?:\s*old|\s*/?o)?$"
    band = r"^(?:9\d|1[0-2]\d)\s*[-–]\s*\d+$|^(?:9[1-9]|1[0-2]\d)\s*\+$"
    found = texts.filter(
        pc.or_(pc.match_substring_regex(texts, old), pc.match_substring_regex(texts, band))
    ).to_pylist()
    words = set(words_of(name))
    return any(text.replace("–", "-") != "90-99" for text in found) and not words & {
        "month",
        "months",
        "days",
    }
