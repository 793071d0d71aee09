"""The safe table as it grows, column by column.

Comes in: a raw table of text. Goes out: pseudonyms, days, age bands, numbers and codes, and a note of what was done to
each column. What is not plainly one of these does not pass.
"""

from __future__ import annotations

from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from outcomes.deidentify.dates import DateTexts, day_comes_first, read_dates
from outcomes.deidentify.identifiers import KINDS, words_of
from outcomes.deidentify.pseudonyms import pseudonyms
from outcomes.deidentify.roles import RawColumns, raw_columns, singles_out
from outcomes.deidentify.safe_cells import could_be_codes, numbers_only, shared_codes, shared_texts
from outcomes.files.columns import Columns, by_distinct
from outcomes.record.columns import KNOWN_NAMES, column, ten_year_band
from outcomes.record.synthetic import mark_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SafeTable"]

_PIECE = 50_000


class SafeTable:
    """The raw table, the safe one as it grows, and what was done to each column."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self.raw = Columns(raw)
        self.roles: RawColumns = raw_columns(self.raw)
        self.safe = Columns({})
        self.done: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.used: set[str] = set()
        self.first_time: pd.Series | None = None

    def note(self, raw: str, became: str, done: str, left_out: int = 0) -> None:
        """Note what was done to a column."""
        self.used.add(raw)
        self.done.append({"column": raw, "became": became, "done": done, "cells_left_out": left_out})

    # ids ---------------------------------------------------------------------------------------------------

    def make_ids(self, key: bytes) -> None:
        """Pseudonyms of patients, sessions, clinics and clinicians."""
        who = self._joined(self.roles.patient)
        self.safe["patient_id"] = self._pseudonyms(who, "patient", key)
        for name in self.roles.patient:
            self.note(name, "patient_id", "pseudonym from a keyed hash")
        if self.roles.session is not None:
            self._make_id(self.roles.session, "session", key)
        else:
            when = self.raw[self.roles.date].fillna("") if self.roles.date else who
            place = who.fillna("") + "\x1f" + when
            nth = place.groupby(place).cumcount().astype("str")
            self.safe["session_id"] = self._pseudonyms(place + "\x1f" + nth, "session", key)
            self.done.append(
                {
                    "column": "(none)",
                    "became": "session_id",
                    "done": "made from patient, date and order by a keyed hash",
                    "cells_left_out": 0,
                }
            )
        for role in ("clinic", "clinician"):
            name = getattr(self.roles, role)
            if name is not None and name not in self.used:
                self._make_id(name, role, key)

    def _make_id(self, name: str, kind: str, key: bytes) -> None:
        self.safe[f"{kind}_id"] = self._pseudonyms(self.raw[name], kind, key)
        self.note(name, f"{kind}_id", "pseudonym from a keyed hash")

    def _joined(self, names: tuple[str, ...]) -> pd.Series:
        """One id as it is; several columns (names, birth date) joined, their spelling evened out."""
        if len(names) == 1 and self.roles.identifying.get(names[0]) != "name":
            return self.raw[names[0]]
        parts = [self.raw[name].str.casefold().str.split().str.join(" ").fillna("") for name in names]
        joined = parts[0]
        for part in parts[1:]:
            joined = joined + "\x1f" + part
        return joined.where(reduce(or_, (self.raw[name].notna() for name in names)))

    @staticmethod
    def _pseudonyms(cells: pd.Series, kind: str, key: bytes) -> pd.Series:
        """The pseudonym of each cell; made in pieces, for a table of all ids and their hashes is not small."""
        import pandas as pd

        codes, distinct = pd.factorize(cells.array)
        made: list[str] = []
        for start in range(0, len(distinct), _PIECE):
            known = pseudonyms(distinct[start : start + _PIECE], kind=kind, key=key)
            if kind == "session":  # what is synthetic stays marked so
                known = {cell: mark_of(cell) + pseudonym for cell, pseudonym in known.items()}
            made += known.values()
        return pd.Series(pd.array(made, dtype="str").take(codes, allow_fill=True), index=cells.index)

    # times -------------------------------------------------------------------------------------------------

    def make_times(self, day_first: bool | None) -> None:
        """Days since the patient's first session; hours from session to follow-up where both carry a time."""
        dates = [self.raw[name] for name in self.roles.dates if name in self.raw]
        order = day_comes_first(dates) if day_first is None else day_first
        read: dict[str, DateTexts] = {
            name: read_dates(self.raw[name], day_first=order)
            for name in (self.roles.date, self.roles.later_date, self.roles.birth)
            if name is not None
        }
        self.read_times = read
        if self.roles.date is None or self.roles.date in self.used:
            return
        session = read[self.roles.date]
        self.first_time = session.times.dt.normalize().groupby(self.safe["patient_id"]).transform("min")
        days = (session.times.dt.normalize() - self.first_time).dt.days
        self.safe["day"] = days.astype("Int64")
        self.note(self.roles.date, "day", "days since the patient's first session", session.unread)
        if "day" in self.raw:
            self.note("day", "day", "replaced by the days counted from the dates")
        self._note_unread(self.roles.date, session)
        self._make_followup_hours(session, read)

    def _make_followup_hours(self, session: DateTexts, read: dict[str, DateTexts]) -> None:
        name = self.roles.later_date
        if name is None or not (session.timed and read[name].timed) or "followup_h" in self.raw:
            return
        hours = (read[name].times - session.times).dt.total_seconds() / 3600
        self.safe["followup_h"] = hours.round(1).where((hours > 0) & (hours <= 8760))
        self.note(name, "followup_h", "hours from session to follow-up", read[name].unread)

    def _note_unread(self, name: str, dates: DateTexts) -> None:
        if dates.ambiguous:
            self.notes.append(
                f"`{name}`: no date of the file tells whether day or month comes first, so such dates are left out. "
                "Say which (day_first), or write dates as YYYY-MM-DD."
            )

    # ages --------------------------------------------------------------------------------------------------

    def make_age_bands(self) -> None:
        """Ten-year bands, the last 90+, of the age at the patient's first session."""
        if self.roles.birth is not None and self._bands_from_birth(self.roles.birth):
            return
        if self.roles.age is not None:
            ages = self.raw[self.roles.age]
            bands = by_distinct(ages, lambda texts: texts.map(ten_year_band).astype("str"))
            first = bands.groupby(self.safe["patient_id"]).transform("first")
            self.safe["age_band"] = first.where(first.notna(), bands).astype("str")
            unread = int((ages.notna() & bands.isna()).sum())
            self.note(self.roles.age, "age_band", "ten-year bands, the last 90+", unread)

    def _bands_from_birth(self, name: str) -> bool:
        cells = self.raw[name]
        born = self.read_times[name]
        whole = cells.str.fullmatch(r"(?:18|19|20)\d{2}").fillna(False).astype(bool)
        year = born.times.dt.year.where(~whole, cells.where(whole).astype("float"))
        if self.first_time is None or not (year.notna() & self.first_time.notna()).any():
            self.notes.append(f"`{name}`: an age needs a session date beside the birth date; it is left out.")
            self._note_unread(name, born)
            return False
        first = self.first_time
        before = (first.dt.month * 100 + first.dt.day) < (born.times.dt.month * 100 + born.times.dt.day)
        age = first.dt.year - year - before.astype("float")
        age = age.where(age >= 0, age + 100 if cells.str.fullmatch(r".*\D\d{2}").any() else float("nan"))
        bands = age.map(lambda years: ten_year_band(f"{years:.0f}"), na_action="ignore")
        self.safe["age_band"] = bands.astype("str")
        self.note(name, "age_band", "ten-year bands, the last 90+", int((cells.notna() & bands.isna()).sum()))
        return True

    @cached_property
    def _patients(self) -> pd.Series:
        """The patient of each row, as a number."""
        import pandas as pd

        codes, _ = pd.factorize(self.safe["patient_id"].array)
        numbers = pd.Series(codes, index=self.safe["patient_id"].index, dtype="float64")
        return numbers.where(numbers >= 0)

    # the rest ----------------------------------------------------------------------------------------------

    def keep_the_rest(self) -> None:
        """Numbers and codes of the record; of other columns, numbers and texts that several patients share."""
        for at, name in enumerate(self.raw, start=1):
            if name in self.used:
                continue
            kind = self.roles.identifying.get(name)
            if name in KNOWN_NAMES:
                self._keep_own(name)
            elif kind is not None:
                shown = name if kind != "heading" else f"column {at}"
                self.note(
                    shown, "", f"left out: looks like {KINDS[kind].says}", int(self.raw[name].notna().sum())
                )
                self.used.add(name)
            elif "age" in words_of(name):
                self.note(name, "", "left out: another age", int(self.raw[name].notna().sum()))
            elif singles_out(name, self.raw[name], self._patients):
                self.note(
                    name,
                    "",
                    "left out: an id, or a number of its own per patient",
                    int(self.raw[name].notna().sum()),
                )
            else:
                self._keep_other(name)

    def _keep_own(self, name: str) -> None:
        c, cells = column(name), self.raw[name]
        if name in self.safe:
            self.note(name, name, "replaced by what another column says")
            return
        if c.kind in ("number", "integer"):
            kept, done = numbers_only(cells, digits=5), "numbers kept"
        else:
            kept, done = shared_codes(c, cells, self._patients), "codes kept"
        self.safe[name] = kept
        self.note(name, name, done, int((cells.notna() & kept.isna()).sum()))

    def _keep_other(self, name: str) -> None:
        cells = self.raw[name]
        n = int(cells.notna().sum())
        numbers = numbers_only(cells)
        if n and numbers.notna().sum() >= 0.95 * n:
            if could_be_codes(name, cells):
                self.note(
                    name, "", "left out: whole numbers that could be postcodes, years or record numbers", n
                )
                return
            kept, done = numbers, "beyond the record: numbers kept, look whether they could identify"
        else:
            kept = shared_texts(name, cells, self._patients)
            done = "beyond the record: ordinary words that several patients share kept"
        left = n - int(kept.notna().sum())
        if not n or left > 0.5 * n:
            why = "holds nothing" if not n else "free text, or values of single patients"
            self.note(name, "", f"left out: {why}", n)
            return
        self.safe[name] = kept
        self.note(name, name, done, left)
