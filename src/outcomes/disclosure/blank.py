"""A table and what of it is withheld in, the table as it may be shown out: blanks and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.disclosure.columns import ColumnKind
from outcomes.disclosure.counts import (
    CURVE,
    FOLLOWUP,
    NUMBERS,
    WITHHELD,
    WITHHELD_IN_PART,
    Cell,
    Row,
    Sheet,
    main_figure,
)
from outcomes.disclosure.curves import recount
from outcomes.disclosure.limits import Limits
from outcomes.disclosure.suppression import Hidden

__all__ = ["BlankedTable"]


class BlankedTable:
    """One table on its way out.

    Parameters
    ----------
    sheet : Sheet
    hidden : Hidden
        What is withheld of the whole export.
    limits : Limits
    reasons : mapping of (table, number) to str
        Rows withheld for a reason of their own (an earlier export).
    """

    def __init__(
        self, sheet: Sheet, hidden: Hidden, limits: Limits, reasons: Mapping[tuple[str, int], str]
    ) -> None:
        self.sheet, self.hidden, self.limits, self.reasons = sheet, hidden, limits, reasons
        self.main = main_figure(sheet)
        few = limits.least_patients
        self.reason = f"{WITHHELD}fewer than {few} patients, or it would reveal so few"
        self.reason_in_part = f" (counts below {few}, single readings, or what would reveal one)"

    def table(self) -> pd.DataFrame:
        """Blank what is withheld and say so in the notes."""
        frame = recount(self.sheet, self.hidden)
        blank: dict[str, list[int]] = {}
        for number, (gone, _) in self._verdicts.items():
            for column in gone:
                blank.setdefault(column, []).append(number)
        for column, numbers in blank.items():
            frame[column] = _blanked(frame[column], numbers)
        return self._blurred(_noted(frame, {n: note for n, (_, note) in self._verdicts.items()}))

    def withheld(self) -> pd.DataFrame:
        """List what is withheld: table, keys of the row, columns, reason."""
        keys = self.sheet.columns("split", "time", "ordered", "label", "mention")
        found = self.sheet.frame[keys].iloc[list(self._verdicts)].reset_index(drop=True)
        found.attrs = {}
        found.insert(0, "table", pd.Series([self.sheet.name] * len(found), dtype="str"))
        verdicts = self._verdicts.items()
        columns = ["all" if self._is_whole(number) else ", ".join(gone) for number, (gone, _) in verdicts]
        found["columns"] = pd.Series(columns, dtype="str")
        found["reason"] = pd.Series([note for _, (_, note) in verdicts], dtype="str")
        return found

    @cached_property
    def _verdicts(self) -> dict[int, tuple[list[str], str]]:
        """For each row something is withheld of: the columns to blank, and the note."""
        found = {}
        for row in self.sheet.rows:
            gone, note = self._whole(row) if self._is_whole(row.number) else self._in_part(row)
            if note:
                found[row.number] = (gone, note)
        return found

    def _is_whole(self, number: int) -> bool:
        return (self.sheet.name, number) in self.hidden.rows

    def _whole(self, row: Row) -> tuple[list[str], str]:
        gone = [c for c, kind in self.sheet.kinds.items() if kind.kind in NUMBERS or kind.kind == "text"]
        old = str(self.sheet.frame["note"].iloc[row.number]) if row.closed else ""
        return gone, old or self.reasons.get(row.key, self.reason)

    def _in_part(self, row: Row) -> tuple[list[str], str]:
        gone = {
            c for c, kind in self.sheet.kinds.items() if kind.kind in NUMBERS and self._is_gone(row, kind)
        }
        for column, kind in self.sheet.kinds.items():
            if kind.kind == "interval" and (kind.count or self.main) in gone:
                gone.add(column)
        there = [c for c in self.sheet.kinds if c in gone and pd.notna(self.sheet.frame[c].iloc[row.number])]
        return there, f"{WITHHELD_IN_PART}{', '.join(there)}{self.reason_in_part}" if there else ""

    def _is_gone(self, row: Row, kind: ColumnKind) -> bool:
        """Tell whether a figure of a row is withheld: a share with its count or with what it is a share of."""
        running = [part.cell for part in row.parts.values() if part.partition == CURVE]
        if kind.kind == "curve" or (kind.name == "still_sore" and running):
            return any(self._is_hidden(cell) for cell in running)
        if kind.kind == "quantile":
            return not self._is_safe_quantile(row, kind.name)
        if kind.kind == "share":
            whole = row.main.get(kind.of)
            count = row.cell(kind.count)
            lost = whole is not None and whole.value is not None and self._is_hidden(whole)
            eligible = row.cell(f"{kind.of}_eligible") if kind.part == FOLLOWUP else None
            lost_count = self._is_hidden(count) or self._is_hidden(eligible)
            return lost_count or (lost and (count is None or count.value != 0))
        return self._is_hidden(row.cell(kind.name))

    def _is_hidden(self, cell: Cell | None) -> bool:
        return cell is not None and cell in self.hidden.cells

    def _is_safe_quantile(self, row: Row, name: str) -> bool:
        """Tell whether enough patients lie beyond the quantile that it is nobody's own reading."""
        level = float(f"0.{name[1:]:0>2}") if re.fullmatch(r"p\d\d?", name) else 0.5
        patients = row.main["patients"].value or 0.0
        return patients * min(level, 1 - level) >= self.limits.least_in_tail - 1e-9

    def _blurred(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Small counts in words go too: "7 patients" in a sentence is a count."""
        few = self.limits.least_patients
        small = "|".join(str(n) for n in range(1, few))
        pattern = re.compile(
            rf"(?<!than )(?<!least )(?<!most )(?<![\d.–-])\b(?:{small})(?= (?:patient|session)s?\b)"
        )
        for column in self.sheet.columns("note", "text"):
            texts = frame[column].tolist()
            blurred = [pattern.sub(f"fewer than {few}", t) if isinstance(t, str) else t for t in texts]
            if any(isinstance(a, str) and a != b for a, b in zip(texts, blurred, strict=True)):
                frame = frame.assign(**{column: pd.Series(blurred, index=frame.index, dtype="object")})
        return frame


def _blanked(column: pd.Series, numbers: list[int]) -> pd.Series:
    """Blank positions of a column; whole numbers become floats, which can be missing."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        values = column.astype("float64").to_numpy(copy=True)
        values[numbers] = np.nan
        return pd.Series(values, index=column.index, name=column.name)
    blanked = column.astype("object").copy()
    blanked.iloc[numbers] = None
    return blanked


def _noted(frame: pd.DataFrame, notes: Mapping[int, str]) -> pd.DataFrame:
    """Set the notes of rows; what a note said before stays in front where the row is shown."""
    if not notes:
        return frame
    if "note" in frame.columns:
        old = ["" if note is None or pd.isna(note) else str(note) for note in frame["note"]]
    else:
        old = [""] * len(frame)
    for number, note in notes.items():
        before = old[number] if note.startswith(WITHHELD_IN_PART) else ""
        earlier = re.sub(rf"(?:; )?{re.escape(WITHHELD_IN_PART)}.*$", "", before)
        old[number] = "; ".join(part for part in (earlier, note) if part)
    return frame.assign(note=pd.Series(old, index=frame.index, dtype="str"))
