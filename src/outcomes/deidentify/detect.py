"""Which columns of a table look as if they identify people.

Comes in: a pandas frame or an Arrow table, of raw text or typed. Goes out: one finding per column and kind of
identifier, by the column's heading or by its values, and never a value. Every text is looked at: a long column of ids
through a quick screen, everything else by its distinct values. Numbers are looked at where a number could give
somebody away: ages, dates written as numbers, national and record numbers, postcodes.

Passing is no proof that a table is de-identified: a nickname in a column of codes looks like a code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from outcomes.deidentify.ages import any_over_89, over_89_in_text
from outcomes.deidentify.identifiers import KINDS, is_about_age, kind_of_name, words_of
from outcomes.deidentify.numbers import dates_as_numbers
from outcomes.deidentify.people import Crowd, clues
from outcomes.deidentify.texts import SCREEN, kinds_of_texts
from outcomes.files.columns import Columns
from outcomes.files.text_table import arrow_column, as_utf8, is_missing
from outcomes.record.columns import KNOWN_NAMES, column

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Finding",
    "headings_that_are_data",
    "identifies_somebody",
    "identifying_columns",
    "looks_like_data",
]

FEW = 20_000
"""Up to so many rows all distinct texts are read; of longer columns with many distinct ones, those screened."""
SAMPLE = 2_000
_DAYS = ("day",)
"""Numbers of the record that a date could stand in for."""
_RECORD = (b"mrn", b"med", b"chart")
_PEOPLE = {"patient", "client", "subject", "participant", "person", "case", "pt"}
_STAFF = {"clinician", "therapist", "provider", "practitioner", "staff", "operator"}
_ID_WORDS = {"id", "ids", "identifier", "pseudonym", "key", "number", "no", "code"}


@dataclass(frozen=True)
class Finding:
    """A column that looks as if it identifies people.

    Attributes
    ----------
    column : str
        Its name; or its position, where the name itself looks like data.
    kind : str
        What it looks like, in words ("an email address").
    how : {"name", "values"}
        What gave it away.
    remedy : str
        What to do about it.
    code : str
        The kind's short name, a key of :data:`outcomes.deidentify.identifiers.KINDS`.
    """

    column: str
    kind: str
    how: Literal["name", "values"]
    remedy: str
    code: str


def identifying_columns(
    table: pd.DataFrame | Any, *, known: frozenset[str] = frozenset(KNOWN_NAMES)
) -> list[Finding]:
    """Find the columns that look as if they identify people: the eighteen kinds of HIPAA's Safe Harbor.

    Parameters
    ----------
    table : pandas.DataFrame, Columns or pyarrow.Table
        Raw text or typed columns.
    known : frozenset of str
        Columns whose names are beyond suspicion (their values are not): by default the session record's.

    Returns
    -------
    list of Finding
        In the order of the columns; never a value.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"patient_id": ["ann.lee@example.org"], "pain_pre": [6.0], "DOB": ["1980-02-29"]})
    >>> [(finding.column, finding.kind, finding.how) for finding in identifying_columns(raw)]
    [('patient_id', 'an email address', 'values'), ('DOB', 'a birth date', 'name')]
    """
    whole = _Table(tuple(_columns(table)), known)
    found: list[Finding] = []
    for position, (name, values) in enumerate(whole.columns, start=1):
        found.extend(_of_column(name, values(), position, whole))
    return found


@dataclass(frozen=True)
class _Table:
    """The columns of a table by name, those beyond suspicion, and how many patients there are."""

    columns: tuple[tuple[str, Callable[[], Any]], ...]
    known: frozenset[str]

    @cached_property
    def data_headings(self) -> set[str]:
        """Headings that are data themselves."""
        return headings_that_are_data(name for name, _ in self.columns if name not in self.known)

    @cached_property
    def patients(self) -> int | None:
        """Patients, by the column that tells them apart (of a long table, in rows evenly spread); None without one."""
        import pyarrow.compute as pc

        ids = [
            name
            for name, _ in self.columns
            if set(words_of(name)) & _PEOPLE and _role(name, self.known) == "id"
        ]
        if not ids:
            return None
        values = dict(self.columns)["patient_id" if "patient_id" in ids else ids[0]]()
        return len(pc.unique(values if len(values) <= FEW else values.take(_evenly(len(values)))).drop_null())


def _columns(table: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name and values of each column, as Arrow where Arrow can hold them; a packed one is unpacked when asked for."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(table, pa.Table):
        yield from ((str(name), partial(table.column, at)) for at, name in enumerate(table.column_names))
        return
    if isinstance(table, Columns):
        yield from ((name, lambda name=name: arrow_column(table[name])) for name in table)
        return
    for position, name in enumerate(table.columns):
        series = table.iloc[:, position]
        whole = series.cat.categories.to_series() if _categorical(series) else series
        yield str(name), partial(arrow_column, whole)
    if not isinstance(table.index, pd.RangeIndex) and table.index.name is not None:
        yield str(table.index.name), partial(arrow_column, table.index.to_series())


def _categorical(series: Any) -> bool:
    import pandas as pd

    return isinstance(series.dtype, pd.CategoricalDtype)


def looks_like_data(heading: str) -> bool:
    """Whether a heading is itself data, as in a file without a header line. A question is a heading.

    Examples
    --------
    >>> looks_like_data("How long were you sore?"), looks_like_data("ann.lee@example.org")
    (False, True)
    """
    return bool(_kinds_of_one(heading) - _NO_DATA)


_NO_DATA = {"free text", "vehicle"}


def headings_that_are_data(headings: Iterable[str]) -> set[str]:
    """Those of many headings that are themselves data: looked at together first, for most files have none."""
    import pyarrow as pa

    several = list(headings)
    texts = pa.array([as_utf8(name) for name in several], pa.string())
    if not several or not set(kinds_of_texts(texts, texts, "code", Crowd(len(several)))) - _NO_DATA:
        return set()
    return {name for name in several if looks_like_data(name)}


def identifies_somebody(label: str) -> bool:
    """Whether a file's or sheet's name, or a title, names somebody: ``Maria_Gonzalez.csv``, ``MRN00123456.xlsx``.

    A date in it is none of a patient's. What stands behind the last point (an ending) is not looked at.

    Examples
    --------
    >>> [identifies_somebody(name) for name in ("Maria_Gonzalez.csv", "demo_sessions.csv", "2024-03-05.csv")]
    [True, False, False]
    """
    stem = re.sub(r"\.[A-Za-z0-9]{1,7}$", "", label)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]", " ", stem)
    parts = [apart, *re.findall(r"[A-Z][\w'’]* [A-Z][\w'’]*", apart.title()), stem]
    return any(_kinds_of_one(part) - {"free text", "date", "url", "ip address"} for part in parts)


def _kinds_of_one(text: str) -> set[str]:
    import pyarrow as pa

    texts = pa.array([as_utf8(text)])
    return set(kinds_of_texts(texts, texts, "code", Crowd(1)))


def _of_column(name: str, values: Any, position: int, table: _Table) -> Iterator[Finding]:
    if name in table.data_headings:
        name = f"column {position}"
        yield _finding(name, "heading", "name")
    elif name not in table.known and (kind := kind_of_name(name)) and not _only_plain_answers(values):
        yield _finding(name, kind, "name")
        return
    for kind in _kinds_by_value(name, values, table):
        yield _finding(name, kind, "values")


def _only_plain_answers(values: Any) -> bool:
    """Whether a column holds yes and no, single digits or words like them: ``phone_followup``, ``date_known``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(values.type):
        return True
    if (
        pa.types.is_temporal(values.type)
        or values.null_count == len(values)
        or len(pc.unique(values.slice(0, 500))) > 12
    ):
        return False
    texts = [as_utf8(value).strip().lower() for value in pc.unique(values).to_pylist() if value is not None]
    return len(texts) <= 12 and all(
        text in clues("answer") or re.fullmatch(r"\d(?:\.0)?|", text) for text in texts
    )


