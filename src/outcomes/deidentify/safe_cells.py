"""Cells that may stay in a de-identified table: numbers, codes, and texts that several patients share.

Comes in: a column of raw text and the patient of each row. Goes out: the same column with every other cell missing. A
text that five patients share can name none of them, and yet be a town, a postcode or a surname: beyond the record only
ordinary words stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from outcomes.deidentify.identifiers import words_of
from outcomes.deidentify.numbers import MEASURES
from outcomes.deidentify.people import Crowd, is_ordinary, names_people_alone
from outcomes.deidentify.texts import kinds_of_texts
from outcomes.files.columns import by_distinct
from outcomes.record.columns import ACTIVITIES, Column, plain_spelling
from outcomes.record.muscles import muscle_code

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHARED_BY", "could_be_codes", "numbers_only", "shared_codes", "shared_texts"]

SHARED_BY = 5
"""Patients who must share a text for it to stay."""
_NUMBER = re.compile(r"^[-+]?(\d*)(?:[.,]\d{0,20})?$")
_FLAGS = frozenset(["true", "false", "yes", "no", "y", "n", "1", "0", "t", "f"])


def numbers_only(cells: pd.Series, *, digits: int = 6) -> pd.Series:
    """Numbers as numbers; text that is none, or has more digits before the point, as missing.

    A column with decimal commas stays text, for the check of the records to name.
    """
    import pandas as pd

    fits = {text: _is_number(text, digits) for text in cells.dropna().unique()}
    kept: pd.Series = cells.where(cells.isin([text for text, fit in fits.items() if fit]))
    if any("," in text for text, fit in fits.items() if fit):
        return kept.astype("str")
    return by_distinct(kept, lambda texts: pd.to_numeric(texts).astype("float64"))


def could_be_codes(name: str, cells: pd.Series) -> bool:
    """Whether half of a column are whole numbers of four digits or more, and its heading does not say of what."""
    there = cells.dropna()
    return bool(there.str.fullmatch(r"\d{4,}(?:\.0*)?").mean() >= 0.5) and not MEASURES & set(words_of(name))


def _is_number(text: str, digits: int) -> bool:
    found = _NUMBER.match(text)
    return bool(found) and any(c.isdigit() for c in text) and len(found[1] if found else "") <= digits


def shared_codes(c: Column, cells: pd.Series, patients: pd.Series) -> pd.Series:
    """A coded column of the record: its codes, and other texts only where several patients share them.

    Parameters
    ----------
    c : Column
    cells : pandas.Series
        Raw text.
    patients : pandas.Series
        Patient of each row.

    Returns
    -------
    pandas.Series
        Text; of ``;``-separated codes those that may stay. A rare ``activity`` becomes ``other``.
    """
    import pandas as pd

    known = _known(c)
    if c.name == "muscles":
        codes = {
            text: ";".join(dict.fromkeys(map(muscle_code, _parts(text)))) for text in cells.dropna().unique()
        }
        return cells.map(codes, na_action="ignore").astype("str")
    if c.kind != "tags":
        shared = _stay(cells, patients, known)
        if c.kind == "tag":
            shared = [text for text in shared if plain_spelling(text) in known or _is_plain(text)]
        stay = {value: plain_spelling(value) if plain_spelling(value) in known else value for value in shared}
        kept = cells.map(stay, na_action="ignore")
        return _rare_activity(c, cells, kept.astype("str"))
    once = ~pd.DataFrame({"cells": cells, "patients": patients}).duplicated()
    parts = cells[once].str.split(r"\s*[;|]\s*", regex=True).explode()
    parts = parts[parts.notna() & (parts != "")]
    stay = {
        value: plain_spelling(value) if plain_spelling(value) in known else value
        for value in _stay(parts, patients.reindex(parts.index), known)
        if plain_spelling(value) in known or _is_plain(value)
    }
    whole = {text: _tags(text, stay) for text in cells.dropna().unique()}
    return cells.map(whole, na_action="ignore").astype("str")


def _tags(text: str, stay: dict[str, str]) -> str | None:
    parts = [stay[part] for part in _parts(text) if part in stay]
    return ";".join(dict.fromkeys(parts)) or None


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s*[;|]\s*", text) if part]


def shared_texts(name: str, cells: pd.Series, patients: pd.Series) -> pd.Series:
    """A column beyond the record: texts that several patients share, where nearly all of them are ordinary words.

    Parameters
    ----------
    name : str
        Its heading: under "Diagnosis code" a short code may stay, under "area" it may be a postcode.
    cells, patients : pandas.Series
        Raw text, and the patient of each row.
    """
    shared = _stay(cells, patients, frozenset())
    coded = bool(set(words_of(name)) & _CODED)
    plain = [text for text in shared if _is_plain(text) or (coded and _SHORT_CODE.match(text))]
    if len(plain) < 0.8 * len(shared) or names_people_alone(plain):
        plain = []
    return cells.where(cells.isin(plain)).astype("str")


_CODED = frozenset(
    ["code", "codes", "icd", "icd10", "dx", "diagnosis", "cpt", "grade", "level", "arm", "group", "stage"]
)
_SHORT_CODE = re.compile(r"^[A-Za-z]{0,2}\d{1,3}(?:\.\d{1,3})?[A-Za-z]?$|^[A-Za-z]$")


def _is_plain(text: str) -> bool:
    """Whether a text is made of ordinary and clinical words, single letters and numbers of two digits."""
    words = re.findall(r"[^\W_]+", text.lower())
    return bool(words) and all(is_ordinary(word) or re.fullmatch(r"[a-z]|\d{1,2}", word) for word in words)


def _known(c: Column) -> frozenset[str]:
    if c.kind == "flag":
        return _FLAGS
    if c.name == "activity":
        return frozenset(ACTIVITIES)
    return frozenset(c.values)


def _rare_activity(c: Column, cells: pd.Series, kept: pd.Series) -> pd.Series:
    return kept.where(kept.notna() | cells.isna(), "other") if c.name == "activity" else kept


def _stay(cells: pd.Series, patients: pd.Series, known: frozenset[str]) -> list[str]:
    """Distinct texts that may stay."""
    import pyarrow as pa

    shared = patients.groupby(cells).nunique()
    candidates = [
        str(text) for text, n in shared.items() if n >= SHARED_BY and plain_spelling(str(text)) not in known
    ]
    whole = pa.array(candidates, pa.string())
    if kinds_of_texts(whole, whole, "code", Crowd(len(whole))):
        candidates = [text for text in candidates if not _alone(text)]
    return [*candidates, *(str(text) for text in shared.index if plain_spelling(str(text)) in known)]


def _alone(text: str) -> list[str]:
    import pyarrow as pa

    one = pa.array([text], pa.string())
    return kinds_of_texts(one, one, "code", Crowd(1))
