"""What the texts of a column look like, by their shape.

Comes in: the distinct texts of a column (Arrow arrays) and what the column is for. Goes out: the kinds of identifier
they look like. Some shapes leave no doubt, and one text is enough (an e-mail address); of others most texts must have
the shape. Names are recognized in ``people.py``, numbers in ``numbers.py``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from outcomes.deidentify.numbers import lone_numbers, numbers_with_check_digits, postcodes
from outcomes.deidentify.people import Crowd, clues, is_ordinary, names_people

__all__ = ["MOST_OF_THEM", "ONE_IS_ENOUGH", "SCREEN", "kinds_of_texts"]

_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|"
    r"october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|"
    r"août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|"
    r"noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|março|"
    r"maio|junho|julho|setembro|outubro|novembro|dezembro|januari|februari|maart|mei|augustus|december)"
)
_M, _D, _Y = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])", r"(?:18|19|20)\d{2}"
_D1, _M1 = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_OTHER_ERA = r"(?:1[34]\d{2}|25\d{2})"  # the Persian, Islamic and Thai calendars
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_STREET = (
    r"(?:St|Ave|Rd|Ln|Dr|Blvd|Ct|Cir|Pl|Pkwy|Hwy|Sq|Ter|Trl|Way|Terrace|Close|Place|Court|Drive|Circle|Parkway|Highway|"
    r"Square|Trail|Loop|Row|Plaza|Crescent|Grove|Gardens|Mews|Alley|Crossing|Heights|Turnpike)"
)
_STREET_ANY_CASE = r"(?i:street|avenue|road|lane|boulevard|strasse)"
_STREET_BEFORE = (
    r"(?:rue|avenue|boulevard|chemin|impasse|allée|place|calle|avenida|av|plaza|paseo|camino|via|viale|piazza|corso|strada|"
    r"largo|rua|travessa|praça|ul|ulica|al|aleja|os|intrarea|bulevardul|jalan|jl|улица|ул|проспект|пр|бульвар|вул|вулиця|οδός)"
)
_STREET_JOINED = (
    r"(?:straße|strasse|str\.|weg|gasse|allee|platz|damm|ufer|laan|straat|plein|singel|gatan|vägen|gränd|vej|gade|"
    r"veien|vegen|gata|katu|kuja|polku|utca|útja|tér|sokak|caddesi)"
)
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY])"
)
_DAY_MONTH = rf"\d{{1,2}}(?:st|nd|rd|th|\.)?(?:[ ./,-]+|\s+de\s+){_MONTH}(?:[ ./,-]+|\s+de\s+)\d{{2,4}}"
_STREET_WORDS = r"\.? +(?:[\p{L}\p{M}.'’-]+,? +){1,5}(?:n[°ºr]?\.? ?)?\d{1,4}[a-z]?"
_ASIAN_STREET = (
    r"\p{Han}{2,}[市区區县縣郡町村].*(?:[路街道巷弄号號]|丁目|番地?|\d)|\p{Han}+[路街道巷弄]\p{L}{0,2}[座号號]"
    r"|\p{Hangul}+[시군구도] ?\p{Hangul}+[로길동읍면]"
)
_ZIP = r" +\d{5}(?:-\d{4})?"
_TOWN_STATE = rf"(?:^|, ?)[A-Z][A-Za-z.' -]+, {_STATE}(?:{_ZIP})?$|(?:^|[ ,]){_STATE}{_ZIP}$"
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
    ("date", rf"(?:^|\D){_Y}[-/.]{_M1}[-/.]{_D1}(?:$|\D)"),
    ("date", rf"(?:^|\D){_OTHER_ERA}/{_M1}/{_D1}(?:$|\D)|^{_D1}/{_M1}/{_OTHER_ERA}$"),
    ("date", r"\d{2,4} ?[年년] ?\d{1,2} ?[月월]"),
    ("date", rf"(?:^|[^0-9/]){_D1}/{_D1}/(?:{_Y}|\d{{2}})(?:$|[^0-9/])"),
    ("date", rf"(?:^|[^0-9.]){_D1}\. ?{_D1}\. ?{_Y}(?:$|[^0-9.])"),
    ("date", rf"(?i)(?:^|[^a-z0-9]){_DAY_MONTH}(?:$|\D)"),
    ("date", rf"(?i)(?:^|[^a-z0-9]){_MONTH}\.? +(?:\d{{1,2}}(?:st|nd|rd|th)?,? +)?{_Y}(?:$|\D)"),
    ("place", rf"(?:^|[^0-9A-Za-z])\d{{1,5}} +(?:[A-Z][A-Za-z.'-]* +)+{_STREET}(?:$|[^A-Za-z])"),
    ("place", rf"(?:^|[^0-9A-Za-z])\d{{1,5}} +(?:[A-Za-z.'-]+ +){{1,4}}{_STREET_ANY_CASE}(?:$|[^A-Za-z])"),
    ("place", rf"(?i)(?:^|[\s,\d]){_STREET_BEFORE}{_STREET_WORDS}(?:$|[\s,/-])"),
    ("place", rf"(?i)^\d{{1,4}}[a-z]?,? +(?:bis +)?{_STREET_BEFORE}\.? +[\p{{L}}\p{{M}}.'’ -]+"),
    ("place", rf"(?i)\p{{L}}{{2,}}[ -]?{_STREET_JOINED} +\d{{1,4}}[a-z]?(?:$|[\s,/.-])"),
    ("place", _ASIAN_STREET),
    ("place", _TOWN_STATE),
    ("place", r"^\d{5}-\d{4}$"),
    ("name", r"(?:^|[^\p{L}])(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Señora?|Mme|Mlle|Signora?)\.? +\p{Lu}"),
)  # fmt: skip
"""Kind and pattern (RE2): a single value that matches makes a finding, wherever it stands."""

_WITHOUT_DIGITS = tuple(
    (kind, pattern)
    for kind, pattern in ONE_IS_ENOUGH
    if kind in ("email", "url", "name") or pattern in (_TOWN_STATE, _ASIAN_STREET)
)

_ANY = frozenset({"id", "code", "number", "other"})
MOST_OF_THEM: tuple[tuple[str, str, float, frozenset[str]], ...] = (
    ("date", rf"(?:^|\D)(?:19|20)\d{{2}}{_M}{_D}(?:$|\D)", 0.5, _ANY),
    ("date", rf"(?:^|[^0-9-]){_D1}-{_D1}-{_Y}(?:$|[^0-9-])", 0.5, _ANY),
    ("date", rf"^{_D1}\. ?{_M1}\. ?\d{{2}}$", 0.5, _ANY),
    ("date", rf"^{_Y}-{_M}$", 0.9, frozenset({"other"})),
    ("place", r"^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$", 0.5, _ANY),
    ("place", r"^[A-Z]\d[A-Z] \d[A-Z]\d$", 0.5, _ANY),
    ("phone", r"^0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}$", 0.5, frozenset({"other"})),
    ("ssn", r"^\d{3} \d{2} \d{4}$", 0.5, frozenset({"id", "code", "other"})),
    ("other number", r"^\d{7,12}$", 0.8, frozenset({"other"})),
)  # fmt: skip
"""Kind, pattern, share of the distinct values that must match, and the roles of columns it is asked of."""

SCREEN = (
    r"[@/,:() ]|\+\d{4}|\.[A-Za-z]|\d[-.]\d{1,3}[-.]\d|\d[-.][A-Za-z]{3,9}[-.]\d|(?:[0-9A-Fa-f]{2}-){5}"
    r"|\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]|\d{5}-\d{4}|[^\x00-\x7F]|(?i:mrn|medrec|medicalrec|chart)"
)
"""What every text that ``ONE_IS_ENOUGH`` or a name could match holds: a quick look before the slow ones."""

_DIGITS = "٠-٩۰-۹०-९০-৯๐-๙０-９"
_YEAR = r"(?:19[1-9]|20[0-2])\d"
_INITIALS_AND_YEAR = re.compile(
    rf"(?i)^([a-z]\.?[a-z]\.?(?:[a-z]\.?)?)[-_ ]?(?:(?:[0-3]\d[01]\d)?({_YEAR})|({_YEAR})[01]\d[0-3]\d)$"
)


def kinds_of_texts(
    texts: Any, sample: Any, role: str, crowd: Crowd, *, heading: tuple[str, ...] = ()
) -> list[str]:
    """Kinds of identifier that a column's texts look like.

    Parameters
    ----------
    texts : pyarrow.StringArray
        Distinct texts; of a long column of ids those that match :data:`SCREEN` will do.
    sample : pyarrow.StringArray
        Distinct texts of rows evenly spread, for what must hold of most of them.
    role : {"id", "place", "code", "tag", "number", "other"}
        Ids of people; ids of clinics; the record's codes, closed lists and open ones; its numbers; any other column.
    crowd : Crowd
        How many rows and patients the texts are for.
    heading : tuple of str
        Words of the column's heading: "steps" counts something, "area" does not.
    """
    texts, sample = _plain_digits(texts), _plain_digits(sample)
    suspects = texts.filter(_matches(texts, SCREEN))
    asked = ONE_IS_ENOUGH if len(suspects) and _any(suspects, r"\d") else _WITHOUT_DIGITS
    found = [kind for kind, pattern in asked if len(suspects) and _any(suspects, pattern)]
    found += lone_numbers(texts)
    if len(sample) and _any(sample, r"\d{3}|\d[A-Z]|\d\. ?\d"):
        found += _kinds_of_most(sample, {"place": "id", "tag": "code"}.get(role, role), heading)
    if role == "other" and "place" not in found and _addresses(sample, crowd):
        found.append("place")
    if names_people(suspects, sample, role, crowd) or (
        role == "id" and _initials_and_year(sample.to_pylist())
    ):
        found.append("name")
    if role != "id" and len(suspects) and _prose(suspects, most=10 if role == "other" else 6):
        found.append("free text")
    return list(dict.fromkeys(found))


def _kinds_of_most(sample: Any, role: str, heading: tuple[str, ...]) -> list[str]:
    found = [
        kind
        for kind, pattern, share, roles in MOST_OF_THEM
        if role in roles and _share(sample, pattern) >= share
    ]
    if role == "id" and _phone_book(sample):
        found.append("phone")
    if _share(sample, r"\d.*\d.*\d.*\d.*\d.*\d") >= 0.9:
        found = [*numbers_with_check_digits(sample.to_pylist()), *found]
    if role == "other" and not found and postcodes(sample.to_pylist(), heading):
        found.append("place")
    return found


def _matches(texts: Any, pattern: str) -> Any:
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, pattern)


def _any(texts: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(_matches(texts, pattern)).as_py())


def _share(sample: Any, pattern: str) -> float:
    import pyarrow.compute as pc

    return float(pc.mean(_matches(sample, pattern)).as_py() or 0.0)


def _plain_digits(texts: Any) -> Any:
    """Digits of other scripts as 0 to 9."""
    import pyarrow as pa

    if not len(texts) or not _any(texts, f"[{_DIGITS}]"):
        return texts
    plain = ["".join(str(unicodedata.decimal(c, c)) for c in text) for text in texts.to_pylist()]
    return pa.array(plain, pa.string())


def _addresses(sample: Any, crowd: Crowd) -> bool:
    """Mostly a number beside a word that is no ordinary one (``7 Rue Haute``, ``Bergstr. 12``), one a patient."""
    numbered = sample.filter(_matches(sample, r"(?:^|[\s,])\d{1,6}(?:$|[\s,/A-Za-z-])")).to_pylist()
    if len(numbered) < 0.6 * len(sample) or not crowd.one_each(len(sample)):
        return False
    words = [re.findall(r"[^\W\d_]{3,}|[\u0900-\ud7ff]{2,}", text.lower()) for text in numbered]
    return sum(any(not is_ordinary(word) for word in some) for some in words) >= 0.6 * len(sample)


def _phone_book(sample: Any) -> bool:
    """Whether ids of ten digits are all valid North American numbers: by chance one id in three is not."""
    if len(sample) < 20 or _share(sample, r"^1?[2-9]\d{2}[2-9]\d{6}$") < 1:
        return False
    numbers = [int(text) for text in sample.to_pylist()]
    return max(numbers) - min(numbers) > 1_000 * len(numbers)


def _initials_and_year(ids: list[str]) -> bool:
    """Two or three letters and a year of birth (``JD1984``): most ids, with several different letters and years."""
    found = [match for text in ids if (match := _INITIALS_AND_YEAR.match(text))]
    letters, years = {match[1].lower() for match in found}, {match[2] or match[3] for match in found}
    return len(found) >= 0.5 * len(ids) and len(letters) >= max(3, 0.2 * len(found)) and len(years) >= 3


# --- free text ----------------------------------------------------------------------------------------------------


def _prose(texts: Any, most: int) -> bool:
    """Whether any text reads as prose: many words, or some words of which one makes a sentence."""
    long = texts.filter(
        _matches(texts, r"^\S+(?:\s+\S+){3}|[^ ]{81}|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{16}")
    )
    return any(
        _is_prose(part, most)
        for text in long.slice(0, 50_000).to_pylist()
        for part in re.split(r"[;|\n]", text)
    )


def _is_prose(text: str, most: int) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 4:
        return (len(text) > 120 and " " in text) or bool(
            re.search(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]{16}", text)
        )
    return (
        len(words) >= most
        or bool(clues("sentence") & set(words))
        or (text.rstrip()[-1:] in "!?." and len(words) >= 5)
    )
