"""What no table may be, said before anything is read: absent, a folder, a device, empty, without headings."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.source import MOST_COLUMNS, Source, first_bytes, refuse_bad_names, without_totals


def test_the_first_bytes_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(range(256)) * 400)
    assert first_bytes(path) == path.read_bytes()[:65_536]


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    for name, says in {
        "none.csv": "There is no file",
        "": "is a folder. Name the file",
        "empty.csv": "is empty. Export",
        "pipe": "is a pipe or a device",
        "a\0b": "cannot be opened: ",
        "b\udcff.csv": r"name of the file 'b\udcff.csv' is not UTF-8 text. Rename the file",
        "c\udcff/d.csv": r"name of the folder 'c\udcff' is not UTF-8 text. Rename the folder",
    }.items():
        with pytest.raises(UnreadableFileError) as found:
            first_bytes(tmp_path / name)
        assert says in str(found.value), name


def test_headings_that_name_no_columns_are_refused() -> None:
    path = Path("s.csv")
    refuse_bad_names(path, ["a", "", ""])
    refuse_bad_names(path, ["a"] * MOST_COLUMNS)
    with pytest.raises(UnreadableFileError, match=r"s.csv, line 4: the header is blank"):
        refuse_bad_names(path, ["", ""], line=4)
    with pytest.raises(UnreadableFileError, match=r"line 1: has 1,001 columns; at most 1,000 are read"):
        refuse_bad_names(path, ["a"] * (MOST_COLUMNS + 1))


def test_rows_keep_their_lines_when_totals_go() -> None:
    table = pa.table({"id": ["Total", "a", "b", "Sub-total", "c"]})
    whole = Source(Path("s.csv"), "csv", table, lambda rows: [10 * row + 7 for row in rows])
    found = without_totals(whole)
    assert found.table["id"].to_pylist() == ["a", "b", "c"]
    assert found.lines([0, 1, 2]) == [17, 27, 47]
    assert found.left_out[0].lines == (7, 37)
    assert found.left_out[0].what == "2 rows of totals"


def test_a_table_of_nothing_but_totals_is_left_as_it_is() -> None:
    whole = Source(Path("s.csv"), "csv", pa.table({"id": ["Total", "Mean"]}), list)
    assert without_totals(whole) is whole
