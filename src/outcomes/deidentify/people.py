"""Whether texts name people.

Comes in: distinct texts of a column (an Arrow array), what the column is for, and how many patients there are. Goes
out: yes or no. Most names are in no list, so lists decide little. What decides is the shape (up to six words, in any
script) of texts that are not made of ordinary words, and how many there are: one per patient is a list of names, five
for a hundred patients are labels. A single name among codes is recognized by the list of first names, or by its script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from outcomes.record.columns import COLUMNS
from outcomes.record.reference import read_reference

__all__ = [
    "Crowd",
    "clues",
    "could_be_a_name",
    "is_ordinary",
    "names_people",
    "names_people_alone",
    "words_of_name",
]

MOST_WORDS = 7
FEWEST = 5
"""A column must hold so many different texts for their number to say anything."""
_SHARE = 0.7
_LOOKED_AT = 20_000
_TITLES = frozenset(
    [
        "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "herr", "frau", "dipl", "ing", "med", "phd",
        "md", "dds", "jr", "sr", "sra", "srta", "don", "doña", "dott", "ssa", "sig", "mme", "mlle", "pan", "pani",
        "bsc", "msc",
    ]
)  # fmt: skip
_PARTICLES = frozenset(
    [
        "van", "von", "der", "de", "den", "di", "da", "dos", "das", "del", "della", "la", "le", "el", "al", "bin",
        "ibn", "ben", "ter", "ten", "zu", "op", "t", "st", "abu", "ap",
    ]
)  # fmt: skip
_LATIN_LETTER = "A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f"
_OTHER_LETTER = "\u0370-\u1dff\u1f00-\u1fff\u2e80-\ud7ff\uf900-\ufdff\ufe70-\ufefc\U00020000-\U0003ffff"
_ANOTHER_SCRIPT = re.compile(f"[{_OTHER_LETTER}][{_OTHER_LETTER} .,'’·・\u200c\u200d-]{{,39}}")
"""Letters and marks of any script but Latin; Greek and Cyrillic among them."""
_LATIN = re.compile(f"[{_LATIN_LETTER}][{_LATIN_LETTER}'’´`. ,()-]*")
_ANY_LETTER = _LATIN_LETTER + _OTHER_LETTER
_APART = re.compile(
    rf"[{_ANY_LETTER}][{_ANY_LETTER}'’´`.-]*[ ,][{_ANY_LETTER}'’´`. ,()-]*|[A-Z]\.[A-Z][{_ANY_LETTER}'’-]+"
)
_ONE_WORD = re.compile(f"[{_ANY_LETTER}][{_ANY_LETTER}'’]{{2,}}")
_JOINED = re.compile(f"[{_ANY_LETTER}]{{2,}}(?:[._-][{_ANY_LETTER}]+){{1,3}}|(?:[A-ZÀ-Þ][a-zß-ÿ]+){{2,3}}")
_INITIALED = re.compile(f"(?:[A-Z]\\. ?){{1,2}}[A-ZÀ-Þ][{_ANY_LETTER}'’-]+$")
_NUMBER_BEHIND = re.compile(rf"(?<=[{_ANY_LETTER}]{{2}})[ #-]*\d{{1,3}}$")


@dataclass(frozen=True)
class Crowd:
    """How many a column's texts are for.

    Attributes
    ----------
    rows : int
        Rows that are filled in.
    patients : callable
        Counts the patients in the table; None where no column says.
    """

    rows: int
    patients: Callable[[], int | None] = lambda: None

    def one_each(self, distinct: int) -> bool:
        """Whether so many different texts are about one per patient."""
        if distinct < FEWEST:
            return False
        patients = self.patients()
        if patients is None:
            return distinct >= 20 and distinct >= 0.2 * min(self.rows, 2_000)
        return distinct >= 0.5 * min(patients, 2_000)


# --- words ------------------------------------------------------------------------------------------------------


@cache
def clues(clue: str) -> frozenset[str]:
    """Words that say that a text names no person ("no person"), or that it is prose ("sentence")."""
    return frozenset(row["word"] for row in read_reference("identifier_clues") if row["clue"] == clue)


@cache
def _listed(table: str) -> frozenset[str]:
    column = "word" if table == "ordinary_words" else "name"
    return frozenset(row[column] for row in read_reference(table))


@cache
def _clinical() -> frozenset[str]:
    """Words of muscles, conditions, movements and questionnaires, and of every code of the record."""
    texts = [row["muscles"] for row in read_reference("muscles")]
    texts += [row["label"] + " " + row["condition"] for row in read_reference("conditions")]
    texts += [row["label"] for name in ("movements", "questionnaires") for row in read_reference(name)]
    texts += [code for c in COLUMNS for code in c.values]
    return frozenset(re.findall(r"[a-z]{3,}", " ".join(texts).replace("_", " ").lower()))


@cache
def is_ordinary(word: str) -> bool:
    """Whether a word (lower case) is an ordinary or a clinical one, in the singular or with an English ending.

    Examples
    --------
    >>> is_ordinary("herons"), is_ordinary("trapezius"), is_ordinary("gonzalez")
    (True, True, False)
    """
    known = _listed("ordinary_words") | _clinical() | clues("no person")
    endings = ("", "s", "es", "ed", "ing", "ly", "ness")
    stems = [word.removesuffix(ending) for ending in endings if word.endswith(ending)]
    return (len(word) < 2 and word < "\u0370") or any(
        stem in known or (stem != word and stem + "e" in known) for stem in stems
    )


def words_of_name(text: str) -> list[str]:
    """Words of a text, lower case, without titles, degrees, particles and what stands in brackets.

    Examples
    --------
    >>> words_of_name("Lee, Ann (Dr.)"), words_of_name("J. Doe")
    (['lee', 'ann'], ['j', 'doe'])
    """
    plain = unicodedata.normalize("NFC", re.sub(r"\([^)]*\)", " ", text)).lower()
    words = [word.strip("-'’´`") for word in re.split(r"[\s,._]+|(?<=\w)[-·・](?=\w)", plain)]
    return [word for word in words if word and word not in _TITLES | _PARTICLES]


def could_be_a_name(words: list[str]) -> bool:
    """Whether a few words name somebody as far as the words themselves say."""
    if not 1 <= len(words) <= MOST_WORDS or clues("no person") & set(words):
        return False
    return any(not is_ordinary(word) for word in words)


def _is_known(words: list[str]) -> bool:
    """A first name in the first or second place, and at least one word that is no ordinary one."""
    if len(words) < 2 or not could_be_a_name(words) or set(words) & _clinical():
        return False
    first = _listed("first_names")
    strange = [word for word in words if len(word) > 1 and not is_ordinary(word)]
    named = [word for word in words[:2] if word in first]
    return bool(named) and (len(strange) > 1 or strange[0] not in named or words[-1] in _listed("surnames"))


# --- texts -------------------------------------------------------------------------------------------------------


def names_people(texts: Any, sample: Any, role: str, crowd: Crowd) -> bool:
    """Whether a column's texts name people.

    Parameters
    ----------
    texts : pyarrow.StringArray
        Distinct texts that could be names: those that pass the screen of :mod:`outcomes.deidentify.texts`.
    sample : pyarrow.StringArray
        Distinct texts of rows evenly spread.
    role : {"id", "place", "code", "tag", "number", "other"}
    crowd : Crowd
    """
    if role == "place":
        return False
    some, spread = _unnumbered(texts), _unnumbered(sample)
    if role == "id":
        return _among_ids(some, spread)
    if role == "tag" and _among_tags(some, spread):
        return True
    return _among_labels(some, spread) or _one_per_patient(spread, crowd) or _surnames(spread)


def _unnumbered(texts: Any) -> list[str]:
    """Texts without a number behind them: ``Ann Lee 2``."""
    plain = (_NUMBER_BEHIND.sub("", text) for text in texts.slice(0, _LOOKED_AT).to_pylist())
    return list(dict.fromkeys(plain))


def _matching(texts: list[str], pattern: re.Pattern[str]) -> list[str]:
    return [text for text in texts if pattern.fullmatch(text)]


def _among_ids(texts: list[str], sample: list[str]) -> bool:
    """A pseudonym is no name: two strange words, or letters of another script, are."""
    strange = [text for text in _matching(texts, _ANOTHER_SCRIPT) if could_be_a_name(words_of_name(text))]
    if len(strange) >= 3 or any(len(text) > 1 for text in strange):
        return True
    initialed = [
        text for text in texts if _INITIALED.match(text) and not clues("no person") & set(words_of_name(text))
    ]
    return bool(initialed) or _names_apart(texts) or _joined_names(sample) or _single_words(sample)


def _names_apart(texts: list[str]) -> bool:
    """Ids of several words: mostly strange ones, or a single name."""
    apart = [words for words in map(words_of_name, _matching(texts, _APART)) if len(words) > 1]
    strange = sum(map(could_be_a_name, apart))
    return strange > 0.5 * len(apart) or _single_name(apart, _all_strange)


def _single_name(several: list[list[str]], else_by: Callable[[list[str]], bool]) -> bool:
    """Whether one of several ids is a name: by both lists where the others are made of words, such as "blue heron"."""
    names = [words for words in several if could_be_a_name(words)]
    if len(several) - len(names) < 3:
        return any(_is_known(words) or else_by(words) for words in names)
    first, last = _listed("first_names"), _listed("surnames")
    return any(_all_strange(words) and words[0] in first and words[-1] in last for words in names)


def _all_strange(words: list[str]) -> bool:
    """Whether no word is an ordinary one: "blue axolotl" has one, a name seldom."""
    return len(words) > 1 and not any(map(is_ordinary, words))


def _joined_names(sample: list[str]) -> bool:
    """Names joined by a point, a line or a capital: a known one, or many whose first words differ."""
    joined = [words_of_name(_HIDDEN_GAP.sub(" ", text)) for text in _matching(sample, _JOINED)]
    names = [words for words in joined if could_be_a_name(words) and all(map(_pronounceable, words))]
    varied = len({words[0] for words in names}) >= 0.5 * len(names)  # "site_alpha, site_beta" share theirs
    return (len(names) >= max(3, _SHARE * len(sample)) and varied) or _single_name(joined, lambda _: False)


_HIDDEN_GAP = re.compile("(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|[._-]")


def _single_words(sample: list[str]) -> bool:
    """Ids of one word each: first names or surnames, known or strange; ``RedFox`` is made of ordinary ones."""
    words = [text.lower() for text in sample]
    if not words:
        return False
    known = sum(word in _listed("first_names") or word in _listed("surnames") for word in words)
    if known >= 0.5 * len(words) and known > sum(map(is_ordinary, words)):
        return True
    single = [text for text in _matching(sample, _ONE_WORD) if _pronounceable(text.lower())]
    strange = [
        text for text in single if not all(map(is_ordinary, _HIDDEN_GAP.sub(" ", text).lower().split()))
    ]
    return len(words) >= 3 and len(strange) >= 0.8 * len(words)


def _pronounceable(word: str) -> bool:
    """Whether a word has vowels where a spoken one has them; ``XKQZ`` is a code. Other scripts pass."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if not plain.isascii() or len(plain) < 2:
        return True
    return bool(re.search("[aeiouy]", plain)) and not re.search("[^aeiouy'’-]{5}", plain)


