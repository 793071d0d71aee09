"""A new export and what earlier ones showed in, what of it may be shown now out.

A group's figures are renewed where, at every reading, nobody's records changed since any earlier release that showed
them, or those of enough patients did; otherwise the last release's figures stand, and say so. So nothing that was shown
vanishes, and no two releases differ by a few patients.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from outcomes.disclosure.counts import WITHHELD
from outcomes.disclosure.history import History, Populations, Release
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.partition import condition_groups, grouped, least_shown
from outcomes.disclosure.rows import Rows

__all__ = ["EVERYBODY", "RECORDS", "Renewal", "populations", "renewal"]

EVERYBODY = "all"
READINGS: Mapping[str, tuple[str, ...]] = {
    "records": (),
    "right after": ("pain_post",),
    "at the follow-up": ("pain_48h",),
    "soreness": ("soreness_h", "soreness_peak"),
    "motion right after": ("rom_post",),
    "motion at the follow-up": ("rom_48h",),
    "function right after": ("function_post",),
    "function at the follow-up": ("function_48h",),
    "twitches": ("twitch_count",),
}
"""What figures rest on: a patient stands behind one by having records, and by having one of the columns filled in."""
RECORDS = "records"
"""Name of the table of who is in the records; its first row is of everybody."""
NOT_YET = f"{WITHHELD}too few patients have changed since release"
AS_OF = "as of release"


def populations(sessions: pd.DataFrame, key: bytes) -> Populations:
    """Who stands behind each group's figures at each reading, and with what records, as keyed hashes.

    Parameters
    ----------
    sessions : pandas.DataFrame
        Grouped as they are shown.
    key : bytes
        Of the history.
    """
    people = sessions["patient_id"].astype("str")
    records = pd.util.hash_pandas_object(sessions.drop(columns="session_id", errors="ignore"), index=False)
    names = {patient: _hashed(key, patient) for patient in people.unique()}
    groups = {str(name): at for name, at in sessions.groupby("condition", observed=True).groups.items()}
    found: Populations = {}
    for group, index in {**groups, EVERYBODY: sessions.index}.items():
        found[group] = {}
        for reading, columns in READINGS.items():
            there = [name for name in columns if name in sessions]
            mine = index if not columns else index[sessions.loc[index, there].notna().any(axis=1)]
            held = records.loc[mine].groupby(people.loc[mine].to_numpy()).agg(lambda rows: sorted(rows))
            found[group][reading] = {names[patient]: _hashed(key, rows) for patient, rows in held.items()}
    return found


def _hashed(key: bytes, text: Any) -> str:
    return hmac.new(key, str(text).encode(), hashlib.sha256).hexdigest()[:12]


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
        as_of = "" if last is None else f"{AS_OF} {last.number} ({last.patients:,} patients)"
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
    """How many patients there are, as the table of the records shows it."""
    table = tables.get(RECORDS)
    return 0 if table is None or table.empty else int(table["patients"].iloc[0])


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
    tried = [fresh] if not before else [fresh, before[-1].conditions]
    for conditions in tried:
        shown = grouped(sessions, limits, conditions=conditions)
        now = populations(shown, history.key)
        renewed = _renewed(now, history, limits)
        regrouped = bool(before) and conditions != before[-1].conditions
        if not regrouped or renewed == now.keys():
            break
    number = history.number + (1 if _has_changed(now, renewed, history) else 0)
    return shown, Renewal(history, limits, number, dict(conditions), now, renewed)


def _has_changed(now: Populations, renewed: Iterable[str], history: History) -> bool:
    """Whether anything is shown that no release has shown: a run of the same records belongs to the same release."""
    shown = [release.populations for release in history.releases]
    return any(all(now[group] != earlier.get(group) for earlier in shown) for group in renewed)


def _renewed(now: Populations, history: History, limits: Limits) -> frozenset[str]:
    """Groups that may be renewed; what changed in the others together is nobody or enough patients as well."""
    least = limits.least_patients
    found = {group for group in now if _may_stand(group, now, history, limits)}
    if EVERYBODY not in found:
        return frozenset()
    groups = sorted(found - {EVERYBODY}, key=lambda group: (_most_changed(now, group, history), group))
    while groups and not _is_enough(_changed_in(now, now.keys() - found - {EVERYBODY}, history), least):
        found.discard(groups.pop(0))
    return frozenset(found)


def _may_stand(group: str, now: Populations, history: History, limits: Limits) -> bool:
    """Whether a group differs from whatever was shown of it by nobody, or by enough patients at every reading.

    A group this audience was never shown is held against every group it was: it may be one of those less a few.
    """
    mine = [release.populations[group] for release in history.releases if group in release.populations]
    same = [release for release in history.releases if release.audience == limits.audience]
    every = [held for release in same for held in release.populations.values()]
    return all(_is_enough(_changes(earlier, now[group]), limits.least_patients) for earlier in mine or every)


def _changes(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> list[set[str]]:
    """At each reading, who came, went, or has other records."""
    found = []
    for reading in READINGS:
        first, second = before.get(reading, {}), now.get(reading, {})
        found.append({p for p in first.keys() | second.keys() if first.get(p) != second.get(p)})
    return found


def _is_enough(changes: Iterable[set[str]], least: int) -> bool:
    return all(not who or len(who) >= least for who in changes)


def _changed_in(now: Populations, groups: Iterable[str], history: History) -> list[set[str]]:
    """At each reading, everybody who changed in any of some groups since each was last shown."""
    found: list[set[str]] = [set() for _ in READINGS]
    for group in groups:
        for together, who in zip(found, _changes(_last_shown(group, history), now[group]), strict=True):
            together |= who
    return found


def _most_changed(now: Populations, group: str, history: History) -> int:
    return max(map(len, _changes(_last_shown(group, history), now[group])))


def _last_shown(group: str, history: History) -> Mapping[str, Mapping[str, str]]:
    held = [release.populations[group] for release in history.releases if group in release.populations]
    return held[-1] if held else {}
