"""The line a text file goes wrong on, against the line the fault was planted on."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from outcomes.files import csv_faults
from outcomes.files.csv import MOST_CELL, describe
from outcomes.files.csv_faults import first_fault

GOOD = [b"id,pain,day", *(f"s{i},{i % 10},{i}".encode() for i in range(40))]
FAULTS = {
    b"s,1": "has 2 cells; the header has 3 columns",
    b"s,1,2,3": "has 4 cells; the header has 3 columns",
    b's,"1"x,2': "a quotation mark is opened and never closed, or stands inside a cell",
    b"s," + b"1" * (MOST_CELL + 1) + b",2": "holds a cell of more than 131,072 characters",
    b"s,\x81\x8d,2": "is neither UTF-8 nor Windows-1252 text",
}


@pytest.mark.parametrize("line", [2, 3, 25, 41])
@pytest.mark.parametrize("fault", FAULTS, ids=list(FAULTS.values()))
@pytest.mark.parametrize("packed", [False, True])
def test_the_first_line_at_fault_is_named(fault: bytes, line: int, packed: bool, tmp_path: Path) -> None:
    lines = list(GOOD)
    lines[line - 1] = fault
    path = tmp_path / "s.csv"
    content = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(content) if packed else content)
    encoding = "utf-8-sig" if b"\x81" not in fault else "cp1252"
    found = first_fault(describe(path, encoding="utf-8-sig") if encoding == "utf-8-sig" else _cp1252(path))
    assert str(found).startswith(f"s.csv, line {line}: {FAULTS[fault]}")


def _cp1252(path: Path):
    whole = path.read_bytes()
    path.write_bytes(b"\n".join(GOOD))
    file = describe(path, encoding="cp1252")
    path.write_bytes(whole)
    packed = whole[:2] == b"\x1f\x8b"
    return type(file)(**{**vars(file), "packed": packed})


def test_a_row_over_two_lines_counts_both(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b'id,note\ns1,"two\nlines"\ns2,fine\ns3\n')
    assert "line 5: has 1 cells" in str(first_fault(describe(path)))


def test_title_lines_count_too_and_blank_lines_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"Outshine\n\nid,pain,day\ns1,1,1\n\n\ns2,2\n")
    assert "line 7: has 2 cells" in str(first_fault(describe(path)))
    path.write_bytes(b"Outshine\n\nid,pain,day\ns1,1,1\n\n\ns2,2,2\n")
    assert first_fault(describe(path)) is None


def test_a_line_without_an_end_is_not_held_in_memory(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"id,pain,day\n" + b"1," * 3_000 + b"\n")
    monkeypatch.setattr(csv_faults, "MOST_LINE", 1_000)
    assert "line 2: holds a cell of more than" in str(first_fault(describe(path)))


def test_a_packed_file_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "s.csv.gz"
    whole = gzip.compress(b"\n".join(GOOD), mtime=0)
    path.write_bytes(whole)
    file = describe(path)
    path.write_bytes(whole[:-12])
    assert "is a gzip file that breaks off or is damaged" in str(first_fault(file))