def _among_tags(texts: list[str], sample: list[str]) -> bool:
    """A text of strange words with capitals, where tags are short codes."""
    shaped = [text for text in texts if _APART.fullmatch(text) and _capitals(text)]
    names = [
        text for text in shaped if _all_strange(words_of_name(text)) and could_be_a_name(words_of_name(text))
    ]
    return 0 < len(names) <= max(1, 0.2 * len(sample))


def _among_labels(texts: list[str], sample: list[str]) -> bool:
    """A known first name beside a strange word, with capitals; or a name in a script that the others are not in."""
    if any(_capitals(text) and _is_known(words_of_name(text)) for text in _matching(texts, _LATIN)):
        return True
    if len(_matching(sample, _ANOTHER_SCRIPT)) > 0.5 * len(sample):
        return False
    return any(could_be_a_name(words_of_name(text)) for text in _matching(texts, _ANOTHER_SCRIPT))


def _capitals(text: str) -> bool:
    return all(word[:1].isupper() or word in _PARTICLES for word in re.findall(r"[^\W\d_]{2,}", text))


def _one_per_patient(sample: list[str], crowd: Crowd) -> bool:
    """Mostly texts shaped like names and not made of ordinary words, about one for each patient."""
    shaped = [*_matching(sample, _LATIN), *_matching(sample, _ANOTHER_SCRIPT)]
    if len(shaped) < _SHARE * len(sample) or not crowd.one_each(len(sample)):
        return False
    several = [words_of_name(text) for text in shaped]
    strange = sum(could_be_a_name(words) and any(map(_pronounceable, words)) for words in several)
    listed = sum(_is_listed(words) and not could_be_a_name(words) for words in several)
    return strange + listed >= _SHARE * len(sample) and strange >= 0.4 * len(sample)


def _is_listed(words: list[str]) -> bool:
    """Whether a single word is a name as well: Brown, King, Rose."""
    return len(words) == 1 and (words[0] in _listed("surnames") or words[0] in _listed("first_names"))


def _surnames(sample: list[str]) -> bool:
    """A few surnames by themselves: known ones, with capitals, three or more."""
    known = [text for text in sample if text[:1].isupper() and text.lower() in _listed("surnames")]
    return len([name for name in known if not is_ordinary(name.lower())]) >= max(3, 0.6 * len(sample))


def names_people_alone(texts: list[str]) -> bool:
    """Whether at least half of some labels are single words that are names as well: Baker, King, Rose."""
    return bool(texts) and sum(_is_listed(words_of_name(text)) for text in texts) >= 0.5 * len(texts)
