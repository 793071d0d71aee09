"""A table held by the distinct values of its columns, so that a million rows of text stay small.

Comes in: columns of text or numbers, of which most say few different things. Goes out: the same, held as categories
where that is smaller, and given back as they were whenever one is asked for. Nothing is rounded, trimmed or reordered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Columns",
    "as_text",
    "by_distinct",
    "from_arrow",
    "let_go",
    "numbers",
    "of_distinct",
    "packed",
    "unpacked",
    "unpacked_table",
    "without_unused",
]

_FEW = 0.25
"""Columns with at most so many distinct values to a row are held by those."""


def packed(cells: pd.Series) -> pd.Series:
    """A column by its distinct values, in the order in which they come; as it is where it has many.

    Examples
    --------
    >>> import pandas as pd
    >>> held = packed(pd.Series(["left", "right", "left", None] * 3, dtype="str"))
    >>> held.dtype.name, held.cat.categories.tolist(), unpacked(held).dtype.name
    ('category', ['left', 'right'], 'str')
    """
    import numpy as np
    import pandas as pd

    number = cells.dtype == "float64"
    if not (number or cells.dtype == "str"):
        return cells
    values = cells.to_numpy() if number else cells.array
    if number and (np.signbit(values) & (values == 0)).any():  # −0 and 0 are one category, and two texts
        return cells
    codes, distinct = pd.factorize(values)
    if len(distinct) > _FEW * len(cells):
        return cells
    return _coded(codes, pd.Index(distinct, dtype=cells.dtype), cells)


def unpacked(cells: pd.Series) -> pd.Series:
    """A column as it was before it was packed; any other as it is."""
    import pandas as pd

    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return cells
    values = cells.cat.categories.array.take(cells.cat.codes.to_numpy(), allow_fill=True)
    return pd.Series(values, index=cells.index, name=cells.name, copy=False)


def by_distinct(cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A plain column changed cell by cell, each distinct value once; missing stays missing.

    Examples
    --------
    >>> import pandas as pd
    >>> by_distinct(pd.Series(["7", None, "7", "?"], dtype="str"), numbers).tolist()
    [7.0, nan, 7.0, nan]
    """
    import pandas as pd

    codes, distinct = pd.factorize(cells.array)
    values = change(pd.Series(distinct, dtype=cells.dtype)).array.take(codes, allow_fill=True)
    return pd.Series(values, index=cells.index, name=cells.name, copy=False)


def numbers(cells: pd.Series) -> pd.Series:
    """Text as numbers; what is none is missing."""
    import pandas as pd

    return by_distinct(cells, lambda texts: pd.to_numeric(texts, errors="coerce").astype("float64"))


def as_text(cells: pd.Series) -> pd.Series:
    """A column of anything as text, packed."""
    import pandas as pd

    held = isinstance(cells.dtype, pd.CategoricalDtype) and cells.cat.categories.dtype == "str"
    return cells if held else packed(cells.astype("str"))


def unpacked_table(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with every column as it was before it was packed."""
    import pandas as pd

    if not any(isinstance(dtype, pd.CategoricalDtype) for dtype in frame.dtypes):
        return frame
    return pd.DataFrame({name: unpacked(frame[name]) for name in frame}, index=frame.index)


def without_unused(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose packed columns know of no value that is in none of its rows."""
    import pandas as pd

    coded = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.assign(**{str(name): frame[name].cat.remove_unused_categories() for name in coded})


def of_distinct(cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A packed column with its values changed, each distinct one once."""
    import numpy as np
    import pandas as pd

    codes, distinct = pd.factorize(change(cells.cat.categories.to_series()).array)
    return _coded(np.append(codes, -1)[cells.cat.codes.to_numpy()], pd.Index(distinct, dtype="str"), cells)


def from_arrow(table: Any) -> pd.DataFrame:
    """An Arrow table as a frame, its dictionary columns packed, one column after the other."""
    import pandas as pd
    import pyarrow as pa

    columns = {}
    for name, cells in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_dictionary(cells.type):
            whole = cells.unify_dictionaries().combine_chunks()
            few = len(whole.dictionary) <= _FEW * len(whole)
            cells = whole if few else cells.cast(cells.type.value_type)
        columns[name] = cells.to_pandas()
    return pd.DataFrame(columns, copy=False)


def let_go() -> None:
    """Give back to the system what Arrow keeps of memory that nothing uses any more."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _coded(codes: Any, distinct: Any, like: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.Series(pd.Categorical.from_codes(codes, distinct), index=like.index, name=like.name)


class Columns(MutableMapping[str, "pd.Series"]):
    """Columns by name: packed as they are put in, and as they were when they are taken out.

    Parameters
    ----------
    columns : mapping of str to pandas.Series, or pandas.DataFrame

    Attributes
    ----------
    held : dict of str to pandas.Series
        The columns as they are held.
    """

    def __init__(self, columns: Mapping[str, pd.Series] | pd.DataFrame) -> None:
        known: Any = columns.held if isinstance(columns, Columns) else columns
        self.held: dict[str, pd.Series] = {str(name): packed(known[name]) for name in known}

    def __getitem__(self, name: str) -> pd.Series:
        return unpacked(self.held[name])

    def __setitem__(self, name: str, cells: pd.Series) -> None:
        self.held[name] = packed(cells)

    def __delitem__(self, name: str) -> None:
        del self.held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def __contains__(self, name: object) -> bool:
        return name in self.held

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.held.values()), ()))

    def frame(self, index: Any = None) -> pd.DataFrame:
        """The columns as one frame, packed."""
        import pandas as pd

        return pd.DataFrame(self.held, index=index, copy=False)
