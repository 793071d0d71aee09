"""What the pages' words mean, and how each page is worked out: said once, linked from where the words stand.

Comes in: the HTML of a page. Goes out: the same, its first mention of each word a link to the page of words. Words are
in `reference/glossary.csv`, methods in `reference/methods.csv`; headings, tables and links are left as they are.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from outcomes.record.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outcomes.pages.export import Exported

__all__ = ["FILE", "linked", "method_of", "methods", "words"]

FILE = "words.html"
"""The page of words and methods."""
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_PROSE = {"p", "li", "dd"}
_LEFT_ALONE = {
    "a",
    "h1",
    "h2",
    "h3",
    "summary",
    "table",
    "style",
    "footer",
    "nav",
    "strong",
    "label",
    "header",
}
_BODY = re.compile(r'(?s)(<main id="content">)(.*)(</main>)')


@cache
def words() -> tuple[dict[str, str], ...]:
    """The words in the order they are read: ``anchor``, ``term``, ``spoken``, ``meaning``."""
    return tuple(read_reference("glossary"))


@cache
def _methods() -> dict[str, dict[str, str]]:
    """The methods by page: ``page``, ``method``, ``chapter``."""
    return {row["page"]: row for row in read_reference("methods")}


def method_of(page: str) -> str:
    """How a page is worked out, in a sentence or two; nothing of a page that is not known."""
    return _methods().get(page, {"method": ""})["method"]


def methods(pages: Sequence[Exported]) -> list[dict[str, str]]:
    """How each page of an export is worked out, with its chapter in the project's documentation."""
    known = [(page, _methods()[page.name]) for page in pages if page.name in _methods()]
    return [
        {"name": page.name, "file": page.file, "title": page.title, "method": row["method"],
         "chapter": f"docs/methods/{row['chapter']}"}
        for page, row in known
    ]  # fmt: skip


@cache
def _spoken() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Anchor and pattern of every word; longer ways of saying it first, as they stand in the table."""
    found = []
    for row in words():
        ways = "|".join(re.escape(way) for way in row["spoken"].split("|"))
        found.append((row["anchor"], re.compile(rf"(?<!\w)(?:{ways})(?!\w)", re.IGNORECASE)))
    return tuple(found)


def linked(html: str) -> str:
    """A page with the first mention of each word in its prose linked to what the word means.

    Parameters
    ----------
    html : str
        A whole page, its text within ``<main id="content">``.
    """
    found = _BODY.search(html)
    if not found:
        return html
    return f"{html[: found.start(2)]}{_with_links(found[2])}{html[found.end(2) :]}"


def _with_links(body: str) -> str:
    open_tags: list[str] = []
    left = dict(_spoken())
    parts = _TAG.split(body)
    for place, part in enumerate(parts):
        if part.startswith("<"):
            _note(part, open_tags)
        elif left and _PROSE.intersection(open_tags) and not _LEFT_ALONE.intersection(open_tags):
            parts[place] = _first_mentions(part, left)
    return "".join(parts)


def _note(tag: str, open_tags: list[str]) -> None:
    """Keep account of the tags a text stands in."""
    found = _NAME.match(tag)
    if not found or tag.endswith("/>"):
        return
    name = found[1].lower()
    if not tag.startswith("</"):
        open_tags.append(name)
    elif name in open_tags:
        del open_tags[len(open_tags) - 1 - open_tags[::-1].index(name) :]


def _first_mentions(text: str, left: dict[str, re.Pattern[str]]) -> str:
    """The text with a link at each word not met before; mentions do not overlap."""
    met: list[tuple[int, int, str]] = []
    for anchor, pattern in left.items():
        found = pattern.search(text)
        if found and all(found.end() <= start or end <= found.start() for start, end, _ in met):
            met.append((found.start(), found.end(), anchor))
    for start, end, anchor in sorted(met, reverse=True):
        del left[anchor]
        text = f'{text[:start]}<a class="word" href="{FILE}#{anchor}">{text[start:end]}</a>{text[end:]}'
    return text
