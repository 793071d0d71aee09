"""A typed frame in, the rows that break each rule out: first asked cheaply, then, if need be, of every row.

Most records keep most rules, and that can be seen from little: a range from the least and the greatest value, a code
from the distinct ones, a limit per movement from the distinct readings of each, a rule across a patient's sessions from
one pass in their order. Where that leaves a doubt the rule itself is asked of the rows that are filled in, so that the
verdict is always the rule's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from outcomes.record.columns import column
from outcomes.record.rules import Rule, rules

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["broken_rules"]

_ACROSS = ("unique", "one sex", "days run forward", "session twice")
"""Rules of which other rows decide as well."""


def broken_rules(frame: pd.DataFrame, there: set[str]) -> Iterator[tuple[Rule, Any]]:
    """Yield each rule that is broken and the positions of the rows that break it.

    Parameters
    ----------
    frame : pandas.DataFrame
        All columns of the session record, typed.
    there : set of str
        Columns the file had; rules that read others are not asked.
    """
    sessions = _Sessions(frame)
    asked = [rule for rule in rules() if there.issuperset(rule.columns)]
    kept = sessions.kept_by_few(asked)
    for at, rule in enumerate(asked):
        if at not in kept and not sessions.surely_keep(rule):
            broken = sessions.broken(rule)
            if len(broken):
                yield rule, broken


def _asked(some: Mapping[int, Rule], frame: pd.DataFrame) -> dict[int, Any]:
    """Which rows of a frame break each of several rules, asked together: one question costs more than its answer."""
    if not some:
        return {}
    broken: Any = (
        nw.from_native(frame).select(**{str(at): rule.breaks() for at, rule in some.items()}).to_native()
    )
    return {at: np.flatnonzero(broken[str(at)].to_numpy(dtype=bool)) for at in some}


@dataclass(frozen=True)
class _Sessions:
    """A frame of sessions with the few things that settle most rules; each is found once, when first asked for."""

    frame: pd.DataFrame

    def surely_keep(self, rule: Rule) -> bool:
        """Whether little is enough to see that every row keeps a rule (False: ask the rows)."""
        settle = {
            "whole number": self._are_whole,
            "unique": self._are_unique,
            "one sex": self._one_sex,
            "days run forward": self._days_forward,
            "session twice": self._numbered_apart,
        }.get(rule.name)
        return settle is not None and settle(rule)

    def kept_by_few(self, asked: Sequence[Rule]) -> set[int]:
        """Positions of the rules that the least and the greatest, or the distinct, values of a column all keep."""
        import pandas as pd

        kept = set[int]()
        for names, few in ((("range",), self._extremes), (("code", "tag", "tags"), self._distinct)):
            some = {at: rule for at, rule in enumerate(asked) if rule.name in names}
            values = pd.DataFrame({name: few(name) for name in {rule.columns[0] for rule in some.values()}})
            kept |= {at for at, broken in _asked(some, values).items() if not len(broken)}
        return kept

    def broken(self, rule: Rule) -> Any:
        """Positions of the rows that break a rule; a row that is blank where the rule looks first is not asked."""
        if rule.name in _ACROSS:
            return _asked({0: rule}, self.coded)[0]
        if rule.name in ("movement cap", "beyond normal range"):
            return self._broken_by_movement(rule)
        if rule.blank_counts:
            return _asked({0: rule}, self.frame)[0]
        rows = np.flatnonzero(self.frame[rule.columns[0]].notna().to_numpy())
        if not len(rows):
            return rows
        frame = self.frame[list(rule.columns)]
        return rows[_asked({0: rule}, frame if len(rows) == len(frame) else frame.iloc[rows])[0]]

    def _broken_by_movement(self, rule: Rule) -> Any:
        """Ask a limit per movement of the distinct readings of each movement."""
        import pandas as pd

        readings = self.frame[rule.columns[0]].to_numpy()
        movements = self.frame["rom_movement"].cat.codes.to_numpy()
        rows = np.flatnonzero((movements >= 0) & ~np.isnan(readings))
        distinct, values = pd.factorize(readings[rows])
        same, pairs = pd.factorize(movements[rows] * np.int64(len(values)) + distinct)
        first = np.empty(len(pairs), dtype=np.int64)
        first[same] = rows  # any row of a pair will do
        broken = np.zeros(len(pairs), dtype=bool)
        if len(pairs):
            broken[_asked({0: rule}, self.frame[list(rule.columns)].iloc[first])[0]] = True
        return rows[broken[same]]

    @cached_property
    def coded(self) -> pd.DataFrame:
        """The frame with numbers for patient, condition and sex, so that rules across sessions are quick."""
        sex = self.frame["sex"].cat.codes.astype(float)
        condition = self.frame["condition"].cat.codes
        return self.frame.assign(patient_id=self._patients, condition=condition, sex=sex.where(sex >= 0))

    @cached_property
    def _patients(self) -> Any:
        return self.frame["patient_id"].factorize()[0]

    @cached_property
    def _in_order(self) -> tuple[Any, Any] | None:
        """Key of (patient, condition) and session number, in order of both; None where a number is missing."""
        numbers = self.frame["session_number"].to_numpy(float)
        if np.isnan(numbers).any() or not (np.abs(numbers) < 1e6).all():
            return None
        width = len(self.frame["condition"].cat.categories) + 1
        key = self._patients * width + self.frame["condition"].cat.codes.to_numpy()
        place = key * 1e6 + numbers
        if (np.diff(place) >= 0).all():
            return place, None
        order = np.argsort(place, kind="stable")
        return place[order], order

    def _extremes(self, name: str) -> pd.Series:
        import pandas as pd

        values = self.frame[name].to_numpy()
        with np.errstate(invalid="ignore"):
            return pd.Series([np.fmin.reduce(values), np.fmax.reduce(values)], dtype="float64")

    def _distinct(self, name: str) -> pd.Series:
        import pandas as pd

        values = self.frame[name]
        few = values.cat.categories if column(name).kind == "category" else pd.unique(values.array)
        return pd.Series(few, dtype="str")

    def _are_whole(self, rule: Rule) -> bool:
        values = self.frame[rule.columns[0]].to_numpy()
        return bool(((values == np.rint(values)) | np.isnan(values)).all())

    def _are_unique(self, rule: Rule) -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = pa.array(self.frame[rule.columns[0]])
        if pc.all(pc.less(values[:-1], values[1:])).as_py():
            return True
        return bool(self.frame[rule.columns[0]].is_unique)

    def _one_sex(self, _: Rule) -> bool:
        codes = self.frame["sex"].cat.codes.to_numpy()
        known = np.flatnonzero(codes >= 0)
        first = np.full(self._patients.max(initial=0) + 1, -1, dtype=codes.dtype)
        first[self._patients[known[::-1]]] = codes[known[::-1]]
        return bool((first[self._patients[known]] == codes[known]).all())

    def _numbered_apart(self, _: Rule) -> bool:
        return self._in_order is not None and bool((np.diff(self._in_order[0]) > 0).all())

    def _days_forward(self, _: Rule) -> bool:
        if self._in_order is None:
            return False
        place, order = self._in_order
        days = self.frame["day"].to_numpy()
        days = days if order is None else days[order]
        same = np.floor(place[1:] / 1e6) == np.floor(place[:-1] / 1e6)
        return not bool((same & (np.diff(days) < 0)).any())