def _finding(name: str, kind: str, how: Literal["name", "values"]) -> Finding:
    remedy = KINDS[kind].remedy
    if how == "values" and name in KNOWN_NAMES:
        ids = column(name).kind == "id"
        remedy = (
            "replace its values by pseudonyms"
            if ids
            else "recode it to the record's codes, or leave it blank"
        )
    return Finding(name, KINDS[kind].says, how, remedy, kind)


def _kinds_by_value(name: str, values: Any, table: _Table) -> list[str]:
    import pyarrow as pa

    rows = len(values) - values.null_count
    if pa.types.is_dictionary(values.type):
        values = _dictionary(values)
    if pa.types.is_temporal(values.type) and not pa.types.is_duration(values.type):
        return ["date"] if values.null_count < len(values) and not pa.types.is_time(values.type) else []
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _kinds_of_numbers(name, values, table)
    texts = _texts(values)
    if texts is None or texts.null_count == len(texts):
        return []
    role = _role(name, table.known)
    suspects, sample = _distinct(texts)
    crowd = Crowd(rows, lambda: table.patients)
    found = kinds_of_texts(suspects, sample, role, crowd, heading=words_of(name))
    if role in ("number", "other", "id") and _dates_in_text(sample, "id" if role == "id" else "other"):
        found = ["date", *found]
    old = is_about_age(name) and over_89_in_text(name, suspects, sample)
    return list(dict.fromkeys([*found, *(["age over 89"] if old else [])]))


