"""What each column of a raw export is for, recognized by its name and its values.

Comes in: a raw table of text. Goes out: the columns that say which patient, session, clinic and clinician a row belongs
to, when it was, how old the patient is; and of every other column, what identifies somebody. Refuses a table in which
nothing says which patient a row belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.identifiers import kind_of_name, words_of
from outcomes.errors import MappingError
from outcomes.files.columns import Columns
from outcomes.record.columns import KNOWN_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RawColumns", "raw_columns", "singles_out"]

_PEOPLE = frozenset(["patient", "client", "subject", "participant", "pt", "person", "case"])
_STAFF = frozenset(
    ["clinician", "therapist", "provider", "practitioner", "physician", "doctor", "staff", "nurse"]
)
_PLACES = frozenset(["clinic", "site", "branch", "facility", "practice"])
_VISITS = frozenset(["session", "visit", "encounter", "appointment", "appt", "treatment", "service", "dos"])
_NUMBER = frozenset(
    ["id", "ids", "identifier", "number", "no", "num", "code", "key", "csn", "name", "record"]
)
_LATER = frozenset(["followup", "follow", "up", "48", "48h", "2d", "call"])
_NOT_OWN = frozenset(
    ["referring", "referrer", "referral", "primary", "gp", "previous", "last", "next", "insurance"]
)
_OTHER_DATES = frozenset(
    ["birth", "death", "onset", "injury", "surgery", "admission", "discharge", "entry", "created", "updated"]
) | {"modified", "next", "previous", "last", "first", "diagnosis", "referral", "start", "end"}


@dataclass(frozen=True)
class RawColumns:
    """Names of the raw columns by what they are for; None where there is none.

    Attributes
    ----------
    patient : tuple of str
        One id, or the columns that together tell patients apart (names and birth date).
    identifying : dict of str to str
        Short name of the kind of identifier, for every column that looks like one.
    """

    patient: tuple[str, ...]
    session: str | None
    clinic: str | None
    clinician: str | None
    date: str | None
    later_date: str | None
    birth: str | None
    age: str | None
    identifying: dict[str, str] = field(default_factory=dict)

    @property
    def dates(self) -> tuple[str, ...]:
        """Columns that hold dates."""
        own = {self.date, self.later_date, self.birth} - {None}
        others = {name for name, kind in self.identifying.items() if kind in ("date", "birth date")}
        return tuple(sorted(str(name) for name in own | others))


def raw_columns(raw: Columns) -> RawColumns:
    """Tell what the columns are for.

    Parameters
    ----------
    raw : Columns
        Text, columns with the record's names spelled as the record does.

    Raises
    ------
    MappingError
        Where no column says which patient a row belongs to.
    """
    identifying: dict[str, str] = {}
    positions = {f"column {at}": str(name) for at, name in enumerate(raw, start=1)}
    for finding in identifying_columns(raw):
        name = finding.column if finding.column in raw else positions[finding.column]
        identifying.setdefault(name, finding.code)
    names = [str(name) for name in raw if identifying.get(str(name)) != "heading"]
    undated = [name for name in names if identifying.get(name) not in ("date", "birth date")]
    date = _session_date(names, identifying)
    birth = next((name for name in names if kind_of_name(name) == "birth date"), None)
    return RawColumns(
        patient=_patient(names, birth),
        session=_first(undated, "session_id", _VISITS, _NUMBER - {"number", "no", "num", "code", "name"}),
        clinic=_first(undated, "clinic_id", _PLACES, _NUMBER),
        clinician=_first(undated, "clinician_id", _STAFF, _NUMBER | {"treating", "first", "last", "full"}),
        date=date,
        later_date=_later_date(names, identifying, date),
        birth=birth,
        age=_age(names),
        identifying=identifying,
    )


def _first(names: list[str], own: str, about: frozenset[str], also: frozenset[str]) -> str | None:
    """The record's own column, or the first whose words are about such a thing and its number or name."""
    if own in names:
        return own
    for name in names:
        words = set(words_of(name))
        if words & about and words <= about | also and name not in KNOWN_NAMES and words != {"treatment"}:
            return name
    return None


def _patient(names: list[str], birth: str | None) -> tuple[str, ...]:
    if "patient_id" in names:
        return ("patient_id",)
    numbers = [name for name in names if kind_of_name(name) == "record number"]
    ids = [name for name in names if _about_people(set(words_of(name)))]
    plain = [name for name in names if words_of(name) in (("record", "id"), ("id",), ("study", "id"))]
    if found := [*numbers, *ids, *plain]:
        return (found[0],)
    people = [
        name
        for name in names
        if kind_of_name(name) == "name" and not set(words_of(name)) & (_STAFF | _NOT_OWN)
    ]
    if people:
        return (*people, *([birth] if birth else []))
    raise MappingError(
        "No column says which patient a row belongs to, so patients cannot be told apart. Name that column "
        "patient_id (it may hold a record number: it becomes a pseudonym)."
    )


def _about_people(words: set[str]) -> bool:
    return bool(words & _PEOPLE) and words <= _PEOPLE | (_NUMBER - {"name"})


def _session_date(names: list[str], identifying: dict[str, str]) -> str | None:
    ranked = []
    for at, name in enumerate(names):
        words = set(words_of(name))
        own = name in KNOWN_NAMES and name != "day"
        if identifying.get(name) != "date" or words & (_LATER | _OTHER_DATES) or own:
            continue
        about = bool(words & _VISITS) or any(word.startswith(tuple(_VISITS)) for word in words)
        plain = words <= {"date", "dates", "day", "time", "datetime", "timestamp", "dt", "datum", "fecha"}
        ranked.append((0 if about else 1 if plain else 2, at, name))
    return min(ranked)[2] if ranked else None


def _later_date(names: list[str], identifying: dict[str, str], date: str | None) -> str | None:
    later = [
        name
        for name in names
        if identifying.get(name) == "date"
        and name != date
        and set(words_of(name)) & {"followup", "follow", "48", "call"}
    ]
    return later[0] if later else None


def _age(names: list[str]) -> str | None:
    ages = [name for name in names if "age" in words_of(name) and name != "age_band"]
    years = [name for name in ages if not set(words_of(name)) & {"month", "months", "day", "days", "onset"}]
    return "age_band" if "age_band" in names and not years else years[0] if years else None


def singles_out(name: str, cells: pd.Series, patients: pd.Series) -> bool:
    """Whether a column beyond the record is an id by its heading, or long numbers of its own per patient."""
    words = set(words_of(name))
    if (
        _about_people(words)
        or (words & _VISITS and words & {"id", "identifier", "csn"})
        or words & {"npi", "guid", "uuid"}
    ):
        return True
    there = cells.dropna()
    if there.empty or not there.str.fullmatch(r"\d{4,}(?:\.0*)?").mean() >= 0.5:
        return False
    return bool(there.nunique() >= 0.5 * patients.nunique())
