"""Which columns of a table look as if they identify people.

Comes in: a pandas frame or an Arrow table, of raw text or typed. Goes out: one finding per column and kind of
identifier, by the column's name or by its values, and never a value. Every text is looked at: a long column of ids
through a quick screen, everything else by its distinct values. Numbers are looked at where a number could give
somebody away: ages, dates written as numbers, long record numbers.

Passing is no proof that a table is de-identified: a nickname in a column of codes looks like a code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from outcomes.deidentify.identifiers import KINDS, SCREEN, kind_of_name, kinds_of_texts, words_of
from outcomes.files.text_table import arrow_column, as_utf8, is_missing
from outcomes.record.columns import COLUMN_NAMES, column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finding", "identifying_columns", "looks_like_data"]

FEW = 20_000
"""Up to so many rows all distinct texts are read; of longer columns with many distinct ones, those screened."""
SAMPLE = 2_000
_OLDEST = 130
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
    table: pd.DataFrame | Any, *, known: frozenset[str] = frozenset(COLUMN_NAMES)
) -> list[Finding]:
    """Find the columns that look as if they identify people: the eighteen kinds of HIPAA's Safe Harbor.

    Parameters
    ----------
    table : pandas.DataFrame or pyarrow.Table
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
    found: list[Finding] = []
    for position, (name, values) in enumerate(_columns(table), start=1):
        found.extend(_of_column(name, values, position, known))
    return found


def _columns(table: Any) -> Iterator[tuple[str, Any]]:
    """Name and values of each column, as Arrow where Arrow can hold them."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(table, pa.Table):
        yield from zip(map(str, table.column_names), table.columns, strict=True)
        return
    for position, name in enumerate(table.columns):
        series = table.iloc[:, position]
        yield str(name), arrow_column(series.cat.categories.to_series() if _categorical(series) else series)
    if not isinstance(table.index, pd.RangeIndex) and table.index.name is not None:
        yield str(table.index.name), arrow_column(table.index.to_series())


def _categorical(series: Any) -> bool:
    import pandas as pd

    return isinstance(series.dtype, pd.CategoricalDtype)


def looks_like_data(heading: str) -> bool:
    """Whether a heading is itself data, as in a file without a header line.

    Examples
    --------
    >>> looks_like_data("pain before"), looks_like_data("ann.lee@example.org")
    (False, True)
    """
    import pyarrow as pa

    texts = pa.array([as_utf8(heading)])
    return bool(kinds_of_texts(texts, texts, "code", 1))


def _of_column(name: str, values: Any, position: int, known: frozenset[str]) -> Iterator[Finding]:
    if name not in known and looks_like_data(name):
        name = f"column {position}"
        yield _finding(name, "heading", "name")
    elif name not in known and (kind := kind_of_name(name)):
        yield _finding(name, kind, "name")
        return
    for kind in _kinds_by_value(name, values, known):
        yield _finding(name, kind, "values")


def _finding(name: str, kind: str, how: Literal["name", "values"]) -> Finding:
    remedy = KINDS[kind].remedy
    if how == "values" and name in COLUMN_NAMES:
        ids = column(name).kind == "id"
        remedy = (
            "replace its values by pseudonyms"
            if ids
            else "recode it to the record's codes, or leave it blank"
        )
    return Finding(name, KINDS[kind].says, how, remedy, kind)


def _kinds_by_value(name: str, values: Any, known: frozenset[str]) -> list[str]:
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = _dictionary(values)
    ages = "age" in words_of(name)
    if pa.types.is_temporal(values.type) and not pa.types.is_duration(values.type):
        return ["date"] if values.null_count < len(values) and not pa.types.is_time(values.type) else []
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _kinds_of_numbers(name, values, ages, known)
    texts = _texts(values)
    if texts is None or texts.null_count == len(texts):
        return []
    role = _role(name, known)
    suspects, sample = _distinct(texts)
    found = kinds_of_texts(suspects, sample, role, len(texts) - texts.null_count)
    return [*found, *(["age over 89"] if ages and _old_in_text(name, suspects, sample) else [])]


def _dictionary(values: Any) -> Any:
    """The values a dictionary column holds: its dictionaries alone."""
    import pyarrow as pa

    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    parts = [chunk.dictionary for chunk in chunks]
    return pa.chunked_array(parts, type=values.type.value_type)


def _role(name: str, known: frozenset[str]) -> str:
    """What a column is for, as far as its name says."""
    words = set(words_of(name))
    if name in known and name in COLUMN_NAMES:
        c = column(name)
        if c.kind == "id":
            return "place" if name == "clinic_id" else "id"
        return "number" if c.kind in ("number", "integer", "flag") else "code"
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
    """Distinct texts that could be told by, and those of rows evenly spread; both trimmed and without blanks."""
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


def _kinds_of_numbers(name: str, values: Any, ages: bool, known: frozenset[str]) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    role = _role(name, known)
    if not ages and role not in ("id", "place", "other"):
        return []
    numbers = values.cast(pa.float64(), safe=False)
    numbers = numbers.filter(pc.fill_null(pc.is_finite(numbers), False))
    if not len(numbers):
        return []
    if ages:
        return ["age over 89"] if _any_old(name, numbers) else []
    if pc.max(numbers).as_py() < 1e6:
        return []
    sample = numbers.take(_evenly(len(numbers)))
    whole = pc.all(pc.equal(pc.floor(sample), sample)).as_py() and pc.max(pc.abs(sample)).as_py() < 1e15
    if not whole:
        return []
    texts = pc.unique(sample.cast(pa.int64()).cast(pa.string()))
    many = len(texts) > 0.5 * len(sample)
    return [
        kind for kind in kinds_of_texts(texts, texts, role, len(numbers)) if kind != "other number" or many
    ]


def _any_old(name: str, numbers: Any) -> bool:
    """Whether any age is over 89 years (and could be one: 999 is a code for missing)."""
    import pyarrow.compute as pc

    words = set(words_of(name))
    unit = 12 if words & {"month", "months"} else 365.25 if words & {"day", "days"} else 1
    over = pc.and_(pc.greater_equal(numbers, 90 * unit), pc.less(numbers, _OLDEST * unit))
    return bool(pc.any(over).as_py())


def _old_in_text(name: str, suspects: Any, sample: Any) -> bool:
    """Ages over 89 in text: "93", "93 years", "91-95", "95+"; the band 90+ itself is as it should be."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.concat_arrays([suspects, sample])
    old = r"(?i)^(?:9\d|1[0-2]\d)(?:\.\d+)?\s*(?:y|yrs?|years?)?(?:\s*old|\s*/?o)?$"
    band = r"^(?:9\d|1[0-2]\d)\s*[-–]\s*\d+$|^(?:9[1-9]|1[0-2]\d)\s*\+$"
    found = texts.filter(
        pc.or_(pc.match_substring_regex(texts, old), pc.match_substring_regex(texts, band))
    ).to_pylist()
    words = set(words_of(name))
    return any(text.replace("–", "-") != "90-99" for text in found) and not words & {
        "month",
        "months",
        "days",
    }
