"""A table and how closely each of its counts is told in, the table as it is shown out: rounded, ranges, and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outcomes.disclosure.columns import UNDIVIDED, ColumnKind
from outcomes.disclosure.counts import NUMBERS, WITHHELD, Cell, Part, Row, Sheet, main_figure, values_of
from outcomes.disclosure.rounding import nice, rounded, significant, unit_of
from outcomes.disclosure.windows import Band, Windows

__all__ = ["ROUNDED", "ShownTable"]

ROUNDED = "rounded"
"""How a note says that a count of its row is not exact."""
_RANGED = re.compile(rf"^{WITHHELD}| of |not shown")
NEVER = frozenset(("df", "statistic"))
"""Columns of exact inference: they give counts away and no reader of a page needs them."""
LEAST_P, LEAST_SHARE = 0.001, 0.01
"""Nothing is told more closely than in thousandths (p-values) and in percent (shares)."""


class ShownTable:
    """One table on its way out.

    Parameters
    ----------
    sheet : Sheet
    windows : Windows
        How closely each count of the whole export is told.
    gone : frozenset of int
        Rows that are withheld beside those of too few patients.
    """

    def __init__(self, sheet: Sheet, windows: Windows, gone: frozenset[int] = frozenset()) -> None:
        self.sheet, self.windows = sheet, windows
        self.gone = gone | {row.number for row in sheet.rows if row.small}
        self.main = main_figure(sheet.kinds)
        self.reason = f"{WITHHELD}fewer than {sheet.limits.least_patients} patients"

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table: rounded, with ranges, blank where withheld, and the notes say so."""
        frame = self.sheet.frame
        rows = values_of(frame)
        notes = [self._show_row(row, rows[row.number]) for row in self.sheet.rows]
        columns = {
            name: _column(frame[name], [row[name] for row in rows], text=kind.kind == "text")
            if kind.kind in NUMBERS or kind.kind == "text"
            else frame[name]
            for name, kind in self.sheet.kinds.items()
        }
        shown = pd.DataFrame(columns, index=frame.index)
        shown.attrs = dict(frame.attrs)
        return self._blurred(_noted(shown, notes))

    @property
    def withheld(self) -> pd.DataFrame:
        """What is withheld or given as a range: table, keys of the row, reason."""
        table = self.table
        keys = self.sheet.columns("split", *UNDIVIDED)
        notes = [str(note) for note in table["note"]] if "note" in table else []
        rows = [at for at, note in enumerate(notes) if _RANGED.search(note)]
        found = {name: table[name].iloc[rows].reset_index(drop=True) for name in keys}
        reasons = pd.Series([notes[at] for at in rows], dtype="str")
        table_name = pd.Series([self.sheet.name] * len(rows), dtype="str")
        return pd.DataFrame({"table": table_name, **found, "reason": reasons})

    def _show_row(self, row: Row, values: dict[str, Any]) -> str:
        """Change the values of a row to those shown, and return what is to be noted."""
        if row.number in self.gone:
            for name, kind in self.sheet.kinds.items():
                if kind.kind in NUMBERS or kind.kind == "text":
                    values[name] = None
            return self.reason
        self._round_figures(row, values)
        said = [self._part(part, values) for part in row.parts]
        return "; ".join(filter(None, [*said, self._counts(row, values)]))

    def _counts(self, row: Row, values: dict[str, Any]) -> str:
        """Patients and sessions, exact or as the middle of a band; noted where they are those of a whole group."""
        values.update({name: self._shown(cell) for name, cell in row.main.items() if name in values})
        said: dict[str, list[str]] = {}
        for name, cell in row.main.items():
            if how := self._how(cell):
                said.setdefault(how, []).append(name)
        return "; ".join(
            f"{' and '.join(names).replace('_', ' ')} {how}"
            for how, names in sorted(said.items(), reverse=True)
        )

    def _how(self, cell: Cell) -> str:
        """What a note has to say of a count: that it is not exact, where it seems so, or in a wider band than usual."""
        if self._shown(cell) is None:
            return "not shown"
        exact_else = self.windows.system.is_whole(cell)
        told = self.windows.at(cell) > (0 if exact_else else 1)
        return f"{ROUNDED} to a band of {self.windows.width(cell)}" if told else ""

    def _shown(self, cell: Cell) -> float | None:
        """A count as a number: itself, the whole its band reaches to, or the five nearest its range's middle."""
        band = self.windows.band(cell)
        if band is None:
            return cell.value
        if band.tells_nothing:
            return None
        low, high = self.windows.of(cell)
        return band.whole if high >= band.whole else rounded((low + high) // 2, 5.0)

    def _part(self, part: Part, values: dict[str, Any]) -> str:
        """A part as a rounded share with its interval, or as a range with its note; a count beside them goes."""
        told, same = self._shown(part.of), part.cell == part.of
        whole = max(part.of.value if told is None else told, 1.0)
        band = self.windows.band(part.cell) or Band(part.cell.value, part.cell.value, whole)
        near = band.within(whole)
        shares = [name for name in part.columns if self.sheet.kinds[name].kind == "share"]
        for name in (name for name in part.columns if name not in shares):
            values[name] = None if shares or near.is_wide or told is None else near.middle
        if (near.is_wide or self.windows.at(part.cell) > 1 or told is None) and not same:
            low, high = (near.low / whole, near.high / whole) if told is not None else near.fractions
            for name in shares:
                values[name] = None
                self._as_range(name, values, (low or 0.0, 1.0 if high is None else high))
            said = near.words() if told is not None else near.share_words()
            return said if self._is_only_part else f"{part.columns[-1].replace('_', ' ')}: {said}"
        for name in shares:
            supported = nice(0.5 / part.of.value**0.5)
            unit = max(self._unit(name, values) or supported, LEAST_SHARE)
            values[name] = 1.0 if same else min(rounded(near.middle / whole, unit), 1.0)
            self._around(name, values, unit)
        return ""

    @cached_property
    def _is_only_part(self) -> bool:
        """Whether no row has a second part, from which the note would have to tell it."""
        return len(self.sheet.columns("share")) == 1

    def _around(self, name: str, values: dict[str, Any], unit: float) -> None:
        """The interval of a share lies around the share as it is shown, and is as wide as it was, in whole units."""
        ends = self._ends(name)
        if len(ends) == 2 and not any(_is_blank(values[end]) for end in ends):
            half = rounded((values[ends[1]] - values[ends[0]]) / 2, unit, outward=1)
            values[ends[0]] = max(rounded(values[name] - half, unit), 0.0)
            values[ends[1]] = min(rounded(values[name] + half, unit), 1.0)

    def _as_range(self, name: str, values: dict[str, Any], ends: tuple[float, float]) -> None:
        """The interval of a share that is told as a range is the range, for charts to draw."""
        for column, end, outward in zip(self._ends(name), ends, (-1, 1), strict=False):
            values[column] = min(rounded(end, 0.05, outward=outward), 1.0)

    def _unit(self, name: str, values: Mapping[str, Any]) -> float | None:
        """The unit of a figure by the interval beside it; none where it has none."""
        ends = [values[end] for end in self._ends(name)]
        return None if not ends or any(map(_is_blank, ends)) else unit_of(float(ends[0]), float(ends[1]))

    def _ends(self, name: str) -> list[str]:
        """The columns of a figure's interval."""
        own = [f"{name}_conf_low", f"{name}_conf_high"]
        ends = own if own[0] in self.sheet.kinds else ["conf_low", "conf_high"] if name == self.main else []
        return ends if set(ends) <= set(self.sheet.kinds) else []

    def _round_figures(self, row: Row, values: dict[str, Any]) -> None:
        """Round every figure that is no count by the interval beside it, else by how many patients there are."""
        patients, shares = row.main["patients"].value, self.sheet.columns("share")
        units = {name: self._unit(name, values) for name in (self.main, *self._figures)}
        for name, kind in self._figures.items():
            if _is_blank(values[name]):
                continue
            owner = kind.count or self.main if kind.kind == "interval" else name
            if kind.kind == "interval" and owner in shares and name in self._ends(owner):
                continue  # told with the share
            unit = units.get(owner) or units[self.main]
            if unit is not None and self.main in shares:
                unit = max(unit, LEAST_SHARE)
            band = _rounded(name, kind, float(values[name]), (unit, patients))
            values[name] = None if kind.kind == "quantile" and self._is_in_tail(name, patients) else band

    @cached_property
    def _figures(self) -> dict[str, ColumnKind]:
        kinds = ("estimate", "interval", "quantile")
        return {name: kind for name, kind in self.sheet.kinds.items() if kind.kind in kinds}

    def _is_in_tail(self, name: str, patients: float) -> bool:
        """Whether so few patients lie beyond a quantile that it is somebody's own reading."""
        level = float(f"0.{name[1:]:0>2}") if re.fullmatch(r"p\d\d?", name) else 0.5
        return patients * min(level, 1 - level) < self.sheet.limits.least_in_tail - 1e-9

    def _blurred(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Small counts in words go too: "7 patients" in a sentence is a count."""
        few = self.sheet.limits.least_patients
        small = "|".join(str(n) for n in range(1, few))
        pattern = re.compile(
            rf"(?<!than )(?<!least )(?<!most )(?<![\d.–-])\b(?:{small}) (patient|session)s?\b"
        )
        for column in self.sheet.columns("note", "text"):
            texts = frame[column].tolist()
            blurred = [pattern.sub(rf"fewer than {few} \1s", t) if isinstance(t, str) else t for t in texts]
            if any(isinstance(a, str) and a != b for a, b in zip(texts, blurred, strict=True)):
                frame = frame.assign(**{column: pd.Series(blurred, index=frame.index, dtype="object")})
        return frame


def _rounded(name: str, kind: ColumnKind, value: float, by: tuple[float | None, float]) -> float | None:
    """A figure as far as its interval supports; without one, to two digits, or one where patients are few."""
    unit, patients = by
    if name in NEVER:
        return None
    if name == "p_value":
        return max(significant(value, 1), LEAST_P)
    if name == "conf_level":
        return value
    if kind.kind == "interval" and name.endswith("std_error"):
        return significant(value, 1)
    if unit is None or name == "width":
        return significant(value, 2 if patients >= 100 else 1)
    outward = -1 if name.endswith("conf_low") else 1 if name.endswith("conf_high") else 0
    return rounded(value, unit, outward=outward)


def _is_blank(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _column(before: pd.Series, values: list[Any], *, text: bool) -> pd.Series:
    """A column of new values: as it was where nothing changed, else numbers as floats, which can be missing."""
    if text:
        return pd.Series([None if _is_blank(v) else v for v in values], index=before.index, dtype="object")
    found = pd.Series(
        [np.nan if _is_blank(v) else float(v) for v in values], index=before.index, dtype="float64"
    )
    whole = pd.api.types.is_integer_dtype(before) and found.notna().all()
    return found.astype(before.dtype) if whole else found


def _noted(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Add to the notes of rows; a withheld row keeps only the reason."""
    if not any(notes):
        return frame
    old = frame["note"] if "note" in frame.columns else pd.Series("", index=frame.index)
    before = ["" if _is_blank(note) else str(note) for note in old]
    said = [
        new if new.startswith(WITHHELD) else "; ".join(filter(None, (first, new)))
        for first, new in zip(before, notes, strict=True)
    ]
    return frame.assign(note=pd.Series(said, index=frame.index, dtype="str"))
