"""A typed frame in, the rows that break each rule out: first asked cheaply, then, if need be, of every row.

Most records keep most rules, and that can be seen from little: a range from the least and the greatest value, a code
from the distinct ones, a limit per movement from the greatest reading of each, a rule across a patient's sessions from
one pass in their order. Only where that leaves a doubt is the rule itself asked of all rows, so that the verdict is
always the rule's own.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    for rule in rules():
        if there.issuperset(rule.columns) and not sessions.surely_keep(rule):
            broken = _broken(rule, sessions.coded if len(rule.columns) > 1 else frame)
            if len(broken):
                yield rule, broken


def _broken(rule: Rule, frame: pd.DataFrame) -> Any:
    mask = nw.from_native(frame).select(broken=rule.breaks()).to_native()["broken"]
    return np.flatnonzero(mask.to_numpy(dtype=bool))


@dataclass(frozen=True)
class _Sessions:
    """A frame of sessions with the few things that settle most rules; each is found once, when first asked for."""

    frame: pd.DataFrame

    def surely_keep(self, rule: Rule) -> bool:
        """Whether little is enough to see that every row keeps a rule (False: ask the rows)."""
        settle = {
            "range": self._extremes_keep,
            "code": self._distinct_keep,
            "tag": self._distinct_keep,
            "tags": self._distinct_keep,
            "whole number": self._are_whole,
            "unique": self._are_unique,
            "movement cap": self._movements_keep,
            "beyond normal range": self._movements_keep,
            "one sex": self._one_sex,
            "days run forward": self._days_forward,
            "session twice": self._numbered_apart,
        }.get(rule.name)
        return settle is not None and settle(rule)

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

    def _extremes_keep(self, rule: Rule) -> bool:
        import pandas as pd

        name = rule.columns[0]
        values = self.frame[name].to_numpy()
        with np.errstate(invalid="ignore"):
            least, most = np.fmin.reduce(values), np.fmax.reduce(values)
        return len(_broken(rule, pd.DataFrame({name: [least, most]}, dtype=float))) == 0

    def _distinct_keep(self, rule: Rule) -> bool:
        import pandas as pd

        name = rule.columns[0]
        values = self.frame[name]
        few = values.cat.categories if column(name).kind == "category" else pd.unique(values.array)
        return len(_broken(rule, pd.DataFrame({name: pd.Series(few, dtype="str")}))) == 0

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

    def _movements_keep(self, rule: Rule) -> bool:
        """Ask a limit per movement of the greatest reading of each movement."""
        import pandas as pd

        name, movements = rule.columns[0], self.frame["rom_movement"].cat
        readings = self.frame[name].to_numpy()
        most = np.full(len(movements.categories) + 1, -np.inf)
        np.maximum.at(most, movements.codes.to_numpy(), np.where(np.isnan(readings), -np.inf, readings))
        few = pd.DataFrame({"rom_movement": pd.Series(movements.categories, dtype="str"), name: most[:-1]})
        return len(_broken(rule, few)) == 0

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
