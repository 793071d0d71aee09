"""A folder of pages in, the small groups that somebody could work out from it: read as a stranger reads it.

Written apart from the guard, and with no knowledge of the records: every number in every table, page, alternative text
and JSON file is taken for what it says, rounded as ``docs/privacy.md`` says numbers are rounded. Unknown are whole
numbers of patients and sessions, tied by what anybody knows: parts of a group add up to it, a stricter threshold is met
by fewer, no more are followed up than there are. Integer programming then asks of every group, and of what lies between
two of them, how few and how many it can be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outcomes.disclosure.deduced import Unknowns, deduced, number
from outcomes.disclosure.possible import WholeNumbers
from outcomes.disclosure.printed import plain_text, rows_of, tables_in, texts_in, wholes_in

__all__ = ["Finding", "attack", "attack_tables"]

LIMIT = 11
_COUNT = re.compile(r"(?P<before>\w+ \w+ )?(?<![\d.,–-])(?P<n>\d[\d,]*) (?P<unit>patient|session)s?\b")
_OPEN = ("than", "least", "most", "another", "every")


@dataclass(frozen=True)
class Finding:
    """A group that is known too well: where it was read, what it is, and how few and how many it can be."""

    tables: str
    what: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.tables}: {self.what} is {self.low:.0f} to {self.high:.0f}"


def attack(folder: Path, limit: int = LIMIT) -> list[Finding]:
    """Read every file of an export as a stranger and work out what small groups it gives away.

    Parameters
    ----------
    folder : Path
    limit : int
        Groups below it are to be unknown; what is known of one has to leave as many possibilities.

    Returns
    -------
    list of Finding
        Empty where nothing is given away.
    """
    tables = dict(tables_in(folder))
    found = [finding for path in texts_in(folder) for finding in _in_words(folder, path, limit)]
    return [*found, *attack_tables(tables, limit)]


def attack_tables(tables: Mapping[str, pd.DataFrame], limit: int = LIMIT) -> list[Finding]:
    """Work out what small groups a set of tables gives away; otherwise as :func:`attack`."""
    rows = [row for name, table in tables.items() for row in rows_of(name, table)]
    return _worked_out(deduced(rows, wholes_in(rows), limit), limit)


def _worked_out(unknowns: Unknowns, limit: int) -> list[Finding]:
    program = WholeNumbers(unknowns)
    wanted = [(w, terms, tables) for w, (terms, tables) in unknowns.wanted.items() if program.knows(terms)]
    weights = [program.row(terms) for _, terms, _ in wanted]
    low, high = program.pushed(weights, limit)
    found = []
    for at, (what, terms, tables) in enumerate(wanted):
        if low[at] < limit and high[at] - low[at] < limit - 1:
            least, most = program.range_of(terms)
            says_few = least <= 1 and most >= min(limit - 1, unknowns.most[what])
            if 0 < most < limit and most - least < limit - 1 and not says_few:
                found.append(Finding(", ".join(sorted(tables)), what, least, most))
    return found


def _in_words(folder: Path, path: Path, limit: int) -> Iterator[Finding]:
    """Small counts of patients or sessions in a text."""
    text = path.read_text("utf-8", errors="replace")
    text = json.dumps(json.loads(text), ensure_ascii=False) if path.suffix == ".json" else plain_text(text)
    for match in _COUNT.finditer(text):
        n, before = number(match.group("n")), (match.group("before") or "").split()
        said_openly = before and (before[-1] in _OPEN or (before[0].isdigit() and before[-1] == "in"))
        if 0 < n < limit and not said_openly:
            yield Finding(str(path.relative_to(folder)), f"“{match.group().strip()}”", n, n)
