"""Sessions in, who stands behind each group's figures out: column by column, and how two such populations differ.

A population holds, for each column of the record and each outcome derived from them, a keyed hash of each patient who
has it and one of what that patient's sessions hold of it. The latter add up: those of two groups are those of both
together. A column is looked at by itself, so that ten corrections elsewhere do not cover for one reading; columns that
are one answer only together are one reading.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.disclosure.coded import Coded, Whole
from outcomes.disclosure.history import Populations
from outcomes.record.outcomes import with_outcomes

__all__ = ["EVERYBODY", "Population", "changes", "is_enough", "populations", "together", "told_in_parts"]

EVERYBODY = "all"
HAS_SESSIONS = "sessions"
"""The reading that everybody in a group has."""
SETS = 4096
"""So many pairs of sets of groups are compared; beyond that two partitions are taken to tell parts."""
_KEYS = ("session_id", "patient_id", "condition")
_ONE_ANSWER = {"soreness_ongoing": "soreness_h", "soreness_free_h": "soreness_h"}
"""Columns that say with another one how long the soreness lasted; no figure is of one of them alone."""
_MODULUS = 1 << 32
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Names = npt.NDArray[np.object_]
Population = Mapping[str, Mapping[str, str]]
"""By reading: a keyed hash of each patient, and one of what that patient's sessions hold."""


def populations(sessions: pd.DataFrame, groups: pd.Series, key: bytes) -> Populations:
    """Who stands behind each group's figures, and with what.

    Parameters
    ----------
    sessions : pandas.DataFrame
        As they were read: that a value is shown together with another is no change of it.
    groups : pandas.Series
        The group each session is shown in.
    key : bytes
        Of the history.
    """
    frame = with_outcomes(sessions).drop(columns=list(_KEYS), errors="ignore")
    who, people = pd.factorize(sessions["patient_id"].astype("str"))
    names = np.array(
        [hmac.new(key, str(name).encode(), hashlib.sha256).hexdigest()[:12] for name in people], dtype=object
    )
    marks = {HAS_SESSIONS: (np.ones(len(frame), dtype=bool), np.ones(len(frame), dtype=np.uint64))}
    for name in (str(name) for name in frame if frame[name].notna().any()):
        own = hmac.new(key, name.encode(), hashlib.sha256).digest() if name in _ONE_ANSWER else key
        there, values = frame[name].notna().to_numpy(), _marks(frame[name], own)
        reading = _ONE_ANSWER.get(name, name)
        known, before = marks.get(reading, (np.zeros_like(there), np.zeros_like(values)))
        marks[reading] = known | there, before + values
    return _told(marks, Coded.of(groups.astype("str")), who, names)


def _marks(column: pd.Series, key: bytes) -> Hashes:
    """A keyed hash of each value, zero where there is none; a number is the same however it was typed."""
    is_number = pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)
    if is_number:
        codes, bits = pd.factorize(column.to_numpy(dtype=np.float64, na_value=np.nan).view(np.int64))
        values = bits.view(np.float64).tolist()
    else:
        codes, found = pd.factorize(column)
        values = list(found)
    texts = np.array([*map(str, values), ""], dtype=object)
    hashes: Hashes = pd.util.hash_array(texts, hash_key=key.hex()[:16])
    return np.where(column.notna().to_numpy(), hashes[codes], np.uint64(0))


def _told(marks: Mapping[str, tuple[Flags, Hashes]], groups: Coded, who: Whole, names: Names) -> Populations:
    """Of each group, and of everybody, who has each reading and the sum of that patient's marks."""
    most = len(names)
    cells, of_row = np.unique(groups.codes * most + who, return_inverse=True)
    ends = np.searchsorted(cells, np.arange(len(groups.texts) + 1) * most)
    people = names[cells % most]
    found: Populations = {group: {} for group in (*groups.texts, EVERYBODY)}
    for reading, (there, values) in marks.items():
        has, sums = _summed(of_row[there], values[there], len(cells))
        for group, (first, last) in zip(groups.texts, pairwise(ends), strict=True):
            found[group][reading] = _by_name(people[first:last], has[first:last], sums[first:last])
        found[EVERYBODY][reading] = _by_name(names, *_summed(who[there], values[there], most))
    return found


def _summed(cell: Whole, values: Hashes, size: int) -> tuple[Flags, npt.NDArray[np.uint32]]:
    """Which cells have any value, and the sums by cell, modulo 2 ** 32: below 2 ** 53 a float holds them exactly."""
    sums = np.bincount(cell, weights=(values % _MODULUS).astype(np.float64), minlength=size)
    return np.bincount(cell, minlength=size) > 0, (sums.astype(np.uint64) % _MODULUS).astype(np.uint32)


def _by_name(names: Names, has: Flags, sums: npt.NDArray[np.uint32]) -> dict[str, str]:
    digits = sums[has].astype(">u4").tobytes().hex()
    return {name: digits[8 * at : 8 * at + 8] for at, name in enumerate(names[has].tolist())}


def together(parts: Iterable[Population]) -> Population:
    """The population of some groups taken together."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for part in parts:
        for reading, held in part.items():
            mine = found[reading]
            for name, sum_ in held.items():
                before = int(mine.get(name, "0"), 16)
                mine[name] = f"{(before + int(sum_, 16)) % _MODULUS:08x}"
    return found


def changes(before: Population, now: Population) -> list[set[str]]:
    """At each reading that both have, who came, went, or has other sessions."""
    found = []
    for reading in before.keys() & now.keys():
        first, second = before[reading], now[reading]
        found.append({name for name in first.keys() | second.keys() if first.get(name) != second.get(name)})
    return found


def is_enough(changed: Iterable[set[str]], least: int) -> bool:
    """Whether at every reading nobody changed, or enough patients did."""
    return all(not who or len(who) >= least for who in changed)


def told_in_parts(
    now: tuple[Mapping[str, str], Mapping[str, Population]],
    then: tuple[Mapping[str, str], Mapping[str, Population]],
    least: int,
) -> set[str]:
    """Groups of one partition that, added up, differ by few patients from groups of another one, added up.

    Parameters
    ----------
    now, then : tuple
        The group of each condition, and the population of each group.
    least : int
    """
    found: set[str] = set()
    for mine, others in _overlapping(now[0], then[0]):
        ours, theirs = [g for g in mine if g in now[1]], [g for g in others if g in then[1]]
        if mine != others and not _differ_enough(now[1], ours, then[1], theirs, least):
            found |= set(ours)
    return found


def _overlapping(now: Mapping[str, str], then: Mapping[str, str]) -> Iterator[tuple[set[str], set[str]]]:
    """The least sets of groups of two partitions that hold the same conditions."""
    left = dict.fromkeys(now)
    while left:
        conditions, size = {next(iter(left))}, 0
        while len(conditions) > size:
            size = len(conditions)
            for partition in (now, then):
                groups = {partition[name] for name in conditions}
                conditions |= {name for name, group in partition.items() if group in groups}
        left = {name: None for name in left if name not in conditions}
        yield {now[name] for name in conditions}, {then[name] for name in conditions}


def _differ_enough(
    now: Mapping[str, Population],
    ours: Sequence[str],
    then: Mapping[str, Population],
    theirs: Sequence[str],
    least: int,
) -> bool:
    if 2 ** (len(ours) + len(theirs)) > SETS:
        return False
    first, second = (
        [together(held[g] for g in some) for some in _sets(groups)]
        for held, groups in ((now, ours), (then, theirs))
    )
    return all(is_enough(changes(before, after), least) for after in first for before in second)


def _sets(groups: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(groups) + 1):
        yield from combinations(groups, size)
