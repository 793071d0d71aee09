"""Tables in, groups out: which columns a reduction needs, and its groups as small integers.

Serves the event tables and the counts. A pandas frame is coded with numpy, anything lazy stays an Ibis
table; other kinds of table, and absent columns, are refused with a message that lists what is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Flags, Floats, Ints

__all__ = [
    "Groups",
    "by_columns",
    "codes_of",
    "fetched",
    "is_lazy",
    "known",
    "narrow_and_code",
    "number_groups",
    "numbers",
    "one_group",
    "require_columns",
    "sorted_frame",
    "summed_by",
    "truths",
    "unordered_codes",
]

MOST_NUMBERS = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Groups:
    """Groups of a frame: ``codes`` (one per row, -1 where a grouping value is missing) and their ``keys``."""

    codes: Ints
    keys: pd.DataFrame


def by_columns(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Read ``by`` as a tuple of column names; None is the empty tuple."""
    if by is None:
        return ()
    return (by,) if isinstance(by, str) else tuple(dict.fromkeys(by))


def is_lazy(table: Any) -> bool:
    """Tell an Ibis table (True) from a pandas frame (False).

    Raises
    ------
    EstimationError
        For any other object.
    """
    if isinstance(table, pd.DataFrame):
        return False
    if type(table).__module__.startswith("ibis."):
        return True
    raise EstimationError(
        f"found a {type(table).__name__}; a pandas DataFrame or an Ibis table of sessions is wanted. "
        "Read records with read_sessions or scan_sessions first."
    )


def fetched(expression: Any) -> pd.DataFrame:
    """Run an Ibis expression and return its rows (by way of Arrow, whatever the engine)."""
    frame: pd.DataFrame = expression.to_pyarrow().to_pandas()
    return frame


def known(value: Any) -> Any:
    """Tell where an Ibis column has a value."""
    return value.notnull()  # noqa: PD004 - Ibis, not pandas


def require_columns(table: Any, names: Iterable[str]) -> None:
    """Raise EstimationError naming the first column the table lacks."""
    have = list(table.columns)
    for name in names:
        if name not in have:
            raise EstimationError(
                f"the column {name!r} is not in the table; it has {', '.join(map(str, have))}. "
                "Name one of these, or record the missing one."
            )


def numbers(column: pd.Series[Any]) -> Floats:
    """Read a column as floats, NaN where missing.

    Raises
    ------
    EstimationError
        Where it does not hold numbers.
    """
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise EstimationError(
            f"{column.name} holds {column.dtype} values, not numbers ({error}). Read the records with read_sessions."
        ) from error


def truths(column: pd.Series[Any]) -> Flags:
    """Read a column as yes or no, no where missing.

    Raises
    ------
    EstimationError
        Where it holds text or numbers other than 0 and 1.
    """
    if column.dtype == np.bool_:
        return column.to_numpy(dtype=bool)
    if isinstance(column.dtype, pd.BooleanDtype):
        return column.to_numpy(dtype=bool, na_value=False)
    known = column.dropna()
    if not known.isin([True, False]).all():
        strange = known[~known.isin([True, False])].iloc[0]
        raise EstimationError(f"{column.name} holds {strange!r}; true or false is wanted. Use read_sessions.")
    return (column == True).fillna(False).to_numpy(dtype=bool)  # noqa: E712 - missing stays missing


def codes_of(column: pd.Series[Any]) -> tuple[Ints, list[Any]]:
    """Code a column as integers in the sorted order of its values; -1 where missing."""
    codes, values = pd.factorize(column)
    plain = list(np.asarray(values, dtype=object))
    quick = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    order = np.argsort(np.asarray(values), kind="stable") if quick else _sorted_positions(plain)
    rank = np.empty(len(plain) + 1, dtype=np.int64)
    rank[order] = np.arange(len(plain))
    rank[-1] = -1
    return rank[codes], [plain[i] for i in order]


