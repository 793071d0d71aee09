"""The English of the demo's pages: short sentences, plain words, no cause claimed, nothing said twice.

Numbers are read as one short word. What stands in parentheses (an interval, who it rests on, a source) is not counted
towards the length of a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import textstat
from bs4 import BeautifulSoup

from outcomes.words import causal_claims

BANNED = re.compile(
    r"\b(foret(?:ell|old)\w*|reckon\w*|fare[ds]?|hang(?:s|ing)? on|drawn by lot|the missing"
    r"|regression to the mean alone|withheld|chance alone would|utili[sz]e|pathomechan\w*)\b",
    re.IGNORECASE,
)
OWNERS_WORDS, WORDS = 20, 30
OWNERS_GRADE, GRADE = 9.0, 12.0


@cache
def _paragraphs(path: Path) -> tuple[str, ...]:
    """What a page says in sentences: no table, no navigation, no list of files."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for other in soup.select("style, nav, footer, table, pre, .files, a.anchor-link"):
        other.decompose()
    leaves = [tag for tag in soup.find_all(["p", "li", "dd"]) if not tag.find(["p", "li", "dd"])]
    return tuple(text for tag in leaves if (text := " ".join(tag.get_text(" ").split())))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])[”\"]?\s+(?=[A-Z“0-9])", text)


def _words(sentence: str) -> int:
    return len(re.sub(r"\([^()]*\)", "", sentence).split())


def _grade(paragraphs: tuple[str, ...]) -> float:
    text = " ".join(text if text[-1] in ".!?" else f"{text}." for text in paragraphs)
    plain = re.sub(r"[−-]?\d[\d.,:–/]*%?", "ten", text)
    return float(textstat.flesch_kincaid_grade(re.sub("[“”]", "", plain)))


@pytest.fixture(scope="module")
def pages(demo) -> dict[str, tuple[str, ...]]:
    found = {path.stem: _paragraphs(path) for path in sorted(demo.glob("*.html"))}
    assert len(found) > 20
    assert all(found.values())
    return found


def _of_owners(name: str) -> bool:
    return name == "index" or name.startswith("condition_")


def test_sentences_are_short(pages) -> None:
    long = {
        name: [
            s
            for text in texts
            for s in _sentences(text)
            if _words(s) > (OWNERS_WORDS if _of_owners(name) else WORDS)
        ]
        for name, texts in pages.items()
    }
    assert {name: said for name, said in long.items() if said} == {}


def test_reading_grade(pages) -> None:
    grades = {name: _grade(texts) for name, texts in pages.items()}
    hard = {
        name: grade for name, grade in grades.items() if grade > (OWNERS_GRADE if _of_owners(name) else GRADE)
    }
    assert hard == {}
    assert min(grades.values()) > 2  # a grade, not an error


def test_no_page_uses_a_word_that_has_a_plainer_one(demo) -> None:
    found = {}
    for path in demo.glob("*.html"):
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for style in soup.select("style"):
            style.decompose()
        found[path.stem] = BANNED.findall(soup.get_text(" "))
    assert len(found) > 20
    assert {name: words for name, words in found.items() if words} == {}


def test_percent_signs_stand_at_their_number(demo) -> None:
    texts = {path.name: path.read_text("utf-8") for path in demo.glob("*.html")}
    assert sum(len(re.findall(r"\d%", text)) for text in texts.values()) > 500
    assert {
        name: found for name, text in texts.items() if (found := re.findall(r"\d[ \u00a0]%[^;]", text))
    } == {}


def test_no_sentence_claims_a_cause(pages) -> None:
    assert {name: said for name, texts in pages.items() if (said := causal_claims(" ".join(texts)))} == {}


def test_a_figure_and_its_interval_are_said_once(pages) -> None:
    figure = re.compile(r"[−\d.]+%? (?:points )?(?:lower |higher )?\((?:\d+%; )?95% CI [^;)]*")
    twice = {}
    for name, texts in pages.items():
        # the same on the card to hand out and among all figures; claims are of different things that may agree
        if not name.startswith("condition_") and name != "09_claims":
            counted = Counter(found for text in texts for found in figure.findall(text))
            twice[name] = [said for said, n in counted.items() if n > 1]
    assert len(twice) > 10
    assert {name: said for name, said in twice.items() if said} == {}
