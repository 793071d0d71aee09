"""Archives made by hand, honest and lying, against what each would do to the memory."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files import workbook_safety
from outcomes.files.workbook_safety import refuse_unsafe

SHEET = "xl/worksheets/sheet1.xml"


def archive(path: Path, parts: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def sheet(*places: str) -> bytes:
    return b"<sheetData>" + b"".join(f'<c r="{place}"/>'.encode() for place in places) + b"</sheetData>"


def ods(rows: str) -> bytes:
    names = (
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    )
    return f"<office:body {names}>{rows}</office:body>".encode()


def cell(repeated: int, *, filled: bool = True) -> str:
    value = 'office:value-type="string"' if filled else ""
    return f'<table:table-cell table:number-columns-repeated="{repeated}" {value}/>'


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize(
    "parts",
    [
        {SHEET: sheet("A1", "XFD1", "A1048576"[:2] + "9")},
        {SHEET: sheet("A1", "Z40000")},
        {"xl/sharedStrings.xml": sheet("XFD1048576")},  # no sheet: nothing stands there
        {"content.xml": ods(f"<table:table-row>{cell(3)}{cell(16_000, filled=False)}</table:table-row>")},
        {"content.xml": ods('<table:table-row table:number-rows-repeated="1048000"></table:table-row>')},
    ],
)
def test_workbooks_that_are_safe_are_let_through(parts, how: int, tmp_path: Path) -> None:
    refuse_unsafe(archive(tmp_path / "x.xlsx", parts, how))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"a.txt": b"x"}, "is a zip archive, not a workbook"),
        (
            {SHEET: sheet("A1"), "xl/externalLinks/externalLink1.xml": b""},
            "takes values from other workbooks",
        ),
        ({SHEET: sheet("A1", "XFD9000")}, r"row 9,000 and column 16,384"),
        ({SHEET: sheet("AAA1", "B100000")}, r"row 100,000 and column 703"),
        (
            {
                "content.xml": ods(
                    f'<table:table-row table:number-rows-repeated="50000">{cell(900)}</table:table-row>'
                )
            },
            "row 50,000 and column 900",
        ),
        ({SHEET: b" " * 11_000_000}, "would unpack to 11 MB or more"),
        ({"content.xml": b"<a></b>"}, "is a damaged workbook"),
        (
            {"content.xml": ods(f"<table:table-row>{cell(1)}</table:table-row>").replace(b'"1"', b'"one"')},
            "damaged",
        ),
    ],
)
def test_workbooks_that_are_not_are_refused(parts, says: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=says):
        refuse_unsafe(archive(tmp_path / "x.xlsx", parts))


def test_a_directory_that_lies_about_the_size_is_not_believed(tmp_path: Path) -> None:
    """The true size of a part stands twice in the archive; both are made small here, as a hostile file has it."""
    path = archive(tmp_path / "x.xlsx", {SHEET: b" " * 20_000_000})
    whole = path.read_bytes()
    true = (20_000_000).to_bytes(4, "little")
    assert whole.count(true) == 2
    path.write_bytes(whole.replace(true, (10).to_bytes(4, "little")))
    with pytest.raises(UnreadableFileError, match="would unpack to"):
        refuse_unsafe(path)


def test_a_place_that_two_pieces_share_is_seen(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(workbook_safety, "MOST_CELLS", 100)
    for before in range(1_048_540, 1_048_580, 3):
        content = b"x" * before + b'<c r="A101"/>' + b"x" * 50
        path = archive(tmp_path / "x.xlsx", {SHEET: content + bytes(range(256)) * 9_000})
        with pytest.raises(UnreadableFileError, match="row 101 and column 1"):
            refuse_unsafe(path)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_an_archive_that_breaks_off_is_damaged(kept: float, tmp_path: Path) -> None:
    path = archive(tmp_path / "x.xlsx", {SHEET: sheet("A1", "B2")})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(UnreadableFileError, match="is a damaged workbook"):
        refuse_unsafe(path)


def test_a_compression_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.xlsx", {SHEET: sheet("A1") * 100}, zipfile.ZIP_BZIP2)
    with pytest.raises(UnreadableFileError, match="is a damaged workbook"):
        refuse_unsafe(path)
