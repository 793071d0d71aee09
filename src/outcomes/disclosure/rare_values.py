"""Sessions in, the same sessions without rare values out: joined with their neighbors, called other, or left blank.

``reference/rare_values.csv`` says which, column by column; a coded column it does not name is treated by its kind, so
that no column that comes later is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from outcomes.disclosure.coded import Coded, Whole, how_many, numbered
from outcomes.record.columns import COLUMNS, Column
from outcomes.record.conditions import TOGETHER
from outcomes.record.measures import MOVEMENTS, TIME_LABELS
from outcomes.record.reference import rows

__all__ = ["without_rare_values"]

OTHER = "other"
_BY_KIND = {"category": "blank", "flag": "blank", "tag": "other", "tags": "tags"}
"""What becomes of rare values of a column the table does not name; of other kinds no value is a group."""


@dataclass(frozen=True)
class _Rule:
    """What becomes of a column's rare values.

    Attributes
    ----------
    column : str
    rule : str
        ``neighbors``: joined along the order of the record; ``other``: called other; ``tags``: as one in each list;
        ``blank``; ``reading``: nothing, no value of it is a group.
    values : tuple of str
        Those that may be joined where not all may; for ``tags`` the name of what is joined.
    readings : tuple of str
        Columns that are blank where this one is.
    """

    column: str
    rule: str
    values: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


def without_rare_values(sessions: pd.DataFrame, least: int) -> pd.DataFrame:
    """Merge or blank every coded value that fewer patients have than a group needs.

    Parameters
    ----------
    sessions : pandas.DataFrame
        Not changed.
    least : int
        So many patients a value needs to stand by itself.
    """
    shown = sessions.copy()
    who = numbered(shown["patient_id"])
    for rule in _rules():
        if rule.column not in shown or rule.rule == "reading" or shown[rule.column].isna().all():
            continue
        values = Coded.of(shown[rule.column])
        merged = _MERGE[rule.rule](values, who, (least, rule))
        gone = merged.blank & ~values.blank
        if rule.rule != "blank":
            shown[rule.column] = merged.column(shown.index)
        if gone.any():
            names = [rule.column] if rule.rule == "blank" else []
            for name in (name for name in (*names, *rule.readings) if name in shown):
                shown[name] = shown[name].mask(gone)
    return _without_rare_movements(shown, who, least)


@cache
def _rules() -> tuple[_Rule, ...]:
    """The rules of the table, then those of coded columns it does not name."""
    named = rows("rare_values", _Rule)
    known = {rule.column for rule in named} | {"condition"}
    return *named, *(_Rule(c.name, _BY_KIND[c.kind]) for c in COLUMNS if _is_coded(c) and c.name not in known)


def _is_coded(column: Column) -> bool:
    return column.kind in _BY_KIND


def _without_rare_movements(shown: pd.DataFrame, who: Whole, least: int) -> pd.DataFrame:
    """Blank the movements that have columns of their own and that few patients have."""
    for name in MOVEMENTS:
        columns = [column for time in TIME_LABELS if (column := f"rom_{name}_{time}") in shown]
        if not columns:
            continue
        there = shown[columns].notna().any(axis=1)
        if how_many(who[there]) < least:
            shown = shown.assign(**{column: shown[column].mask(there) for column in columns})
    return shown


How = tuple[int, _Rule]
Merge = Callable[[Coded, Whole, How], Coded]


def _rare(values: Coded, who: Whole, least: int) -> set[str]:
    """Values that too few patients have."""
    return {value for value, people in values.people(who).items() if len(people) < least}


def _blank(values: Coded, who: Whole, how: How) -> Coded:
    return values.renamed(dict.fromkeys(_rare(values, who, how[0])))


def _other(values: Coded, who: Whole, how: How) -> Coded:
    """Rare values become "other"; where that is rare as well they are blank, except that an event stays an event."""
    least, rule = how
    renamed = values.renamed(dict.fromkeys(_rare(values, who, least), OTHER))
    return renamed if rule.column == "adverse_event" else _blank(renamed, who, how)


def _tags(lists: Coded, who: Whole, how: How) -> Coded:
    """Rare codes become one, within the list of each session; where that is rare as well it goes."""
    least, rule = how
    codes, row = lists.split()
    together, rare = (*rule.values, OTHER)[0], _rare(codes, who[row], least)
    gone = _rare(codes.renamed(dict.fromkeys(rare, together)), who[row], least)

    def merged(text: str) -> str | None:
        names = (together if code in rare else code for code in map(str.strip, text.split(";")))
        return ";".join(dict.fromkeys(name for name in names if name not in gone)) or None

    return lists.renamed({text: merged(text) for text in lists.texts})


def _neighbors(values: Coded, who: Whole, how: How) -> Coded:
    """Values along an order are joined with their neighbors, from the last to the first, until enough are in each."""
    least, rule = how
    people = values.people(who)
    groups = _joined(_ordered(rule, people), people, least)
    if len(groups) == 1 and not rule.values and _together(groups[0], people) < least:
        return values.renamed(dict.fromkeys(values.texts))
    return values.renamed({value: _name(rule, group) for group in groups for value in group})


def _ordered(rule: _Rule, there: Iterable[str]) -> list[str]:
    """The values there are that may be joined, in order."""
    if rule.column == "age_band":
        return sorted(there, key=_lowest)
    order = rule.values or next(c.values for c in COLUMNS if c.name == rule.column)
    return [value for value in order if value in there]


def _joined(ordered: Sequence[str], people: Mapping[str, Whole], least: int) -> list[list[str]]:
    joined: list[list[str]] = []
    for value in reversed(ordered):
        if joined and _together(joined[-1], people) < least:
            joined[-1].insert(0, value)
        else:
            joined.append([value])
    if len(joined) > 1 and _together(joined[-1], people) < least:
        first = joined.pop()
        joined[-1][:0] = first
    return joined


def _together(values: Iterable[str], people: Mapping[str, Whole]) -> int:
    """How many patients have any of these values."""
    return how_many(np.concatenate([people[value] for value in values]))


def _name(rule: _Rule, group: Sequence[str]) -> str:
    """``never`` and ``1_to_3`` are ``never+1_to_3``; of ages ``20-29`` and ``30-39`` are ``20-39``."""
    if rule.column != "age_band" or len(group) == 1:
        return TOGETHER.join(group)
    first, last = group[0], group[-1]
    return f"{_lowest(first)}+" if last.endswith("+") else f"{_lowest(first)}-{last.partition('-')[2]}"


def _lowest(band: str) -> int:
    return int("".join(c for c in band.partition("-")[0] if c.isdigit()) or 0)


_MERGE: Mapping[str, Merge] = {"neighbors": _neighbors, "other": _other, "tags": _tags, "blank": _blank}
