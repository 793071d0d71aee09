"""Any cell as text: trimmed, blank as missing, and the same from pandas as from Arrow."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import UnreadableFileError
from outcomes.files.text_table import (
    arrow_column,
    arrow_table,
    arrow_text,
    is_missing,
    text_cells,
    text_table,
)


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([6.0, np.nan, 0.1, 1e15], ["6", None, "0.1", "1e+15"]),
        ([1234567.0, 0.123456789], ["1234567", "0.123456789"]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([True, False], ["true", "false"]),
        ([" a ", "", "\t", None], ["a", None, None, None]),
        ([b"caf\xe9", "x\0y", "\udcff", None], ["café", "xy", "?", None]),
        ([datetime.date(2024, 5, 3), Decimal("1.50")], ["2024-05-03", "1.50"]),
        (pd.array([True, None], "boolean"), ["true", None]),
        (pd.array([5, None], "Int64"), ["5", None]),
        (pd.Categorical(["a", None, "b"]), ["a", None, "b"]),
    ],
)
def test_cells_as_text(cells: object, texts: list[str | None]) -> None:
    found = text_cells(pd.Series(cells))
    assert [None if pd.isna(cell) else cell for cell in found] == texts
    assert found.dtype == "str"


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=6)), min_size=1, max_size=8))
def test_pandas_and_arrow_read_one_text(cells: list[str | None]) -> None:
    """Blank, trimmed and missing by either road; the text is one that can be written."""
    printable = [None if cell is None else cell.encode("utf-8", "replace").decode() for cell in cells]
    known = [None if cell is None else cell.replace("\x00", "") for cell in printable]
    by_pandas = text_cells(pd.Series(known, dtype=object)).tolist()
    by_arrow = arrow_text(pa.chunked_array([pa.array(known, pa.string())])).to_pylist()
    same = [None if pd.isna(cell) else cell for cell in by_pandas]
    ascii_only = [cell is None or (cell.isascii() and cell.isprintable()) for cell in known]
    for plain, one, other in zip(ascii_only, same, by_arrow, strict=True):
        assert one == other or not plain
        assert one != ""


def test_the_records_columns_are_spelled_as_the_record_does() -> None:
    raw = pd.DataFrame({"Patient ID": [" p1"], "Pain Pre": [6.0], "Our notes": ["x"]}, index=[7])
    own = text_table(raw)
    assert own.columns.tolist() == ["patient_id", "pain_pre", "Our notes"]
    assert own.iloc[0].tolist() == ["p1", "6", "x"]
    assert text_table(raw, own_names=False).columns.tolist() == list(raw.columns)
    assert raw.columns.tolist()[0] == "Patient ID", "what is given is not changed"


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="no rows or no columns"):
        text_table(pd.DataFrame({"a": []}))
    with pytest.raises(UnreadableFileError, match="Columns 1 and 3 have the same name"):
        text_table(pd.DataFrame([[1, 2, 3]], columns=["Pain Pre", "x", "pain_pre"]))
    with pytest.raises(UnreadableFileError, match="two columns called a"):
        arrow_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        (None, True),
        (np.nan, True),
        (pd.NaT, True),
        (pd.NA, True),
        (Decimal("NaN"), True),
        (Decimal("sNaN"), False),
        ([], False),
        ("", False),
        (0, False),
    ],
)
def test_what_counts_as_missing(cell: object, missing: bool) -> None:
    assert is_missing(cell) is missing


def test_a_mixture_that_arrow_cannot_hold_is_text() -> None:
    mixture = pd.Series([1, "two", None, 3.5], dtype=object)
    assert arrow_column(mixture).to_pylist() == ["1", "two", None, "3.5"]
    frame = pd.DataFrame({"m": mixture, "n": [1, 2, 3, 4]})
    table = arrow_table(frame)
    assert table["m"].to_pylist() == ["1", "two", None, "3.5"]
    assert table["n"].to_pylist() == [1, 2, 3, 4]
    assert arrow_text(pa.chunked_array([[[1, 2], None]])).to_pylist() == ["[1, 2]", None]
