"""Tables on a phone: one too wide for its screen becomes rows of label and value.

Comes in: a page with tables by great-tables. Goes out: the same page, in which every cell of a wide table knows what
its column is called, and every part of it what it is to a screen reader. The style sheet does the rest, on narrow
screens alone: on a desk and on paper such a table is what it was.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

__all__ = ["narrowed"]

PHONE = 320
"""Pixels a page has for a table on a screen of 360."""
CHARACTER, PADDING = 8.5, 12
"""Pixels that a character takes at the size of tables in a wide font, and that a cell adds."""
_TABLE = re.compile(r'<table [^>]*class="gt_table".*?</table>', re.DOTALL)
_PART = re.compile(r"<t([hd]) ([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_SAYS = re.compile(r'([\w-]+)="([^"]*)"')
ROLES = (
    (r'class="gt_table"', 'class="gt_table rows" role="table"'),
    (r"<(thead|tbody|tfoot)\b", r'<\1 role="rowgroup"'),
    (r"<tr\b", '<tr role="row"'),
    (r'<th (?=[^>]*scope="col)', '<th role="columnheader" '),
    (r'<th (?=[^>]*scope="row")', '<th role="rowheader" '),
    (r"<td\b", '<td role="cell"'),
)
"""What each part is: a table laid out as blocks is none to a screen reader unless its parts say so."""


def narrowed(page: str) -> str:
    """Mark the tables of a page that a phone has no room for.

    Examples
    --------
    >>> narrowed("<p>no table</p>")
    '<p>no table</p>'
    """
    return _TABLE.sub(lambda found: _marked(found[0]) if _width(found[0]) > PHONE else found[0], page)


def _marked(table: str) -> str:
    labels = {
        says["id"]: _text(said) for says, said in _parts(table) if says.get("scope", "").startswith("col")
    }

    def labelled(part: re.Match[str]) -> str:
        headers = dict(_SAYS.findall(part[2])).get("headers")
        label = f'data-label="{_label(headers, labels)}" ' if headers else ""
        return f"<t{part[1]} {label}{part[2]}>{part[3]}</t{part[1]}>"

    table = _PART.sub(labelled, table)
    for kind, marked in ROLES:
        table = re.sub(kind, marked, table)
    return table


def _parts(table: str) -> list[tuple[dict[str, str], str]]:
    """What the tag of every cell says of it, and the cell's text."""
    return [(dict(_SAYS.findall(tag)), said) for _, tag, said in _PART.findall(table)]


def _label(headers: str, labels: Mapping[str, str]) -> str:
    """What stands above a cell: the group of columns, where there is one, and the column."""
    return html.escape(", ".join(labels[place] for place in headers.split() if place in labels))


def _width(table: str) -> float:
    """Pixels that a table cannot do without: the longest word of every column."""
    words: dict[str, int] = {}
    for column, said in _by_column(table):
        longest = max(map(len, re.split(r"[ \n-]", _text(said))))
        words[column] = max(words.get(column, 0), longest)
    return sum(words.values()) * CHARACTER + len(words) * PADDING


def _by_column(table: str) -> Iterator[tuple[str, str]]:
    """Every cell with its column, and the head of the column; heads of rows stand in a column of their own."""
    parts = _parts(table)
    heads = {says["id"] for says, _ in parts if says.get("scope") == "col"}
    columns = {says["headers"].split()[-1] for says, _ in parts if says.get("headers")} or heads
    for says, said in parts:
        if says.get("headers"):
            yield says["headers"].split()[-1], said
        elif says.get("scope") == "row":
            yield "", said
        elif says.get("id") in columns:
            yield says["id"], said


def _text(said: str) -> str:
    """What HTML says, with the spaces that do not break."""
    return html.unescape(re.sub(r"<[^>]+>", "", said)).strip(" \n")
