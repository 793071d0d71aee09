"""Where a table lies among the rows of a sheet: title lines above, headings, totals and remarks below."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outcomes.files.outline import FIRST_COLUMNS, distinct_headings, heading_row, is_footer, total_rows

HEADINGS = ["session", "patient", "pain before", "pain after"]


@pytest.mark.parametrize("above", range(5))
def test_headings_are_found_below_any_title_lines(above: int) -> None:
    titles = [["Outshine PT", "", "", ""], ["", "", "", ""], ["Report of", "March", "", ""]] * 2
    rows = [*titles[:above], HEADINGS, ["s1", "p1", "6", "4"], ["s2", "p1", "5", "4"]]
    assert heading_row(rows) == above


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        ([], 0),
        ([["", ""], ["", ""]], 0),
        ([["1", "2", "3"], ["a", "b", "c"]], 0),  # numbers where headings should be: no headings to be found
        ([["Title"], ["7", "8", "9", "x"]], 0),
        ([["Title", "of", "sheet", "four"], HEADINGS], 0),  # more than three cells are no title
    ],
)
def test_where_no_title_can_be_known_the_first_row_is_taken(rows: list[list[str]], at: int) -> None:
    assert heading_row(rows) == at


@example(["column 2", ""])
@settings(deadline=None)
@given(st.lists(st.sampled_from(["Pain", "pain", " Pain ", "", "Pain (2)", "column 2", "x\ny"]), max_size=7))
def test_headings_come_out_distinct_and_none_is_lost(names: list[str]) -> None:
    found, said = distinct_headings(names)
    assert len(found) == len(names) == len(set(found))
    assert all(name == name.strip() and name and "\n" not in name for name in found)
    blank = sum(not name.strip() for name in names)
    assert any(f"{blank} column" in words and "without" in words for words in said) == (blank > 0)
    plain = [" ".join(name.split()) for name in names if name.strip()]
    assert any("of another" in words for words in said) or len(set(plain)) == len(plain)


@pytest.mark.parametrize(
    ("cell", "total"),
    [
        ("Total", True),
        ("GRAND TOTAL", True),
        ("Sub-total", True),
        ("Totals for the clinic", True),
        ("Average:", True),
        ("mean", True),
        ("Sum ", True),
        ("Total knee replacement rehabilitation program, left side, phase II", False),
        ("meaningful", False),
        ("subtotally", False),
        ("Ms. Total", False),
        ("average joe", False),
    ],
)
def test_a_row_of_totals_is_known_by_its_first_filled_cell(cell: str, total: bool) -> None:
    empty = [None] * 3
    table = pa.table(
        {"a": ["s1", None, "s3"], "b": ["p1", cell, "p3"], "n": pa.array([1, 2, 3]), "c": pa.array(empty)}
    )
    assert total_rows(table) == ([1] if total else [])
    coded = table.set_column(1, "b", table["b"].dictionary_encode())
    assert total_rows(coded) == total_rows(table), "coded text is text"


def test_a_total_behind_a_filled_cell_or_far_to_the_right_is_none() -> None:
    assert total_rows(pa.table({"a": ["s1"], "b": ["Total"]})) == []
    far = {f"c{i}": pa.array([None], pa.string()) for i in range(FIRST_COLUMNS)}
    assert total_rows(pa.table({**far, "last": ["Total"]})) == []
    assert FIRST_COLUMNS == 3, "a total may stand in the third column, and in none beyond it"
    near = {"a": pa.array([None], pa.string()), "b": pa.array([None], pa.string()), "c": ["Total"]}
    assert total_rows(pa.table(near)) == [0]


@pytest.mark.parametrize(
    ("line", "delimiter", "columns", "footer"),
    [
        ("Printed by the front desk", ",", 5, True),
        ("Printed by the front desk, 3 May", ",", 5, False),
        ("Printed by the front desk, 3 May", ";", 5, True),
        ("confidential", ",", 5, False),
        ("two words", ",", 2, False),
    ],
)
def test_a_remark_below_the_table(line: str, delimiter: str, columns: int, footer: bool) -> None:
    assert is_footer(line, delimiter, columns) == footer
