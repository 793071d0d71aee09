"""How a text file is written, found from its beginning: each way of writing one table is described as written."""

from __future__ import annotations

import csv
import gzip
import io
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import UnreadableFileError
from outcomes.files import csv as module
from outcomes.files.csv import describe

ROWS = [["sitzung", "ort", "pain"], ["s1", "Köln, Süd", "6"], ["s2", "a;b|c", "5"], ["s3", "x\ty", "4"]]
ENCODINGS = {
    "utf-8": ("utf-8-sig", ()),
    "utf-8-sig": ("utf-8-sig", ()),
    "utf-16": ("utf-16", ("read as UTF-16",)),
    "utf-16-le": ("utf-16-le", ("read as UTF-16",)),
    "utf-16-be": ("utf-16-be", ("read as UTF-16",)),
    "cp1252": ("cp1252", ("read as Windows-1252, for it is not UTF-8",)),
}
MARKS = {",": (), ";": ("semicolons",), "\t": ("tabs",), "|": ("bars",)}


def written(
    path: Path, rows: list[list[str]], *, mark: str = ",", encoding: str = "utf-8", end: str = "\n"
) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize(("encoding", "mark"), list(product(ENCODINGS, MARKS)))
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_described_as_it_was_written(
    encoding: str, mark: str, packed: bool, tmp_path: Path
) -> None:
    path = written(tmp_path / "s.csv", ROWS, mark=mark, encoding=encoding)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = describe(path)
    assert found.names == ("sitzung", "ort", "pain")
    assert (found.encoding, found.delimiter, found.packed) == (ENCODINGS[encoding][0], mark, packed)
    assert (found.heading_line, found.body_line) == (1, 2)
    assert found.said == ENCODINGS[encoding][1] + tuple(f"cells parted by {name}" for name in MARKS[mark])
    with found.content() as data:
        body = bytes(data[found.start :]).decode()
    assert list(csv.reader(io.StringIO(body), delimiter=mark)) == ROWS[1:]
    with found.text() as text:
        assert list(found.rows(text)) == ROWS
    assert found.plain == (found.encoding == "utf-8-sig")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_title_lines_and_a_heading_over_two_lines(end: str, tmp_path: Path) -> None:
    rows = [["Outshine"], [], ["id", f"pain{end}before", "day"], ["s1", "6", "1"]]
    found = describe(written(tmp_path / "s.csv", rows, end=end))
    assert found.names == ("id", "pain before", "day")
    assert found.said[0] == "headings on line 3; the 2 lines above them are no records"
    assert found.heading_line == 3
    assert not found.plain
    with found.content() as data:
        assert bytes(data[found.start :]).split(b",")[0].strip() == b"s1"


@pytest.mark.parametrize(
    ("cells", "commas"),
    [
        (["6,5", "7"], True),
        (["6,05"], True),
        (["6,0512"], True),
        (["6,512"], False),  # it could be six thousand
        (["6.5"], False),
        (["a,5"], False),
    ],
)
def test_decimal_commas_are_sure_only_where_no_thousands_are_parted_so(cells, commas, tmp_path: Path) -> None:
    rows = [["id", "pain"], *([f"s{i}", cell] for i, cell in enumerate(cells))]
    assert describe(written(tmp_path / "s.csv", rows, mark=";")).decimal_commas is commas
    assert not describe(written(tmp_path / "t.csv", rows)).decimal_commas, "a comma that parts cells is none"


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text("ab;|, \t", max_size=4), min_size=3, max_size=3), min_size=3, max_size=6),
    st.sampled_from(list(MARKS)),
)
def test_a_delimiter_in_quotes_does_not_mislead(tmp_path_factory, rows: list[list[str]], mark: str) -> None:
    table = [["first", "second", "third"], *([cell.replace(mark, "") for cell in row] for row in rows)]
    path = written(tmp_path_factory.mktemp("x") / "s.csv", table, mark=mark)
    assert describe(path).names == ("first", "second", "third") or any(
        other in cell for row in table for cell in row for other in set(MARKS) - {mark}
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"", mtime=0), "is empty once unpacked"),
        (gzip.compress(b"a,b\n1,2\n" * 900, mtime=0)[:40], "gzip file that breaks off"),
        (b"\x00\x01\x02\x03" * 500, "holds binary data"),
        (b"\x01\x02\x03\x04a\n1\n", "its first line is not text"),
        (b",,\n,,\n", "the header is blank"),
        (b"a" * (module.MOST_CELL * 8 + 5), "line 1: is too long to be a header"),
        ("a,b\n1,2\n".encode("utf-16") + b"\x00\xd8", "line 3: is neither UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=says):
        describe(path)


def test_a_packed_file_that_swells_is_refused(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "s.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 100_000))
    file = describe(path)
    with file.content() as data:
        assert len(data) == 400_004
    monkeypatch.setattr(module, "MOST_UNPACKED", 400_003)
    with pytest.raises(UnreadableFileError, match="unpacks to more than 0 MB"), file.content():
        pass
