"""A quantity as people write it: ``7/10``, ``6,5``, ``5-6``, ``>10``, ``10+``, ``45 deg``, ``about 2 days``.

Comes in: a text. Goes out: a :class:`Quantity`: its least and greatest number, whether it is only about that, a bound,
its unit and the words beside it; None where the text is no quantity. Nothing is judged here: what a column may hold is
settled in ``values.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Quantity", "plain_text", "quantity"]

_NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_FRACTIONS = (
    (r"\b(?:a|one) (day|hour|week|month|year) and a half\b", r"1.5 \1s"),
    (r"^(day|hour|week|month|year) and a half\b", r"1.5 \1s"),
    (r"\b(\d+) and a half\b", r"\1.5"),
    (r"\bhalf (?:a|an|of a|of the|the) (day|hour|week|year)\b", r"0.5 \1s"),
    (r"\b(?:a|an|the) couple (?:of )?(?=days|hours|weeks|months|years)", "about 2 "),
    (r"\b(?:a|an|the whole|the|all|one whole|one full|a full|a whole) (day|hour|week|month|year)\b", r"1 \1"),
    (r"(?<=\d)\s+1/2\b|(?<=\d)\s*½", ".5"),
    (r"½|\b1/2\b(?= ?(?:a )?(?:d|h|w))", "0.5"),
    (r"¼", ".25"),
    (r"¾", ".75"),
)
_ABOUT = (
    r"(?:about|approximately|approx\.?|around|roughly|circa|ca\.?|maybe|probably|perhaps|nearly|almost|~|≈)"
)
_MORE = r"(?:>=?|≥|more than|over|at least|greater than|longer than|above|beyond|min\.?)"
_LESS = r"(?:<=?|≤|less than|under|up to|at most|fewer than|shorter than|below|within|max\.?)"
_N = r"[-+]?\d+(?:[.,]\d+)?|[-+]?[.,]\d+"
_UNIT = (
    r"(?:years?|yrs?|y|months?|mths?|mos?|kpa|kgf?/cm(?:2|²|\^2)|n/cm(?:2|²|\^2)|hours?|hrs?|hr|h|days?|d|weeks?|wks?|wk|w|minutes?|mins?|min|degrees?|degs?|deg|°|º|mm|cm|inch(?:es)?|in|\"|%|"
    r"percent|points?|pts?|x|times|twitches|ltrs?|needles?|insertions?)"
)
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
_DATE = re.compile(r"\d([/.-])\d+\1\d|\d{1,2}:\d{2}")
_OUT_OF = re.compile(r"\s*(?:/|out of|of)\s*(10|100)\b")
_QUANTITY = re.compile(
    rf"^(?:(?P<about>{_ABOUT})\s*)?(?:between\s+|from\s+|for\s+)?(?:(?P<more>{_MORE})|(?P<less>{_LESS}))?\s*"
    rf"(?P<a>{_N})\s*(?:(?P<unit_a>{_UNIT})(?![a-z]))?"
    rf"(?:\s*(?:-|to|or|and|until|till)\s*(?P<b>{_N})\s*)?(?P<plus>\+)?\s*"
    rf"(?:(?P<unit_b>{_UNIT})(?![a-z]))?\s*(?P<plus_b>\+|or more|or longer|plus)?\s*(?P<ish>ish|or so)?"
    r"(?P<words>[^\d]*)$"
)
_WORDS_FIRST = re.compile(rf"^(?P<words>[^\d~≈<>≤≥+]+?)[\s:=(-]+(?P<rest>(?:{_N}).*?)\)?$")


@dataclass(frozen=True)
class Quantity:
    """What a text says.

    Attributes
    ----------
    low, high : float
        The same where one number is given.
    bound : {"", "more", "less"}
        More or less than the number.
    about : bool
    out_of : int or None
        The end of a scale that is named: 7/10.
    unit : str
        As written, lower case; blank where none is.
    words : str
        What stands beside the number.
    comma : bool
        Whether the number was written with a decimal comma.
    """

    low: float
    high: float
    bound: Literal["", "more", "less"] = ""
    about: bool = False
    out_of: int | None = None
    unit: str = ""
    words: str = ""
    comma: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is one number, neither a bound nor about."""
        return self.low == self.high and not self.bound and not self.about


def plain_text(text: str) -> str:
    """A text to compare: lower case, one blank between words, dashes as hyphens, no full stop at the end."""
    plain = text.casefold().translate(_DASHES)
    return " ".join(plain.split()).rstrip(".!") if plain.strip() not in (".", "!") else plain.strip()


_DASHES = str.maketrans(dict.fromkeys("–—−‐‑", "-") | {"’": "'", "‘": "'", "“": '"', "”": '"', "\xa0": " "})


def quantity(text: str) -> Quantity | None:
    """Read a quantity; None where the text is none.

    Examples
    --------
    >>> quantity("1-2 d")
    Quantity(low=1.0, high=2.0, bound='', about=False, out_of=None, unit='d', words='', comma=False)
    >>> quantity("7 - severe").words, quantity("severe (7)").low, quantity("about a day").about
    ('severe', 7.0, True)
    >>> quantity("several") is None
    True
    """
    plain = re.sub(r"^[x×]\s*(\d+)$", r"\1 x", _with_digits(plain_text(text)))
    if _THOUSANDS.search(plain) or _DATE.search(plain):
        return None
    out_of = _OUT_OF.search(plain)
    plain = " ".join(_OUT_OF.sub(" ", plain).split())
    found = _QUANTITY.match(plain)
    words = ""
    if not found and (other := _WORDS_FIRST.match(plain)):
        found, words = _QUANTITY.match(other["rest"].strip()), other["words"]
    if not found:
        return None
    low, high = _float(found["a"]), _float(found["b"] or found["a"])
    if high < low:
        return None
    more = found["more"] or found["plus"] or found["plus_b"]
    return Quantity(
        low,
        high,
        "more" if more else "less" if found["less"] else "",
        about=bool(found["about"] or found["ish"]),
        out_of=int(out_of[1]) if out_of else None,
        unit=(found["unit_b"] or found["unit_a"] or ""),
        words=f"{words} {found['words']}".strip(" ,;:.-()=/?!") + ("?" if "?" in found["words"] else ""),
        comma="," in found["a"] + (found["b"] or ""),
    )


def _with_digits(plain: str) -> str:
    for pattern, digits in _FRACTIONS:
        plain = re.sub(pattern, digits, plain)
    return re.sub(r"\b[a-z]+\b", lambda word: str(_NUMBER_WORDS.get(word[0], word[0])), plain)


def _float(text: str) -> float:
    return float(text.replace(",", "."))
