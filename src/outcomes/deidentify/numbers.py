"""Whether numbers are somebody's: national numbers by their check digits, dates counted in days or seconds, postcodes.

Comes in: distinct numbers of a column, as text. Goes out: the kinds of identifier they look like. One number with a
check digit proves nothing (one in ten passes by chance), five of five do; a single one counts where its written form is
a national one as well (``943 476 5919``). Shapes, and the modules of python-stdnum that check them, stand in
``reference/check_digits.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from outcomes.record.reference import read_reference

__all__ = ["MEASURES", "dates_as_numbers", "lone_numbers", "numbers_with_check_digits", "postcodes"]

_SHARE, _FIRST, _MOST = 0.9, 20, 200
_FEWEST = 5
_FEWEST_SSN = 60
"""Nine in ten numbers of nine digits could be a social security number: so many must all be."""
MEASURES = frozenset(
    [
        "steps", "count", "counts", "dose", "income", "salary", "wage", "cost", "costs", "price", "charge", "amount",
        "fee", "time", "ms", "seconds", "minutes", "hours", "days", "watts", "force", "pressure", "score", "total",
        "sum", "volume", "weight", "height", "mass", "load", "kcal", "calories", "energy", "distance", "length",
        "depth", "frequency", "hz", "rate", "power", "torque", "platelets", "cells", "meters", "metres", "km", "miles",
        "grams", "mg", "kg", "g", "m", "emg", "amplitude", "mm2", "cm2",
    ]
)  # fmt: skip
"""Words of a heading that say what is counted or measured."""
_NUMBERED = frozenset(["index", "number", "no", "id", "code", "lot", "batch", "version", "value"])
"""Words of a heading that say what is numbered: with those above, five digits under it are no postcode."""


@dataclass(frozen=True)
class _CheckedNumber:
    """A kind of number that carries a check digit, or a shape that nothing else has."""

    kind: str
    module: str
    shape: re.Pattern[str]
    alone: re.Pattern[str] | None
    digits: int | None

    @property
    def valid(self) -> Callable[[str], bool]:
        """The check, loaded when it is first asked for."""
        return _checker(self.module)


@cache
def _checked_numbers() -> tuple[_CheckedNumber, ...]:
    return tuple(
        _CheckedNumber(
            row["kind"],
            row["module"],
            re.compile(row["shape"]),
            re.compile(row["alone"]) if row["alone"] else None,
            int(found[1]) if (found := re.fullmatch(r"(?:\[[^]]+\])?\\d\{(\d+)\}", row["shape"])) else None,
        )
        for row in read_reference("check_digits")
    )


@cache
def _checker(module: str) -> Callable[[str], bool]:
    own: dict[str, Callable[[str], bool]] = {
        "vin": _is_vin,
        "mbi": bool,
        "nino": bool,
        "npi": _is_npi,
        "tw": _is_taiwanese,
    }
    if module in own:
        return own[module]
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return check


def numbers_with_check_digits(texts: Sequence[str]) -> list[str]:
    """Kinds of number that nearly all of the texts are, by shape and check digit.

    Parameters
    ----------
    texts : sequence of str
        Distinct texts. Zeros that a spreadsheet has taken from the front are put back.

    Examples
    --------
    >>> nhs = ["341 672 1101", "684 038 8549", "214 304 4321", "445 195 6838", "237 418 4048"]
    >>> numbers_with_check_digits(nhs), numbers_with_check_digits([number + "7" for number in nhs])
    (['record number'], [])
    """
    some = list(texts[:_MOST])
    if len(some) < _FEWEST:
        return []
    plain = [_compact(text) for text in some]
    return list(dict.fromkeys(number.kind for number in _checked_numbers() if _mostly(number, some, plain)))


def _compact(text: str) -> str:
    return re.sub(r"[\s./-]", "", text).upper()


def _mostly(number: _CheckedNumber, texts: list[str], plain: list[str]) -> bool:
    """Whether the first twenty, and then all, are such numbers, up to one in ten: some are mistyped."""
    ssn = number.module == "us.ssn"
    if ssn and (len(texts) < _FEWEST_SSN or not _scattered(texts)):
        return False
    if number.digits and max((len(text) for text in plain if text.isdigit()), default=0) == number.digits:
        plain = [text.zfill(number.digits) if text.isdigit() else text for text in plain]
    both = list(zip(texts, plain, strict=True))  # the sign of a Finnish number is part of it
    return all(
        sum(any(_is_one(number, text) for text in written) for written in some)
        >= (1 if ssn else _SHARE) * len(some)
        for some in (both[:_FIRST], both)
    )


def _is_one(number: _CheckedNumber, text: str) -> bool:
    return bool(number.shape.fullmatch(text)) and number.valid(text)


def _scattered(texts: list[str]) -> bool:
    """Whether numbers lie far apart: those given out one after the other are no social security numbers."""
    numbers = [int(text) for text in texts if text.isdigit()]
    return bool(numbers) and max(numbers) - min(numbers) > 1_000 * len(numbers)


def lone_numbers(texts: Any) -> list[str]:
    """Kinds of number of which one, in its national form and with the right check digit, is enough.

    Where many texts have the form and most fail the check, they are codes that happen to look alike.

    Parameters
    ----------
    texts : pyarrow.StringArray
        Distinct texts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> lone_numbers(pa.array(["P001", "850709-9805"])), lone_numbers(pa.array(["P001", "850709-9806"]))
    (['ssn'], [])
    """
    import pyarrow.compute as pc

    alike = texts.filter(pc.match_substring_regex(texts, _alone())).slice(0, _MOST).to_pylist()
    return list(dict.fromkeys(number.kind for number in _checked_numbers() if _half_valid(number, alike)))


@cache
def _alone() -> str:
    return "|".join(number.alone.pattern for number in _checked_numbers() if number.alone)


def _half_valid(number: _CheckedNumber, texts: list[str]) -> bool:
    found = [text for text in texts if number.alone and number.alone.fullmatch(text)]
    return bool(found) and sum(number.valid(_compact(text)) for text in found) >= 0.5 * len(found)


# --- checks that python-stdnum lacks -------------------------------------------------------------------------------

_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)


def _is_vin(text: str) -> bool:
    """The ninth character of a vehicle's number is its check digit (49 CFR 565.15)."""
    total = sum(
        weight * (int(c) if c.isdigit() else _VIN_VALUES[c])
        for weight, c in zip(_VIN_WEIGHTS, text, strict=True)
    )
    return not text.isdigit() and text[8] == "0123456789X"[total % 11]


