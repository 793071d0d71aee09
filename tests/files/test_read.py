"""Whatever is not a table ends in one of our errors, with what to do; whatever is a table is read."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source, sha256_of
from outcomes.files.source import Source

BAD = {
    "empty.csv": (b"", "is empty"),
    "header_only.csv": (b"a,b\n", "a header but no rows"),
    "header_and_blanks.csv": (b"a,b\n\n  \n", "a header but no rows"),
    "blank_header.csv": (b",,\n1,2,3\n", "header is blank"),
    "neither.csv": (b"a,b\n1,2\nJos\x81\x8d,3\n", "line 3: is neither UTF-8 nor Windows-1252"),
    "nul.csv": (b"a,b\n1,2\n3,\x004\n", "line 3: holds a NUL byte"),
    "short.csv": (b"a,b\n1,2\n3\n", "line 3: has 1 cells; the header has 2"),
    "long.csv": (b"a,b\n1,2\n3,4,5\n", "line 3: has 3 cells"),
    "open_quote.csv": (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: a quotation mark is opened and never closed"),
    "truncated.csv.gz": (gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:60], "breaks off or is damaged"),
    "truncated.parquet": (b"PAR1 and no more", "breaks off or is damaged"),
    "not_a_workbook.xlsx": (b"PK\x03\x04 and no more", "damaged workbook"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read as a workbook"),
    "wide.csv": (b",".join(b"c%d" % i for i in range(20_000)) + b"\n1\n", "has 20,000 columns"),
    "long_cell.csv": (b"a,b\n1," + b"x" * 3_000_000 + b"\n", "line 2: holds a cell of more than"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_refused_with_a_remedy(name: str, tmp_path: Path) -> None:
    content, says = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as refusal:
        read_source(path)
    assert says in str(refusal.value)
    assert name in str(refusal.value)


def test_binary_junk_is_refused(tmp_path: Path, rng) -> None:
    path = tmp_path / "junk.csv"
    path.write_bytes(rng.bytes(5_000))
    with pytest.raises(UnreadableFileError, match=r"junk\.csv"):
        read_source(path)


def test_absent_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="There is no file"):
        read_source(tmp_path / "nowhere.csv")
    with pytest.raises(UnreadableFileError, match="is a folder"):
        read_source(tmp_path)


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "closed.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything
        pytest.skip("this user may read every file")
    with pytest.raises(UnreadableFileError, match="may not be read"):
        read_source(path)


def test_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_000_000)
    with pytest.raises(UnreadableFileError, match="would unpack to 100 MB"):
        read_source(path)


def test_workbook_with_links_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "linked.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/externalLinks/externalLink1.xml", "<x/>")
    with pytest.raises(UnreadableFileError, match="takes values from other workbooks"):
        read_source(path)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n3,4\n", 2),
        (b"\xef\xbb\xbfa,b\n1,2\n", 1),
        (b"a,b\r\n1,2\n3,4\r\n", 2),
        (b"a,b\r1,2\r", 1),
        (b"a;b\n1;2\n", 1),
        (b"a\tb\n1\t2\n", 1),
        (b'a,b\n1,"x\ny"\n', 1),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), 1),
    ],
)
def test_what_is_a_table_is_read(content: bytes, rows: int, tmp_path: Path) -> None:
    path = tmp_path / "räume und accents.csv"
    path.write_bytes(content)
    table = read_source(path).table
    assert table.num_rows == rows
    assert table.column_names == ["a", "b"]


def _read(content: bytes, folder: Path) -> Source:
    path = folder / "a file.csv"
    path.write_bytes(content)
    return read_source(path)


def _rows(source: Source) -> list[dict[str, str | None]]:
    return source.table.to_pylist()


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-16", "read as UTF-16"),
        ("utf-16-le", "read as UTF-16"),
        ("utf-16-be", "read as UTF-16"),
        ("cp1252", "read as Windows-1252, for it is not UTF-8"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_other_encodings_are_read_and_said(encoding: str, says: str, packed: bool, tmp_path: Path) -> None:
    content = "who\thow\nJosé\t7\nZoë\t6\n".encode(encoding)
    source = _read(gzip.compress(content) if packed else content, tmp_path)
    assert _rows(source) == [{"who": "José", "how": "7"}, {"who": "Zoë", "how": "6"}]
    assert source.said == (says, "cells parted by tabs")
    assert source.lines([1]) == [3]


def test_a_byte_that_is_not_utf8_far_down_changes_the_encoding(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,2\n" * 700_000 + "José,3\n".encode("cp1252")
    source = _read(content, tmp_path)
    assert source.table["a"][-1].as_py() == "José"
    assert source.said == ("read as Windows-1252, for it is not UTF-8",)


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("Outshine PT - session report\nExported 02/03/2026\n\n", 4),
        ("Outshine PT,,\n", 2),
        ('"A title, with a comma"\n\n', 3),
        ("Clinic,Outshine,\nFrom,2026-01-01,\n,,\n", 4),
        ("", 1),
    ],
)
def test_headings_are_found_below_title_lines(above: str, line: int, tmp_path: Path) -> None:
    source = _read(f"{above}s,p,n,pain\ns1,p1,1,6\n\ns2,p1,2,7\n".encode(), tmp_path)
    assert [row["s"] for row in _rows(source)] == ["s1", "s2"]
    assert source.lines([0, 1]) == [line + 1, line + 3]
    assert source.said == (
        (f"headings on line {line}; the {line - 1} lines above them are no records",) if above else ()
    )


def test_a_row_too_long_below_title_lines_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="line 5: has 5 cells; the header has 4"):
        _read(b"Outshine PT\n\ns,p,n,pain\ns1,p1,1,6\ns2,p1,2,7,8\n", tmp_path)


def test_headings_over_several_lines_are_one_heading(tmp_path: Path) -> None:
    source = _read(b'a,"How long\nwere you sore?"\n1,2\n3,4\n', tmp_path)
    assert source.table.column_names == ["a", "How long were you sore?"]
    assert source.lines([0, 1]) == [3, 4]


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("Total,2,,13", 1),
        ("Totals:,,,13", 1),
        (",Total,,13", 1),
        ("Grand Total,,,", 1),
        ("Mean,,,6.5", 1),
        ("Total sessions: 2,,,", 1),
        ("meaning,p,1,6", 0),
        ("s3,Total,1,6", 0),
    ],
)
def test_a_row_of_totals_is_no_record(row: str, left: int, tmp_path: Path) -> None:
    source = _read(f"s,p,n,pain\ns1,p1,1,6\ns2,p2,1,7\n{row}\ns4,p4,1,6\n".encode(), tmp_path)
    assert source.table.num_rows == 4 - left
    assert source.lines([source.table.num_rows - 1]) == [5], "lines below a total are still the file's"
    assert [(found.lines, found.rows) for found in source.left_out] == [((4,), 1)] * left


def test_remarks_below_the_table_are_left_out_and_a_row_that_breaks_off_is_not(tmp_path: Path) -> None:
    table = b"s,p,n,pain\ns1,p1,1,6\n"
    source = _read(table + b"\nPrinted by the front desk\nPage 1 of 1\n", tmp_path)
    assert source.table.num_rows == 1
    assert [(found.lines, found.rows) for found in source.left_out] == [((4, 5), 0)]
    with pytest.raises(UnreadableFileError, match="line 3: has 1 cells"):
        _read(table + b"s2", tmp_path)


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("6,5", "7"), ["6.5", "7"]),
        (("1.234,5", "7"), ["1234.5", "7"]),
        (("6,5", "7.25"), ["6,5", "7.25"]),
        (("1,000", "2,000"), ["1,000", "2,000"]),
        (("6,5", "n/a"), ["6,5", "n/a"]),
    ],
)
def test_decimal_commas_are_read_where_semicolons_part_cells(cells, read, tmp_path: Path) -> None:
    rows = "".join(f"s{at};{cell}\n" for at, cell in enumerate(cells))
    source = _read(f"s;pain\n{rows}".encode(), tmp_path)
    assert source.table["pain"].to_pylist() == read
    changed = list(cells) != read
    assert source.said == ("cells parted by semicolons", *(["decimal commas in pain"] if changed else []))


def test_blank_and_equal_headings_are_told_apart(tmp_path: Path) -> None:
    source = _read(b"a,,a,\n1,2,3,\n", tmp_path)
    assert source.table.column_names == ["a", "column 2", "a (2)"], (
        "a column of nothing at all is left behind"
    )
    assert len(source.said) == 2


def test_lines_count_blank_lines_and_quoted_breaks(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_bytes(b'a,b\n1,2\n\n3,"x\ny"\n5,6\n')
    source = read_source(path)
    assert source.table.num_rows == 3
    assert source.lines([0, 1, 2]) == [2, 4, 6]
    path.write_bytes(b"a,b\n1,2\n3,4\n")
    assert read_source(path).lines([1]) == [3]


@pytest.mark.parametrize("kind", ["parquet", "feather", "excel"])
def test_other_formats_hold_the_same_table(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", None, "z"], "b": [1.0, 2.5, 3.0]})
    path = tmp_path / "table.data"
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "feather":
        frame.to_feather(path)
    else:
        frame.to_excel(path.with_suffix(".xlsx"), index=False, engine="xlsxwriter")
        path = path.with_suffix(".xlsx")
    source = read_source(path)
    assert source.format == kind
    assert source.table.column("a").to_pylist() == ["x", None, "z"]
    assert [float(v) for v in source.table.column("b").to_pylist()] == [1.0, 2.5, 3.0]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_columns_of_bytes_are_read_as_text_or_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "bytes.parquet"
    pq.write_table(pa.table({"a": pa.array([b"x", None, "é".encode()], pa.binary())}), path)
    assert read_source(path).table.column("a").to_pylist() == ["x", None, "é"]
    pq.write_table(pa.table({"b": [1], "a": pa.array([b"\x80"], pa.binary())}), path)
    with pytest.raises(UnreadableFileError, match=r"column 2 \(a\) holds bytes that are not UTF-8"):
        read_source(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\n", "is a PDF"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is a picture"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"{\\rtf1\\ansi}", "is a text document"),
        (b'<?xml version="1.0"?>\n<Bundle xmlns="http://hl7.org/fhir"/>', "is FHIR in XML"),
        (b"\xef\xbb\xbf\n<HTML><table><tr><td>pain_pre</td></tr></table>", "is a web page"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "report.xls"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=f"^report.xls {says}"):
        read_source(path)