def _dates_in_text(sample: Any, role: str) -> bool:
    """Whether texts are numbers that count the days or seconds of a date."""
    import pyarrow.compute as pc

    if (
        not len(sample)
        or not pc.all(pc.match_substring_regex(sample, r"^\d{5}(?:\.\d+)?$|^\d{9,10}$|^\d{12,13}$")).as_py()
    ):
        return False
    return dates_as_numbers([float(text) for text in sample.to_pylist()], role)


def _dictionary(values: Any) -> Any:
    """The values a dictionary column holds: its dictionaries alone."""
    import pyarrow as pa

    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    parts = [chunk.dictionary for chunk in chunks]
    return pa.chunked_array(parts, type=values.type.value_type)


def _role(name: str, known: frozenset[str]) -> str:
    """What a column is for, as far as its name says."""
    words = set(words_of(name))
    if name in known and name in KNOWN_NAMES:
        c = column(name)
        if c.kind == "id":
            return "place" if name == "clinic_id" else "id"
        return {"number": "number", "integer": "number", "flag": "number", "tag": "tag"}.get(c.kind, "code")
    of_people = words & (_PEOPLE | _STAFF)
    if of_people and not words - of_people - _ID_WORDS:
        return "id"
    return "id" if words & {"pseudonym"} or words == {"id"} else "other"


# --- texts --------------------------------------------------------------------------------------------------------


def _texts(values: Any) -> Any:
    """The column as Arrow text; None where it holds no text (true and false, nothing at all)."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_string_view(kind):
        return values.cast(pa.large_string())
    return pa.array(
        [None if is_missing(value) else as_utf8(value) for value in values.to_pylist()], pa.string()
    )


def _distinct(texts: Any) -> tuple[Any, Any]:
    """Distinct texts to recognize a column by, and those of rows evenly spread; both trimmed and without blanks."""
    import pyarrow.compute as pc

    sample = _plain(texts.take(_evenly(len(texts))))
    if len(texts) <= FEW or len(sample) < SAMPLE // 4:
        whole = _plain(texts)
        return whole, whole if len(whole) <= SAMPLE else sample
    if not _anything_to_screen(texts):
        return sample, sample
    return _plain(texts.filter(pc.match_substring_regex(texts, SCREEN))), sample


def _evenly(n: int) -> Any:
    import numpy as np

    return (
        np.unique(np.linspace(0, max(n - 1, 0), min(n, SAMPLE)).astype(np.int64)) if n else np.array([], int)
    )


def _plain(texts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.unique(pc.utf8_trim_whitespace(pc.unique(texts)))
    whole = whole.filter(pc.greater(pc.utf8_length(whole), 0))
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _anything_to_screen(texts: Any) -> bool:
    """Whether the column's bytes hold any character that :data:`SCREEN` asks for (a look at the bytes is quick)."""
    import pyarrow as pa

    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        data = chunk.buffers()[2]
        raw = data.to_pybytes() if data is not None else b""
        if not raw.isascii() or any(raw.find(byte) >= 0 for byte in b"@/,:() -.+"):
            return True
        lower = raw.lower()
        if any(word in lower for word in _RECORD):
            return True
    return False


# --- numbers ------------------------------------------------------------------------------------------------------


def _kinds_of_numbers(name: str, values: Any, table: _Table) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    role, ages = _role(name, table.known), is_about_age(name)
    if not ages and role not in ("id", "place", "other") and name not in _DAYS:
        return []
    numbers = values.cast(pa.float64(), safe=False)
    numbers = numbers.filter(pc.fill_null(pc.is_finite(numbers), False))
    if not len(numbers):
        return []
    if ages:
        return ["age over 89"] if any_over_89(name, numbers) else []
    if pc.max(numbers).as_py() < 10_000:
        return []
    sample = pc.unique(numbers.take(_evenly(len(numbers))))
    if dates_as_numbers(sample.to_pylist(), role):
        return ["date"]
    whole = pc.all(pc.equal(pc.floor(sample), sample)).as_py() and pc.max(pc.abs(sample)).as_py() < 1e15
    if not whole or name in _DAYS:
        return []
    texts = sample.cast(pa.int64()).cast(pa.string())
    many = len(texts) > 0.5 * min(len(numbers), SAMPLE)
    crowd = Crowd(len(numbers), lambda: table.patients)
    found = kinds_of_texts(texts, texts, role, crowd, heading=words_of(name))
    return [kind for kind in found if kind != "other number" or many]
