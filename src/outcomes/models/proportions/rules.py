"""Sessions and rules in, the share that meets each rule out, beside what no effect at all would show.

The law of later readings is worked out once for all rules, so that a whole curve of thresholds costs little more than
one. Refuses nothing: rules that no session can be held against give rows without numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models import Flags, Floats, Ints
from outcomes.models.chance.null_benchmark import usual_pains
from outcomes.models.chance.readings import kinds_of_session
from outcomes.models.chance.variation import later_readings, on_bad_days
from outcomes.models.groups import by_columns, narrow_and_code, number_groups
from outcomes.models.proportions.counts import SUMS, CountTable, People
from outcomes.models.proportions.responders import responders
from outcomes.record.outcomes import ResponderRule, meets, reaches, with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = ["rule_shares"]

_NUMBERS = ("proportion", "std_error", "conf_low", "conf_high")
_BENCHMARKS = ("null_benchmark", "null_benchmark_flare")
LATER = np.arange(11.0)
"""Later readings there can be."""
_READINGS = ("pain_pre", "pain_post", "pain_48h", "followup_h")


def rule_shares(
    sessions: pd.DataFrame, time: str, rules: Sequence[ResponderRule], *, by: str | None = None
) -> pd.DataFrame:
    """Share of sessions that meet each rule.

    Parameters
    ----------
    sessions : pandas.DataFrame
        With ``pain_pre`` and the later pain, or the relief derived from them.
    time : {"post", "48h"}
    rules : sequence of ResponderRule
        A rule's ``least_baseline`` decides which sessions it is held against.
    by : str, optional
        Grouping column.

    Returns
    -------
    pandas.DataFrame
        ``order, [<by>,] patients, sessions, responders, proportion, std_error, conf_low, conf_high, null_benchmark,
        note``, a row per rule (numbered in ``order``) and group. Shares of fewer than eight patients are missing and
        say so. The benchmarks are those of :func:`outcomes.null_benchmark`: sessions booked in advance, and bad days.
    """
    relief = f"pain_relief_{time}"
    used = ["patient_id", "condition", "session_number", *_READINGS, relief, *by_columns(by)]
    table = with_outcomes(narrow_and_code(sessions, used), [relief])
    needed = ["pain_pre", "condition", relief]
    complete = table[needed].notna().all(axis=1).to_numpy() if relief in table else np.zeros(len(table), bool)
    if not complete.any():
        return pd.concat(
            [_nothing(sessions, by).assign(order=place) for place in range(len(rules))], ignore_index=True
        )
    coded = _Coded.of(table, complete, time, by_columns(by))
    counts = pd.concat([coded.counts(rule).assign(order=place) for place, rule in enumerate(rules)])
    none = [place for place in range(len(rules)) if place not in set(counts["order"])]
    parts = [
        _shares(counts, by_columns(by)),
        *(_nothing(sessions, by, TOO_FEW).assign(order=n) for n in none),
    ]
    return pd.concat([part for part in parts if len(part)]).sort_values(
        "order", kind="stable", ignore_index=True
    )


def _shares(counts: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Shares of every rule, with the benchmark; groups with too few patients say so."""
    if counts.empty:
        return counts
    keys = ["order", *by]
    groups = counts[[*keys, *SUMS]].reset_index(drop=True)
    found = responders(CountTable(tuple(keys), "met", groups))
    few = found["patients"] < active_plan().estimates.least_patients
    found = found.assign(
        **{name: found[name].where(~few) for name in _NUMBERS},
        **{name: counts[name].to_numpy() for name in _BENCHMARKS},
        note=found["note"].where(~few, TOO_FEW),
    )
    names = ["patients", "sessions", "responders", *_NUMBERS, *_BENCHMARKS, "note", "order"]
    texts = {name: found[name].astype("str") for name in by}
    shown: pd.DataFrame = found[[*by, *names]].assign(**texts)
    return shown


@dataclass(frozen=True, eq=False)
class _Coded:
    """Sessions that rules are held against: whose they are, and their pain before with the change of it.

    Attributes
    ----------
    by : tuple of str
    people : People
    pair : ndarray of int, shape (sessions,)
        Position in ``before`` and ``change`` of each session's pain before and change.
    before, change : ndarray, shape (pairs,)
    kinds : ndarray, shape (groups, kinds)
        Sessions of each group by what they began as.
    pain : ndarray, shape (kinds,)
    chance : ndarray, shape (2, kinds, 11)
        Of later readings 0, 1, ..., 10 with no effect: visits booked ahead, and bad days.
    """

    by: tuple[str, ...]
    people: People
    pair: Ints
    before: Floats
    change: Floats
    kinds: Floats
    pain: Floats
    chance: Floats

    @classmethod
    def of(cls, table: pd.DataFrame, complete: Flags, time: str, by: tuple[str, ...]) -> _Coded:
        """Code the sessions with both readings; usual pain is that of the whole table."""
        which, pain, chance = _with_no_effect(table, time)
        known = table[complete]
        people = People.of(known, by)
        pairs = number_groups(known, ["pain_pre", f"pain_relief_{time}"])
        before, change = (pairs.keys[name].to_numpy(float) for name in pairs.keys)
        cell = people.group[people.person] * len(pain) + which[complete][people.inside]
        kinds = np.bincount(cell, minlength=len(people.keys) * len(pain)).reshape(-1, len(pain)).astype(float)
        return cls(by, people, pairs.codes, before, change, kinds, pain, chance)

    def counts(self, rule: ResponderRule) -> pd.DataFrame:
        """Counts of one rule in each group it can be held against, with the share it would have with no effect."""
        kept = reaches(self.before, rule.least_baseline)[self.pair]
        met = meets(self.change, self.before, rule)[self.pair]
        known = self.people.known
        n, r, left_out = (
            self.people.per_person(flags) for flags in (kept & known, met & known, kept & ~known)
        )
        began = self.kinds * reaches(self.pain, rule.least_baseline)
        responds = meets(self.pain[:, None] - LATER, self.pain[:, None], rule)
        expected, sessions = np.where(responds, self.chance, 0.0).sum(axis=2), began.sum(axis=1)
        shares = (expected @ began.T) / np.where(sessions > 0, sessions, np.nan)
        benchmarks = dict(zip(_BENCHMARKS, shares, strict=True))
        counts: pd.DataFrame = self.people.counts(n, r, left_out).assign(**benchmarks)[sessions > 0]
        return counts


def _nothing(sessions: pd.DataFrame, by: str | None, note: str = NOT_RECORDED) -> pd.DataFrame:
    groups = sessions[by].dropna().astype("str").drop_duplicates().tolist() if by else ["all"]
    frame = pd.DataFrame({by or "group": groups, "patients": 0, "sessions": 0, "responders": 0})
    frame = frame.assign(**dict.fromkeys((*_NUMBERS, *_BENCHMARKS), np.nan), note=note)
    return frame if by else frame.drop(columns="group")


def _with_no_effect(table: pd.DataFrame, time: str) -> tuple[Ints, Floats, Floats]:
    """What each session began as; of each such kind, its pain and the chances of later readings with no effect."""
    kind, variation = kinds_of_session(table), on_bad_days()
    cells = kind.keys.assign(sessions=np.bincount(kind.codes + 1, minlength=len(kind.keys) + 1)[1:])
    pain = cells["_pain"].to_numpy(float)
    usual, flare = usual_pains(cells, None, variation), variation.booking_flare * variation.flare_sd
    chances = [later_readings(pain, usual, time, variation, flare=points) for points in (0.0, flare)]
    return kind.codes, pain, np.array(chances)
