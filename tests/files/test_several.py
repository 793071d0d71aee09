"""Several files as one table: the columns of all, rows that know their file and line, the record's own order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.files.read import read_source
from outcomes.files.several import together
from outcomes.files.source import Line


@pytest.fixture
def whole(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,pain\ns1,3\n\ns2,4\nTotal,7\n")
    (tmp_path / "b.csv").write_text("pain,id,note\nsix,s3,x\n")
    pd.DataFrame({"id": [7.0, 8.0], "pain": [1, 2]}).to_parquet(tmp_path / "c.parquet")
    return together([read_source(tmp_path / name) for name in ("a.csv", "b.csv", "c.parquet")], tmp_path)


def test_columns_are_those_of_all_and_mixed_ones_are_text(whole) -> None:
    assert whole.table.to_pydict() == {
        "id": ["s1", "s2", "s3", "7", "8"],
        "pain": ["3", "4", "six", "1", "2"],
        "note": [None, None, "x", None, None],
    }


def test_rows_know_their_file_and_line_in_any_order(whole) -> None:
    found = [(line.file, int(line)) for line in whole.lines([4, 1, 2, 0])]
    assert found == [("c.parquet", 2), ("a.csv", 4), ("b.csv", 2), ("a.csv", 2)]
    assert all(isinstance(line, Line) for line in whole.lines([0]))


def test_what_was_left_out_is_said_with_its_file(whole) -> None:
    assert any("a.csv: 1 row of totals" in remark for remark in whole.remarks)
    assert sum(left.rows for left in whole.left_out) == 1


def test_one_file_is_itself(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    source = read_source(tmp_path / "a.csv")
    assert together([source], tmp_path) is source


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=5), min_size=1, max_size=5))
def test_reading_in_parts_is_reading_whole(parts) -> None:
    import pyarrow as pa

    from outcomes.files.source import Source

    sources = [
        Source(Path(f"{at}.csv"), "csv", pa.table({"v": part}), lambda rows: [row + 2 for row in rows])
        for at, part in enumerate(parts)
    ]
    whole = together(sources, Path("all"))
    flat = [
        (f"{at}.csv", place + 2, value) for at, part in enumerate(parts) for place, value in enumerate(part)
    ]
    assert whole.table["v"].to_pylist() == [value for _, _, value in flat]
    if len(parts) > 1:
        lines = whole.lines(range(len(flat)))
        assert [(line.file, int(line)) for line in lines] == [(file, line) for file, line, _ in flat]
