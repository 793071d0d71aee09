"""Sessions in, the same sessions in groups large enough to be shown out: merged before anything is estimated.

A condition stands alone where enough patients have it at every reading shown, else it is merged with its neighbors
along the tree of ``record.conditions``; every session is in exactly one group. Other rare values go by
``rare_values``. Every figure of an export is then computed from these groups, so no page can tell of a smaller one, and
no sum gives a part away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

import numpy as np
import pandas as pd

from outcomes.disclosure.coded import Coded, how_many, numbered
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.rare_values import without_rare_values
from outcomes.record.conditions import CONDITIONS, Tree, condition_tree, merged_name
from outcomes.record.outcomes import with_outcomes

__all__ = ["condition_groups", "grouped", "least_shown", "wholes_of"]

MARGIN = 1.15
"""A group is shown by itself from this many times the limit, so that one that stands does so next month as well."""
READINGS = ("pain_relief_post", "pain_relief_48h", "soreness_h")
"""What pages show by condition: a group needs enough patients at each of these that most patients have."""


def grouped(
    sessions: pd.DataFrame, limits: Limits, *, conditions: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Merge what is rare, as far as an audience's limit asks.

    Parameters
    ----------
    sessions : pandas.DataFrame
        From ``read_sessions``; not changed.
    limits : Limits
        Of the audience; where it protects nothing the sessions come back as they are.
    conditions : mapping of str to str, optional
        The group each condition is shown in, as an earlier export had it; by default :func:`condition_groups`.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns: conditions and rare values merged, or blank where they have no neighbor.
    """
    if not limits.protects or sessions.empty:
        return sessions
    least = least_shown(limits)
    found = conditions or condition_groups(sessions, least)
    merged = sessions.assign(condition=Coded.of(sessions["condition"]).renamed(found).column(sessions.index))
    shown = without_rare_values(merged, least)
    shown.attrs = dict(sessions.attrs)
    return shown


def least_shown(limits: Limits) -> int:
    """How many patients a group needs to be shown by itself."""
    return ceil(MARGIN * limits.least_patients)


def condition_groups(sessions: pd.DataFrame, least: int) -> dict[str, str]:
    """The group each condition is shown in: by itself, or merged with its neighbors.

    Parameters
    ----------
    sessions : pandas.DataFrame
    least : int
        So many patients a group needs at every reading that most patients have.

    Returns
    -------
    dict of str to str
        Every known condition, whether anybody has it or not, to the name of its group.
    """
    patients = _Patients(sessions)
    groups, left = _settled(condition_tree(), patients, least)
    present = tuple(name for name in left if patients.any(name))
    if present:
        groups = _absorbed(groups, present, patients)
    if len(groups) == 1 and not _is_within_one_part(groups[0]):
        groups = [CONDITIONS]
    shown = {name: merged_name(group) for group in groups for name in group}
    return {name: shown.get(name, name) for name in CONDITIONS}


def wholes_of(sessions: pd.DataFrame) -> dict[frozenset[tuple[str, str]], dict[str, float]]:
    """The patients and sessions of everybody, of each condition, of each movement, and of each muscle.

    Parameters
    ----------
    sessions : pandas.DataFrame
        As :func:`grouped` returns them.
    """
    everybody = {"patients": float(sessions["patient_id"].nunique()), "sessions": float(len(sessions))}
    found = {frozenset[tuple[str, str]](): everybody}
    keys = {"condition": "condition", "rom_movement": "rom_movement", "muscles": "muscle"}
    who = numbered(sessions["patient_id"])
    for name in [name for name in keys if name in sessions]:
        values, row = Coded.of(sessions[name]).split()
        size = np.bincount(values.codes, minlength=len(values.texts))
        for text, people in sorted(values.people(who[row]).items()):
            counted = {"patients": float(len(people)), "sessions": float(size[values.texts.index(text)])}
            found[frozenset([(keys[name], text)])] = counted
    return found


Group = tuple[str, ...]


class _Patients:
    """Who has which condition, at the readings that most patients have."""

    def __init__(self, sessions: pd.DataFrame) -> None:
        with_readings = with_outcomes(sessions, READINGS)
        who, conditions = numbered(sessions["patient_id"]), Coded.of(sessions["condition"])
        everyone = int(who.max(initial=-1)) + 1
        rows = {"": np.ones(len(sessions), dtype=bool)}
        rows |= {name: with_readings[name].notna().to_numpy() for name in READINGS if name in with_readings}
        usual = [at for at in rows.values() if how_many(who[at]) >= max(everyone, 1) / 2]
        self._place = {name: at for at, name in enumerate(conditions.texts)}
        self._has = np.zeros((len(usual), len(self._place) + 1, everyone), dtype=bool)
        for has, at in zip(self._has, usual, strict=True):
            has[conditions.codes[at], who[at]] = True  # a session without a condition: the last row

    def of(self, group: Iterable[str]) -> int:
        """The patients who have one of these conditions: at the reading that fewest of them have."""
        places = [self._place[name] for name in group if name in self._place]
        return min(int(np.count_nonzero(has[places].any(axis=0))) for has in self._has)

    def any(self, name: str) -> bool:
        """Whether anybody has the condition, with a reading or without."""
        return name in self._place


def _settled(tree: Tree, patients: _Patients, least: int) -> tuple[list[Group], Group]:
    """Groups within a part of the tree that can stand, and the conditions left over.

    What is left over joins the smallest group of the same part; only where there is none is it passed on.
    """
    if not tree.parts:
        alone = (tree.name,)
        return ([alone], ()) if patients.of(alone) >= least else ([], alone)
    inner = [_settled(part, patients, least) for part in tree.parts]
    groups = [group for found, _ in inner for group in found]
    left = tuple(name for _, names in inner for name in names)
    present = tuple(name for name in left if patients.any(name))
    if patients.of(present) >= least:
        return [*groups, present], tuple(name for name in left if name not in present)
    if present and groups:
        return _absorbed(groups, present, patients), tuple(name for name in left if name not in present)
    return groups, left


def _is_within_one_part(group: Group) -> bool:
    """Whether the conditions are of one region, and are named so even where nobody has another."""
    return any(set(group) <= set(part.conditions) for part in condition_tree().parts)


def _absorbed(groups: list[Group], left: Group, patients: _Patients) -> list[Group]:
    """Join what is left over to the smallest group."""
    if not groups:
        return [left]
    smallest = min(groups, key=lambda group: (patients.of(group), group))
    groups[groups.index(smallest)] = (*smallest, *left)
    return groups