def unordered_codes(column: pd.Series[Any]) -> tuple[Ints, int]:
    """Code a column as integers in any order (-1 where missing), all of them below the number returned."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        plain = column.to_numpy()
        if plain.min() >= 0 and plain.max() < 2 * len(plain):
            return plain.astype(np.int64, copy=False), int(plain.max()) + 1
    codes, values = pd.factorize(column)
    return codes.astype(np.int64, copy=False), len(values)


def narrow_and_code(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Take the columns named that a frame has, patients as numbers and other texts as categories.

    Texts are slow to copy and to tell apart, so whoever groups or filters the same sessions again and again codes them
    once. Numbers and categories are in the order of the values. What the frame says of itself (``attrs``) stays behind:
    pandas would copy it with every step.
    """
    taken = frame[[name for name in dict.fromkeys(names) if name in frame.columns]]
    taken.attrs = {}
    texts = [name for name, kind in taken.dtypes.items() if isinstance(kind, pd.StringDtype)]
    return taken.assign(**{str(name): _coded(taken[name]) for name in texts})


def _coded(texts: pd.Series[Any]) -> Any:
    if texts.name != "patient_id":
        known, values = codes_of(texts)
        return pd.Categorical.from_codes(known, pd.Index(values, dtype=texts.dtype))
    codes, _ = pd.factorize(texts, sort=True)
    return np.where(codes < 0, np.nan, codes) if len(codes) and codes.min() < 0 else codes


def one_group(frame: pd.DataFrame) -> pd.Categorical[str]:
    """A grouping column that puts every row of a frame in one group, named ``all``."""
    return pd.Categorical.from_codes(np.zeros(len(frame), dtype=np.int8), pd.Index(["all"]))


def number_groups(frame: pd.DataFrame, by: Sequence[str]) -> Groups:
    """Number the groups of a frame by ``by``, in sorted order; one group where ``by`` is empty."""
    if not by:
        return Groups(np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(1)))
    coded = [codes_of(frame[name]) for name in by]
    levels = [values for _, values in coded]
    if len(by) == 1:
        return Groups(coded[0][0], pd.DataFrame({by[0]: levels[0]}))
    missing = np.logical_or.reduce([codes < 0 for codes, _ in coded])
    if math.prod(max(len(values), 1) for values in levels) > MOST_NUMBERS:
        return _numbered_by_rows(np.column_stack([codes for codes, _ in coded]), missing, by, levels)
    total = np.zeros(len(frame), dtype=np.int64)
    for codes, values in coded:
        total = total * max(len(values), 1) + codes
    return _present_groups(total, missing, by, levels)


def _numbered_by_rows(rows: Ints, missing: Flags, by: Sequence[str], levels: list[list[Any]]) -> Groups:
    """Number groups of so many possible combinations that no whole number could name each."""
    present, inverse = np.unique(rows[~missing], axis=0, return_inverse=True)
    codes = np.full(len(rows), -1, dtype=np.int64)
    codes[~missing] = inverse.reshape(-1)
    keys = {
        name: pd.Series(levels[i]).take(present[:, i]).reset_index(drop=True) for i, name in enumerate(by)
    }
    return Groups(codes, pd.DataFrame(keys))


def sorted_frame(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort by the plain values of the grouping columns, as :func:`number_groups` numbers them."""
    if not by or frame.empty:
        return frame.reset_index(drop=True)
    codes = [codes_of(frame[name])[0] for name in reversed(by)]
    return frame.iloc[np.lexsort(codes)].reset_index(drop=True)


def _sorted_positions(values: list[Any]) -> list[int]:
    try:
        return sorted(range(len(values)), key=values.__getitem__)
    except TypeError:
        return sorted(range(len(values)), key=lambda i: (type(values[i]).__name__, str(values[i])))


def _present_groups(total: Ints, missing: Flags, by: Sequence[str], levels: list[list[Any]]) -> Groups:
    codes, found = pd.factorize(np.where(missing, -1, total))
    order = np.argsort(found)
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    present, inverse = found[order], rank[codes]
    if present.size and present[0] < 0:
        present, inverse = present[1:], inverse - 1
    keys: dict[str, pd.Series[Any]] = {}
    rest = present
    for name, values in zip(reversed(by), reversed(levels), strict=True):
        size = max(len(values), 1)
        keys[name] = pd.Series(values).take(rest % size).reset_index(drop=True)
        rest = rest // size
    return Groups(inverse, pd.DataFrame({name: keys[name] for name in by}))


def summed_by(frames: Sequence[pd.DataFrame], by: Sequence[str], sums: Sequence[str]) -> pd.DataFrame:
    """Add up tables of sums, group by group: what two reductions of different patients hold together."""
    both = pd.concat(frames, ignore_index=True)
    numbered = number_groups(both, by)
    added = both[list(sums)].groupby(numbered.codes).sum().reset_index(drop=True)
    return pd.concat([numbered.keys, added], axis=1)
