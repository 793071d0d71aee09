"""A new export and what earlier ones showed in, what of it may be shown now out.

A group's figures are renewed where, at every reading, nobody's records changed since any earlier release that showed
them, or those of enough patients did; otherwise the last release's figures stand, and say so. So nothing that was shown
vanishes, and no two releases differ by a few patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from outcomes.disclosure.counts import WITHHELD
from outcomes.disclosure.history import History, Populations, Release
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.partition import condition_groups, grouped, least_shown
from outcomes.disclosure.populations import (
    EVERYBODY,
    Population,
    changes,
    is_enough,
    populations,
    told_in_parts,
)
from outcomes.disclosure.rows import Rows

__all__ = ["EVERYBODY", "RECORDS", "Renewal", "populations", "renewal"]

RECORDS = "records"
"""Name of the table of who is in the records; its first row is of everybody."""
NOT_YET = f"{WITHHELD}too few patients have changed since release"
AS_OF = "as of release"


@dataclass(frozen=True)
class Renewal:
    """What of a new export may be shown anew.

    Attributes
    ----------
    history : History
    limits : Limits
    number : int
        Of this release.
    conditions : dict of str to str
        The group each condition is shown in.
    now : Populations
    renewed : frozenset of str
        Groups whose figures may be renewed.
    """

    history: History
    limits: Limits
    number: int
    conditions: dict[str, str]
    now: Populations
    renewed: frozenset[str] = field(default_factory=frozenset)
    _read: dict[tuple[int, str], Rows] = field(default_factory=dict, repr=False, compare=False)

    def shown(
        self, protected: Mapping[str, pd.DataFrame], raw: Mapping[str, pd.DataFrame]
    ) -> tuple[dict[str, pd.DataFrame], Release]:
        """Tables as they may be shown, and what the history is to hold of them.

        Parameters
        ----------
        protected : mapping of str to pandas.DataFrame
            This export's tables as the gate gives them.
        raw : mapping of str to pandas.DataFrame
            The same tables before the gate, row by row.
        """
        shown = {name: Rows.of(name, table, raw[name], self.history.key) for name, table in protected.items()}
        kept = {name: self._overlaid(name, rows) for name, rows in shown.items()}
        tables = {name: rows.frame(protected[name]) for name, rows in kept.items()}
        release = Release(
            self.number,
            self.limits.audience,
            _patients(tables),
            self.conditions,
            {group: self.now[group] for group in sorted(self.renewed)},
            {name: rows.held() for name, rows in kept.items()},
        )
        return tables, release

    def _overlaid(self, name: str, now: Rows) -> Rows:
        """Rows that may be renewed as they are now, the others as they were shown last."""
        last = self._last(name)
        before = now.empty() if last is None else self._rows_shown(last, name)
        as_of = "" if last is None else _as_of(last)
        kept = now.empty()
        for key in now.values:
            if self._may_renew(name, key, now):
                kept.take(key, now)
            elif key in before.values:
                kept.take(key, before.noted(key, as_of))
            else:
                kept.take(key, now.withheld(key, f"{NOT_YET} {self.history.number}"))
        for key in [key for key in before.values if key not in now.values]:
            if not self._may_renew(name, key, before):
                kept.take(key, before.noted(key, as_of))
        return kept

    def _rows_shown(self, release: Release, name: str) -> Rows:
        """The rows of a table as a release showed them."""
        key = id(release), name
        if key not in self._read:
            self._read[key] = Rows.read(name, release.tables[name])
        return self._read[key]

    def _last(self, name: str) -> Release | None:
        """The last release that showed a table to this audience."""
        mine = (
            release for release in reversed(self.history.releases) if release.audience == self.limits.audience
        )
        return next((release for release in mine if name in release.tables), None)

    def _may_renew(self, name: str, key: str, rows: Rows) -> bool:
        """Whether a row's group may be renewed, and its own patients are the same as ever or others by enough."""
        if not self.history.releases:
            return True
        if EVERYBODY not in self.renewed:
            return False
        condition, others = rows.where(key)
        if condition is not None and condition in self.now and condition not in self.renewed:
            return False
        return not others or all(
            self._differs_enough(name, key, rows, release) for release in self.history.releases
        )

    def _differs_enough(self, name: str, key: str, rows: Rows, release: Release) -> bool:
        """Whether a row of a group that is known by its row alone may stand beside an earlier release."""
        if name in release.tables:
            earlier = self._rows_shown(release, name)
            if key in earlier.behind:
                return rows.differs_enough(key, earlier, self.limits.least_patients)
        elsewhere = (self._rows_shown(release, other) for other in release.tables if other != name)
        known = any(rows.where(key) == other.where(one) for other in elsewhere for one in other.values)
        return not known or release.number == self.number


def _patients(tables: Mapping[str, pd.DataFrame]) -> int:
    """How many patients there are, as the table of the records shows it; none where it does not."""
    table = tables.get(RECORDS)
    return 0 if table is None or table.empty else int(table["patients"].fillna(0).iloc[0])


