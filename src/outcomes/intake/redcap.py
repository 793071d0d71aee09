"""Any REDCap project's export as one row per session: repeating instruments, repeating events, both, or neither.

Comes in: a raw table with a row per form, event and instance, and which fields belong to a session, to its follow-up,
or are recorded once. Goes out: one row per session, with the values of its follow-up and of the patient, and what
became of every other row. Nothing that was entered is dropped without a word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outcomes.intake.account import Moved

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RECORD_COLUMNS", "SESSION", "SYSTEM_COLUMNS", "one_row_per_session"]

SESSION = "redcap session"
"""A column that is added: what tells the sessions of a patient apart."""

SYSTEM_COLUMNS = {
    "event": ("redcap_event_name", "Event Name"),
    "instrument": ("redcap_repeat_instrument", "Repeat Instrument"),
    "instance": ("redcap_repeat_instance", "Repeat Instance"),
    "group": ("redcap_data_access_group", "Data Access Group"),
    "survey": ("redcap_survey_identifier", "Survey Identifier"),
}
"""What REDCap's own columns are called, with variable names and with labels as headings."""
RECORD_COLUMNS = ("record_id", "Record ID", "patient_id", "study_id", "participant_id", "subject_id")
_COMPLETE = re.compile(r".+_complete|Complete\?(?: \(\d+\))?")
_UNTICKED = frozenset(["0", "0.0", "unchecked"])


@dataclass
class _Row:
    """A row of the export."""

    at: int
    record: str
    event: str
    instrument: str
    instance: str
    session: bool
    followup: bool
    filled: bool

    @property
    def place(self) -> tuple[str, str, str]:
        """What rows of one session share."""
        return self.record, self.event, self.instance

    @property
    def number(self) -> str:
        """The number in the name of its event: ``visit_2_arm_1`` is the second."""
        found = re.search(r"\d+", re.sub(r"_arm_\d+$|\(Arm \d+.*\)$", "", self.event))
        return found[0] if found else ""


@dataclass
class _Session:
    """Rows that are one session, and those of its follow-up."""

    rows: list[_Row]
    followups: list[_Row] = field(default_factory=list)


def one_row_per_session(
    raw: pd.DataFrame, *, record: str, session: Sequence[str], followup: Sequence[str]
) -> tuple[pd.DataFrame, list[Moved]]:
    """Put the rows of each session together.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text, blank as missing.
    record : str
        The column that names the patient.
    session, followup : sequence of str
        Fields filled in at a session, and at its follow-up; every other field is the patient's.

    Returns
    -------
    pandas.DataFrame
        In the order of the sessions' first rows, whose index it keeps; with a column :data:`SESSION`.
    list of Moved
    """
    rows = _rows(raw, record, session, followup)
    moved = [Moved("left out", "instances nobody filled in", sum(not row.filled for row in rows))]
    sessions, further = _sessions([row for row in rows if row.filled and row.session])
    moved.append(Moved("merged", "further forms of one session", further))
    later = [row for row in rows if row.filled and row.followup and not row.session]
    lost = _join(sessions, later)
    moved.append(Moved("merged", "follow-ups joined to their session", len(later) - lost))
    moved.append(Moved("left out", "follow-ups whose session is not in the file", lost))
    once = [row for row in rows if row.filled and not row.session and not row.followup]
    seen = {one.rows[0].record for one in sessions}
    known = sum(row.record in seen for row in once)
    moved.append(Moved("merged", "recorded once per patient, given to each session", known))
    moved.append(Moved("left out", "rows of patients without a session", len(once) - known))
    return _merged(raw, sessions, [row for row in once if row.record in seen]), moved


def _system(raw: pd.DataFrame, what: str) -> str | None:
    """What REDCap's own column of a kind is called in this export."""
    return next((name for name in SYSTEM_COLUMNS[what] if name in raw.columns), None)