def _is_npi(text: str) -> bool:
    """A provider's number passes Luhn's check behind 80840 (45 CFR 162.406)."""
    from stdnum import luhn

    return bool(luhn.is_valid("80840" + text))


def _is_taiwanese(text: str) -> bool:
    """Letter as two digits, then weights 1, 9, 8 … 1, 1; the sum is a multiple of ten."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    digits = [letter // 10, letter % 10, *map(int, text[1:])]
    return sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0


# --- dates and postcodes -------------------------------------------------------------------------------------------


def dates_as_numbers(numbers: Sequence[float], role: str) -> bool:
    """Whether numbers are dates: seconds or milliseconds since 1970, or a workbook's days since 1899.

    Parameters
    ----------
    numbers : sequence of float
        Distinct ones.
    role : {"id", "place", "other", "number"}
        Days since 1899 have five digits and are asked for only in columns that are no ids.

    Examples
    --------
    >>> dates_as_numbers([1.71e9, 1.712e9, 1.715e9], "id")
    True
    >>> dates_as_numbers([45356.0, 45390.5, 45401.0, 45420.0, 45464.0], "other")
    True
    """
    least, most = min(numbers), max(numbers)
    far = most - least > 1_000 * len(numbers)
    if len(numbers) >= 3 and far and any(9e8 * unit <= least and most <= 2.2e9 * unit for unit in (1, 1_000)):
        return True
    if role in ("id", "place") or len(numbers) < _FEWEST:
        return False
    return least >= 29_221 and most <= 54_789 and (most - least > len(numbers))


def postcodes(texts: Sequence[str], heading: Sequence[str]) -> bool:
    """Whether whole numbers could be postcodes: of five digits (some of four, their zero lost) that no heading counts.

    Examples
    --------
    >>> postcodes(["02139", "60614", "94110", "73301", "10025"], ["area"])
    True
    >>> postcodes(["10200", "12950", "11080", "10400", "15300"], ["steps"])
    False
    """
    if len(texts) < _FEWEST or (MEASURES | _NUMBERED) & set(heading):
        return False
    five, four = (sum(bool(re.fullmatch(rf"\d{{{n}}}", text)) for text in texts) for n in (5, 4))
    return five >= 0.75 * len(texts) and five + four >= 0.97 * len(texts)
