"""Tables that spread one session over several rows or columns, put together again.

Comes in: a raw table of text, positions in the file as its index. Goes out: the same with patient-level values on every
row of the patient, with the rows of one session as one row, or with a column of ticks per code as one column of codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from outcomes.errors import MappingError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["merge_rows", "spread", "ticked_codes"]

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
    _refuse_absent(raw, within, "[spread]", file)
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
    _refuse_absent(raw, row, "[merge]", file)
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


def _refuse_absent(raw: pd.DataFrame, names: Sequence[str], wanted_by: str, file: str) -> None:
    absent = [name for name in names if name not in raw.columns]
    if absent:
        raise MappingError(
            f"The mapping takes {wanted_by} from a column {absent[0]!r}, which {file} does not have. "
            f"It has: {', '.join(map(str, raw.columns))}."
        )