def _rows(raw: pd.DataFrame, record: str, session: Sequence[str], followup: Sequence[str]) -> list[_Row]:
    system = {_system(raw, what) for what in SYSTEM_COLUMNS} | {record}
    content = [name for name in raw.columns if name not in system and not _COMPLETE.fullmatch(str(name))]
    boxes = [name for name in content if "___" in str(name) or "(choice=" in str(name)]
    filled = raw[content].notna()
    for name in boxes:  # REDCap writes a 0 for every box that is not ticked
        filled[name] &= ~raw[name].fillna("0").str.casefold().isin(_UNTICKED)
    event, instrument, instance = (
        raw[own].fillna("").tolist() if (own := _system(raw, what)) else [""] * len(raw)
        for what in ("event", "instrument", "instance")
    )
    of_session = filled[[name for name in session if name in filled]].any(axis="columns").to_numpy()
    of_followup = filled[[name for name in followup if name in filled]].any(axis="columns").to_numpy()
    some = filled.any(axis="columns").to_numpy()
    who = raw[record].fillna("").tolist()
    return [
        _Row(at, *place, bool(of_session[at]), bool(of_followup[at]), bool(some[at]))
        for at, place in enumerate(zip(who, event, instrument, instance, strict=True))
    ]


def _sessions(rows: Sequence[_Row]) -> tuple[list[_Session], int]:
    """Rows of one place and of different instruments are one session; how many rows were further ones."""
    sessions: list[_Session] = []
    open_at: dict[tuple[str, str, str], _Session] = {}
    for row in rows:
        known = open_at.get(row.place)
        if known and row.instrument and all(row.instrument != other.instrument for other in known.rows):
            known.rows.append(row)
            continue
        sessions.append(_Session([row]))
        if row.instance or row.event:
            open_at[row.place] = sessions[-1]
    return sessions, len(rows) - len(sessions)


def _join(sessions: Sequence[_Session], later: Sequence[_Row]) -> int:
    """Give every follow-up to its session; how many have none."""
    by_record = defaultdict(list)
    for one in sessions:
        by_record[one.rows[0].record].append(one)
    counts: dict[str, int] = defaultdict(int)
    for row in later:
        counts[row.record] += 1
    lost = 0
    for row in later:
        of_patient = by_record[row.record]
        found = (
            [one for one in of_patient if one.rows[0].place == row.place]
            or [one for one in of_patient if row.instance and one.rows[0].instance == row.instance]
            or [one for one in of_patient if row.number and one.rows[0].number == row.number]
            or [one for one in of_patient if len(of_patient) == 1 == counts[row.record] and not row.instance]
        )
        free = [one for one in found if all(other.instrument != row.instrument for other in one.followups)]
        if len(free) == 1:
            free[0].followups.append(row)
        else:
            lost += 1
    return lost


def _merged(raw: pd.DataFrame, sessions: Sequence[_Session], once: Sequence[_Row]) -> pd.DataFrame:
    """Rows of each session, its follow-up and its patient as one: of every column, the first value there is."""
    import numpy as np
    import pandas as pd

    cells = raw.to_numpy(dtype=object)
    blank = raw.isna().to_numpy()
    of_patient: dict[str, list[int]] = defaultdict(list)
    for row in once:
        of_patient[row.record].append(row.at)
    merged = np.empty((len(sessions), raw.shape[1]), dtype=object)
    for number, one in enumerate(sessions):
        places = [row.at for row in (*one.rows, *one.followups)] + of_patient[one.rows[0].record]
        first = np.argmax(~blank[places], axis=0)
        merged[number] = cells[np.array(places)[first], np.arange(raw.shape[1])]
    index = raw.index[[one.rows[0].at for one in sessions]]
    frame = pd.DataFrame(merged, columns=raw.columns, index=index).astype("str")
    return frame.assign(**{SESSION: pd.Series(_names(sessions), index=index, dtype="str")})


def _names(sessions: Sequence[_Session]) -> list[str]:
    """What tells the sessions of a patient apart: the instance; where that does not, the event too, or a number."""
    rows = [one.rows[0] for one in sessions]
    by_instance = all(row.instance for row in rows) and len(
        {(row.record, row.instance) for row in rows}
    ) == len(rows)
    names, seen = [], Counter[tuple[str, str]]()
    for row in rows:
        name = row.instance if by_instance else "-".join(filter(None, (row.event, row.instance))) or "1"
        seen[row.record, name] += 1
        nth = seen[row.record, name]
        names.append(name if nth == 1 else f"{name}-{nth}")
    return names