def _as_of(release: Release) -> str:
    """Which release showed something, and of how many patients where that was shown."""
    return f"{AS_OF} {release.number}" + (f" ({release.patients:,} patients)" if release.patients else "")


def renewal(sessions: pd.DataFrame, limits: Limits, history: History) -> tuple[pd.DataFrame, Renewal]:
    """Group the sessions as they may be shown beside earlier releases, and say which groups may be renewed.

    Parameters
    ----------
    sessions : pandas.DataFrame
        From ``read_sessions``.
    limits : Limits
    history : History

    Returns
    -------
    pandas.DataFrame
        As :func:`~outcomes.disclosure.partition.grouped`.
    Renewal
    """
    before = [release for release in history.releases if release.audience == limits.audience]
    fresh = condition_groups(sessions, least_shown(limits))
    tried = [fresh, _with_newcomers(before, fresh, sessions, limits)] if before else [fresh]
    for conditions in tried:
        shown = grouped(sessions, limits, conditions=conditions)
        now = populations(sessions, shown["condition"], history.key)
        renewed = _renewed(now, conditions, history, limits)
        regrouped = bool(before) and conditions != before[-1].conditions
        if not regrouped or renewed == now.keys():
            break
    number = history.number + (1 if _has_changed(now, renewed, history) else 0)
    return shown, Renewal(history, limits, number, dict(conditions), now, renewed)


def _with_newcomers(
    before: Sequence[Release], fresh: Mapping[str, str], sessions: pd.DataFrame, limits: Limits
) -> dict[str, str]:
    """The groups of the last release; a condition that nobody had then and few have now is placed in one of them.

    That is the group that holds "other", whose name stays true; else that of a condition it would be merged with now.
    """
    patients = sessions.groupby(sessions["condition"].astype("str"))["patient_id"].nunique()
    few = patients.index[patients < least_shown(limits)]
    groups = before[-1].conditions
    shown = {group for release in before for group in release.populations} & set(groups.values())
    placed = dict(groups)
    for name in (name for name in few if groups.get(name, name) == name and name not in shown):
        near = [other for other in fresh if fresh[other] == fresh.get(name, name)]
        known = [groups[other] for other in ("other", *near) if groups.get(other) in shown]
        placed[name] = next(iter([*known, *sorted(shown)]), name)
    return placed


def _has_changed(now: Populations, renewed: Iterable[str], history: History) -> bool:
    """Whether anything is shown that no release has shown: a run of the same records belongs to the same release."""
    shown = [release.populations for release in history.releases]
    return any(all(now[group] != earlier.get(group) for earlier in shown) for group in renewed)


def _renewed(
    now: Populations, conditions: Mapping[str, str], history: History, limits: Limits
) -> frozenset[str]:
    """Groups that may be renewed; what changed in the others together is nobody or enough patients as well."""
    least = limits.least_patients
    found = {group for group in now if _may_stand(group, now, history, least)}
    if EVERYBODY not in found:
        return frozenset()
    for partition, shown in _earlier(history):
        found -= told_in_parts((conditions, now), (partition, shown), least)
    groups = sorted(found - {EVERYBODY}, key=lambda group: (_most_changed(now, group, history), group))
    while groups and not is_enough(_changed_in(now, now.keys() - found - {EVERYBODY}, history), least):
        found.discard(groups.pop(0))
    return frozenset(found)


def _may_stand(group: str, now: Populations, history: History, least: int) -> bool:
    """Whether a group differs from whatever was shown of it by nobody, or by enough patients at every reading."""
    shown = [release.populations[group] for release in history.releases if group in release.populations]
    return all(is_enough(changes(earlier, now[group]), least) for earlier in shown)


def _earlier(history: History) -> Iterator[tuple[dict[str, str], Populations]]:
    """What each earlier release showed: the group of each condition, and of each group its last population."""
    last: dict[str, Populations] = {}
    for release in history.releases:
        shown = last[release.audience] = {**last.get(release.audience, {}), **release.populations}
        groups = set(release.conditions.values())
        yield release.conditions, {group: held for group, held in shown.items() if group in groups}


def _changed_in(now: Populations, groups: Iterable[str], history: History) -> list[set[str]]:
    """At each reading, everybody who changed in any of some groups since each was last shown."""
    found: dict[str, set[str]] = {}
    for group in groups:
        before = _last_shown(group, history)
        for reading in before.keys() & now[group].keys():
            of_one = {reading: before[reading]}, {reading: now[group][reading]}
            found.setdefault(reading, set()).update(*changes(*of_one))
    return [*found.values()]


def _most_changed(now: Populations, group: str, history: History) -> int:
    return max(map(len, changes(_last_shown(group, history), now[group])), default=0)


def _last_shown(group: str, history: History) -> Population:
    held = [release.populations[group] for release in history.releases if group in release.populations]
    return held[-1] if held else {}
