"""Parquet and Feather: the same table comes back; damage is a message, never rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.arrow import read_columnar

TABLE = pa.table({" Patient ": ["p1", "p2", "p3"], "pain": [6, 5, None], "Patient": ["x", None, "z"]})
WRITE = {"parquet": pyarrow.parquet.write_table, "feather": pyarrow.feather.write_feather}


def written(table: pa.Table, kind: str, folder: Path) -> Path:
    path = folder / f"sessions.{kind}"
    WRITE[kind](table, path)
    return path


@pytest.mark.parametrize("kind", WRITE)
def test_cells_and_types_are_those_that_were_written(kind: str, tmp_path: Path) -> None:
    source = read_columnar(written(TABLE, kind, tmp_path), kind)
    assert source.format == kind
    assert source.table.column_names == ["Patient", "pain", "Patient (2)"]
    assert source.table.to_pylist() == [
        {"Patient": "p1", "pain": 6, "Patient (2)": "x"},
        {"Patient": "p2", "pain": 5, "Patient (2)": None},
        {"Patient": "p3", "pain": None, "Patient (2)": "z"},
    ]
    assert source.lines([0, 2]) == [1, 3], "such a file has no lines: rows are counted from 1"
    assert source.said == ("1 column with the heading of another, numbered: (2)",)


@pytest.mark.parametrize("kind", WRITE)
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_that_breaks_off_is_refused(kind: str, kept: float, tmp_path: Path) -> None:
    path = written(TABLE, kind, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UnreadableFileError, match=f"is a {kind.title()} file that breaks off or is damaged"):
        read_columnar(path, kind)


def test_rows_of_totals_and_their_place_in_the_file(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "Total", "b", "Average"], "pain": [1, 2, 3, 4]})
    source = read_columnar(written(table, "parquet", tmp_path), "parquet")
    assert source.table["id"].to_pylist() == ["a", "b"]
    assert source.lines([1]) == [3], "the second row kept is the third of the file"
    assert [(left.what, left.lines, left.rows) for left in source.left_out] == [
        ("2 rows of totals", (2, 4), 2)
    ]


def test_bytes_are_text_where_they_are_utf8(tmp_path: Path) -> None:
    kinds = [pa.binary(), pa.large_binary(), pa.binary(4)]
    table = pa.table({str(i): pa.array(["née".encode(), None], kind) for i, kind in enumerate(kinds)})
    read = read_columnar(written(table, "parquet", tmp_path), "parquet").table
    assert [read[name].to_pylist() for name in read.column_names] == [["née", None]] * 3
    other = pa.table({"ok": ["a"], "note": pa.array([b"\xff\xfe"], pa.binary())})
    with pytest.raises(UnreadableFileError, match=r"column 2 \(note\) holds bytes that are not UTF-8"):
        read_columnar(written(other, "parquet", tmp_path), "parquet")


def test_columns_without_rows_are_no_records(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="has columns but no rows"):
        read_columnar(written(TABLE.slice(0, 0), "parquet", tmp_path), "parquet")
