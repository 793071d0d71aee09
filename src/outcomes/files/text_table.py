"""Any table as text, before anything is known about it.

Comes in: a file, or a frame of any types. Goes out: the same rows and columns as trimmed text, blank as missing, the
record's columns spelled as the record does. Refuses tables without rows, and two columns of one name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import UnreadableFileError
from outcomes.record.columns import COLUMN_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["text_table"]


def text_table(raw: pd.DataFrame | str | Path, *, own_names: bool = True) -> pd.DataFrame:
    """The raw table as trimmed text, blank as missing.

    Parameters
    ----------
    raw : pandas.DataFrame, str or Path
    own_names : bool
        Whether to spell the record's columns as the record does ("Patient ID" becomes ``patient_id``).

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
    names = [_plain_name(str(name)) if own_names else str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        at = next(at for at, name in enumerate(names) if name in names[:at])
        raise UnreadableFileError(
            f"Columns {names.index(names[at]) + 1} and {at + 1} have the same name. Rename or remove one."
        )
    columns = {name: _as_text(frame.iloc[:, at]) for at, name in enumerate(names)}
    return pd.DataFrame(columns, index=frame.index)


def _plain_name(name: str) -> str:
    plain = "_".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())
    return plain if plain in COLUMN_NAMES else name.strip()


def _as_text(cells: pd.Series) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_float_dtype(cells.dtype):
        text = cells.map("{:.15g}".format, na_action="ignore")
    elif pd.api.types.is_bool_dtype(cells.dtype):
        text = cells.map({True: "true", False: "false"})
    elif cells.dtype == "str":
        text = cells
    else:
        text = cells.astype(object).map(_cell, na_action="ignore")
    text = text.astype(object).where(cells.notna(), None).astype("str").str.strip()
    return text.where(text != "")


def _cell(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
