"""A text file as a table: against the standard library's reader, and a place in the file for every row."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import UnreadableFileError
from outcomes.files.csv import describe
from outcomes.files.csv_table import has_footers, read_csv

CELL = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=5).map(str.strip)


def cells_of(path: Path) -> list[list[str | None]]:
    table = read_csv(path).table
    return [list(row.values()) for row in table.to_pylist()]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELL, CELL, st.sampled_from(["a\nb", "x", 'q"q', ""])), min_size=1, max_size=6),
    st.booleans(),
)
def test_rows_are_those_the_standard_library_reads(tmp_path_factory, rows, packed: bool) -> None:
    table = [[f"s{i}", *row] for i, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "b", "c", "d"], *table])
    path = tmp_path_factory.mktemp("x") / "s.csv"
    path.write_bytes(gzip.compress(text.getvalue().encode()) if packed else text.getvalue().encode())
    assert cells_of(path) == [[cell or None for cell in row] for row in table]
    source = read_csv(path)
    lines = text.getvalue().split("\n")
    for at, line in enumerate(source.lines(range(len(table)))):
        assert lines[line - 1].startswith(f"s{at},"), "each row begins on the line that is said"


def test_types_are_taken_where_every_value_fits(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id,pain\n007,6\n8,\n")
    typed = read_csv(path, {"pain": pa.float64()}).table
    assert typed.to_pylist() == [{"id": "007", "pain": 6.0}, {"id": "8", "pain": None}]
    path.write_text("id,pain\n007,6\n8,six\n")
    assert read_csv(path, {"pain": pa.float64()}).table["pain"].to_pylist() == ["6", "six"]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["6,5", "7"], ["6.5", "7"]),
        (["1.234,5", "-2"], ["1234.5", "-2"]),
        (["1,234", "5"], ["1,234", "5"]),  # no comma that must be a decimal one
        (["6,5", "about 7"], ["6,5", "about 7"]),
        (["6,5", ""], ["6.5", None]),
    ],
)
def test_decimal_commas(cells: list[str], read: list[str | None], tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id;pain;x\n" + "".join(f"s{i};{cell};a\n" for i, cell in enumerate(cells)))
    source = read_csv(path)
    assert source.table["pain"].to_pylist() == read
    changed = [cell or None for cell in cells] != read
    assert ("decimal commas in pain" in source.said) == changed


def test_thousands_and_decimals_in_one_file_are_read_by_one_rule(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id;steps;pain\na;1,234;6,5\nb;2,345;7\n")
    assert read_csv(path).table["steps"].to_pylist() == ["1.234", "2.345"]


@pytest.mark.parametrize("packed", [False, True])
def test_remarks_below_the_table_are_left_out_with_their_lines(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    content = b"id,pain,day\na,1,1\nb,2,2\n\nPrinted on Monday\nby the front desk\n\n"
    path.write_bytes(gzip.compress(content) if packed else content)
    source = read_csv(path)
    assert source.table["id"].to_pylist() == ["a", "b"]
    assert [(left.what, left.lines, left.rows) for left in source.left_out] == [
        ("remarks below the table", (5, 6), 0)
    ]
    assert has_footers(describe(path))
    path.write_bytes(content.split(b"\n\n")[0] + b"\n")
    assert not has_footers(describe(path))


def test_columns_of_commas_at_the_ends_of_lines_go(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id,pain,,\na,1,,\nb,2,,x\n")
    assert read_csv(path).table.column_names == ["id", "pain", "column 4"]


def test_what_is_no_row_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    for content, says in {
        b"id,pain\n\n  \n": "has a header but no rows",
        b"id,pain\na,1\nb,\x002\n": "line 3: holds a NUL byte",
        b'id,pain\na,"1\nb,2\n': "line 2: a quotation mark is opened",
        b"id,pain\na,1\nb,2,3\n": "line 3: has 3 cells",
    }.items():
        path.write_bytes(content)
        with pytest.raises(UnreadableFileError, match=says):
            read_csv(path)


def test_a_file_that_is_not_utf8_further_down_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"id,place\n" + b"a,x\n" * 400_000 + "b,Köln\n".encode("cp1252"))
    source = read_csv(path)
    assert source.table["place"].to_pylist()[-1] == "Köln"
    assert source.said == ("read as Windows-1252, for it is not UTF-8",)


def test_the_first_line_is_no_remark_whatever_it_says(tmp_path: Path) -> None:
    """A file of nothing but words is a table of one row, not one remark below no table."""
    path = tmp_path / "s.csv"
    path.write_text("id,pain,day\nsome words alone\n")
    with pytest.raises(UnreadableFileError, match="line 2: has 1 cells"):
        read_csv(path)
