"""Tables that spread one session over several rows or columns, put together again.

Comes in: a raw table of text, positions in the file as its index. Goes out: the same with patient-level values on every
row of the patient, with one row per session where there were several or a patient's, or with a column of ticks per code
as one column of codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from outcomes.errors import MappingError
from outcomes.files.columns import unpacked
from outcomes.intake.mapping import plain_word
from outcomes.intake.problems import shown_headings

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "column_of",
    "is_one_of",
    "joined",
    "lengthen",
    "merge_rows",
    "spread",
    "ticked_codes",
    "widen",
]

_TICKED = ("1", "1.0", "checked", "true", "yes", "x")


def spread(raw: pd.DataFrame, *, within: Sequence[str], columns: Sequence[str], file: str) -> pd.DataFrame:
    """Give every row the first value its group has, in columns that are recorded once per group.

    Parameters
    ----------
    raw : pandas.DataFrame
    within : sequence of str
        Columns that name the group: the patient.
    columns : sequence of str
        Columns recorded once; a row's own value stays. Those the file lacks are left out.
    file : str
        What to call the file in messages.

    Raises
    ------
    MappingError
        Where a column of ``within`` is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"id": ["a", "a", "b"], "sex": ["male", None, "female"]})
    >>> spread(raw, within=["id"], columns=["sex"], file="f.csv")["sex"].tolist()
    ['male', 'male', 'female']
    """
    for name in within:
        column_of(raw, name, "[spread]", file)
    there = [name for name in columns if name in raw.columns]
    known = raw.groupby(list(within), sort=False, dropna=False)[there].transform("first")
    return raw.assign(**{name: raw[name].where(raw[name].notna(), known[name]) for name in there})


def merge_rows(
    raw: pd.DataFrame, *, row: Sequence[str], file: str, differ: Sequence[str] = ()
) -> pd.DataFrame:
    """Make the rows of one session one row: of every column, the one value they have.

    Parameters
    ----------
    raw : pandas.DataFrame
    row : sequence of str
        Columns that name a session.
    file : str
    differ : sequence of str
        Columns that may differ between the rows of a session: the first value stays.

    Returns
    -------
    pandas.DataFrame
        In the order of each session's first row, whose index it keeps.

    Raises
    ------
    MappingError
        Where a column is not there, or two rows of a session have different values in one column.
    """
    for name in row:
        column_of(raw, name, "[merge]", file)
    groups = raw.groupby(list(row), sort=False, dropna=False)
    for name in [name for name in raw.columns if name not in differ]:
        twice = int((raw[name].notna() & (raw[name] != groups[name].transform("first"))).sum())
        if twice:
            raise MappingError(
                f"{file}: the rows that share {' and '.join(row)} have different values of {name!r} in "
                f"{twice:,} places. Correct them, or name more columns in merge.row."
            )
    starts = raw.index.to_series().groupby([raw[name] for name in row], sort=False, dropna=False).first()
    merged = groups.first().reset_index()[list(raw.columns)]
    return merged.set_axis(starts.to_numpy())


def ticked_codes(raw: pd.DataFrame, ticks: Mapping[str, str], *, file: str) -> pd.Series:
    """One column of codes, ``;`` between, from one column of ticks per code.

    Parameters
    ----------
    raw : pandas.DataFrame
    ticks : mapping of str to str
        Column to code: ticked where the cell is 1, Checked, true, yes or x.
    file : str

    Returns
    -------
    pandas.Series
        Missing where nothing is ticked.

    Raises
    ------
    MappingError
        Where none of the columns is there.
    """
    there = {column: code for column, code in ticks.items() if column in raw.columns}
    if not there:
        raise MappingError(
            f"{file} has none of the columns {', '.join(map(repr, ticks))} that [boxes] names."
        )
    codes = raw[next(iter(there))].isna().map({True: "", False: ""}).astype("str")
    for column, code in there.items():
        ticked = raw[column].str.strip().str.casefold().isin(_TICKED)
        codes = codes.where(~ticked, codes + ";" + code)
    plain = codes.str.strip(";")
    return plain.where(plain != "")


def widen(
    raw: pd.DataFrame,
    *,
    row: Sequence[str],
    by: str | Sequence[str],
    visits: Mapping[str, str],
    file: str,
    columns: Sequence[str] | None = None,
    value: str | None = None,
) -> pd.DataFrame:
    """One row per visit, or per measurement, to one row per session.

    Parameters
    ----------
    raw : pandas.DataFrame
    row : sequence of str
        Columns that name a session.
    by : str or sequence of str
        Column that tells the visits, or the measurements, apart; of several, the texts with a space between.
    visits : mapping of str to str
        Its values, and the ending each gives its columns (with ``value``: the column each becomes).
    file : str
    columns, value
        The columns read at each visit; or the one that holds every measurement.

    Raises
    ------
    MappingError
        Where a column is not there, or two rows are the same visit of one session.
    """
    key = joined([column_of(raw, name, "long_to_wide.row", file) for name in row], "\x1f").rename(
        "session key"
    )
    apart = [by] if isinstance(by, str) else list(by)
    visit = joined([column_of(raw, name, "long_to_wide.by", file) for name in apart], " ")
    read = [value] if value else list(columns or [])
    for name in read:
        column_of(raw, name, "long_to_wide", file)
    rest = raw.drop(columns=[*read, *apart]).groupby(key, sort=False).first()
    starts = raw.index.to_series().groupby(key, sort=False).first()
    for code, ending in visits.items():
        part = raw[is_one_of(visit, [code])]
        part_key = key[part.index]
        if part_key.duplicated().any():
            at = part_key[part_key.duplicated()].index[0]
            raise MappingError(
                f"{file}: two rows share {' and '.join(row)} and {' '.join(apart)} = {code} "
                f"(the second is row {at + 1}). Keep one, or name more columns in long_to_wide.row."
            )
        for name in read:
            readings = part[name].set_axis(part_key).reindex(rest.index)
            rest[ending if value else f"{name}_{ending}"] = readings
    return rest.set_axis(starts.reindex(rest.index).to_numpy())


def lengthen(
    raw: pd.DataFrame, *, columns: Sequence[str], endings: Mapping[str, int], number: str = "session_number"
) -> pd.DataFrame:
    """One row per patient to one row per session; sessions with no reading at all are left out.

    Parameters
    ----------
    raw : pandas.DataFrame
    columns : sequence of str
        Found with each ending.
    endings : mapping of str to int
        Ending of a heading to the number of the session.
    number : str
        Column to write that number to.
    """
    import pandas as pd

    moving = [f"{name}{ending}" for ending in endings for name in columns]
    rest = raw.drop(columns=[name for name in moving if name in raw.columns])
    parts = []
    for ending, session in endings.items():
        part = rest.copy()
        for name in columns:
            full = f"{name}{ending}"
            part[name] = raw[full] if full in raw.columns else None
        part[number] = str(session)
        parts.append(part[part[list(columns)].notna().any(axis="columns")])
    return pd.concat(parts).sort_index(kind="stable").astype("str")


# --- cells and columns --------------------------------------------------------------------------------------------


def column_of(raw: pd.DataFrame, name: str, wanted_by: str, file: str) -> pd.Series:
    """A column of the file; ``#row`` is the number of the row.

    Raises
    ------
    MappingError
        Where it is not there; the message says which are.
    """
    if name == "#row":
        rows = raw.index.to_series() + 1
        return rows.astype("str")
    if name not in raw.columns:
        raise MappingError(
            f"The mapping takes {wanted_by} from a column {name!r}, which {file} does not have. "
            f"It has: {shown_headings(raw.columns)}."
        )
    return unpacked(raw[name])


def joined(parts: Sequence[pd.Series], between: str) -> pd.Series:
    """Several columns of text as one, blanks as nothing."""
    first, *others = (unpacked(part).fillna("") for part in parts)
    return sum((between + part for part in others), first)


def is_one_of(cells: pd.Series, words: Sequence[Any]) -> pd.Series:
    """Whether a cell is one of the words; 1, 1.0 and "1" are the same."""
    return cells.map(plain_word, na_action="ignore").isin({plain_word(word) for word in words})
