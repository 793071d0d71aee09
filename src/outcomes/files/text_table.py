"""Any cell, column or table as text, before anything is known about it.

Comes in: a file, or a frame of any types. Goes out: the same rows and columns as trimmed text, blank as missing, the
record's columns spelled as the record does. Refuses tables without rows, and two columns of one name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import UnreadableFileError, shown
from outcomes.files.columns import of_distinct, packed, unpacked
from outcomes.record.columns import own_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["arrow_column", "arrow_table", "arrow_text", "as_utf8", "is_missing", "text_cells", "text_table"]


def text_table(
    raw: pd.DataFrame | str | Path, *, own_names: bool = True, coded: bool = False
) -> pd.DataFrame:
    """The raw table as trimmed text, blank as missing.

    Parameters
    ----------
    raw : pandas.DataFrame, str or Path
    own_names : bool
        Whether to spell the record's columns as the record does ("Patient ID" becomes ``patient_id``).
    coded : bool
        Whether to hold columns by their distinct texts (:mod:`outcomes.files.columns`).

    Raises
    ------
    UnreadableFileError
        Where there are no rows, or two columns have one name.
    """
    import pandas as pd

    if isinstance(raw, pd.DataFrame):
        frame = raw.reset_index(drop=True)
    else:
        from outcomes.files.read import read_source

        frame = read_source(raw).table.to_pandas(ignore_metadata=True)
    if frame.empty:
        raise UnreadableFileError("The table has no rows or no columns. Export the records again.")
    names = [own_name(str(name)) if own_names else str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        at = next(at for at, name in enumerate(names) if name in names[:at])
        raise UnreadableFileError(
            f"Columns {names.index(names[at]) + 1} and {at + 1} have the same name. Rename or remove one."
        )
    held = packed if coded else unpacked
    columns = {name: held(_text(frame.iloc[:, at])) for at, name in enumerate(names)}
    return pd.DataFrame(columns, index=frame.index, copy=False)


def text_cells(cells: pd.Series) -> pd.Series:
    """A series as trimmed text, blank as missing; whole numbers without a point."""
    return unpacked(_text(cells))


def _text(cells: pd.Series) -> pd.Series:
    """The same; what is held by its distinct values stays so."""
    import pandas as pd

    if isinstance(cells.dtype, pd.CategoricalDtype):
        return of_distinct(cells, _text)
    if cells.dtype == "str":
        text = cells
    elif pd.api.types.is_float_dtype(cells.dtype):
        text = cells.map("{:.15g}".format, na_action="ignore")
    elif pd.api.types.is_bool_dtype(cells.dtype):
        text = cells.map({True: "true", False: "false"})
    else:
        text = cells.astype(object).map(as_utf8, na_action="ignore")
    if text.dtype != "str":
        text = text.astype(object).where(cells.notna(), None).astype("str")
    text = text.str.strip()
    return text.where(text != "")


def as_utf8(cell: Any) -> str:
    """Any cell as text that every writer can write."""
    text = cell.decode("latin-1") if isinstance(cell, bytes) else str(cell)
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def is_missing(cell: Any) -> bool:
    """Whether a cell of any kind says that nothing is there."""
    import pandas as pd

    try:
        return pd.api.types.is_scalar(cell) and bool(pd.isna(cell))
    except ArithmeticError:  # a signalling NaN answers no question, not even this one
        return False


# --- the same for Arrow ------------------------------------------------------------------------------------------


def arrow_table(frame: pd.DataFrame) -> Any:
    """A frame as an Arrow table; what Arrow cannot hold (mixtures, objects) as text, for the checks to judge.

    Raises
    ------
    UnreadableFileError
        Where two columns have one name.
    """
    import pyarrow as pa

    names = [as_utf8(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableFileError(f"The table has two columns called {shown(twice)}. Rename or remove one.")
    try:
        return pa.Table.from_pandas(frame.set_axis(names, axis="columns"), preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.table({name: arrow_column(frame.iloc[:, at]) for at, name in enumerate(names)})


def arrow_column(cells: pd.Series) -> Any:
    """A series as an Arrow array; a mixture that Arrow cannot hold, as text."""
    import pyarrow as pa

    try:
        return pa.Array.from_pandas(cells)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        texts = [None if is_missing(cell) else as_utf8(cell) for cell in cells.tolist()]
        return pa.array(texts, pa.string())


def arrow_text(values: Any) -> Any:
    """An Arrow column as trimmed text, blank as missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not pa.types.is_string(values.type):
        try:
            values = values.cast(pa.string())
        except pa.ArrowException:  # lists, structures, bytes that are no text
            texts = [None if cell is None else as_utf8(cell) for cell in values.to_pylist()]
            values = pa.chunked_array([pa.array(texts, pa.string())])
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
