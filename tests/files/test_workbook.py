"""Workbooks of every kind: headings below title rows, sheets put together or chosen, nothing unsafe opened."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source

HERE = Path(__file__).parents[1] / "data"
ROWS: list[list[str | float | None]] = [
    ["Clinic session log 2026"],
    [],
    ["session_id", "patient_id", "pain_pre"],
    ["s1", "p1", 6],
    ["s2", "p2", 7.5],
    ["Total", 2, 13.5],
]
RECORDS = [
    {"session_id": "s1", "patient_id": "p1", "pain_pre": "6"},
    {"session_id": "s2", "patient_id": "p2", "pain_pre": "7.5"},
]


def _xlsx(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path


def _ods(path: Path, table: str) -> Path:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest {spaces}><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="log">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _ods_row(cells: Sequence[str | float | None], repeated: int = 1) -> str:
    said = "".join(
        "<table:table-cell/>"
        if cell is None
        else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        if isinstance(cell, str)
        else f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{said}</table:table-row>'


def _xlsb(path: Path, rows: Sequence[Sequence[str | float | None]]) -> Path:
    """A workbook in Excel's binary format, record by record ([MS-XLSB] 2.1.4)."""

    def record(kind: int, payload: bytes) -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return head + bytes([len(payload) & 127 | 128, len(payload) >> 7]) + payload

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    sheet = record(148, struct.pack("<4I", 0, len(rows) - 1, 0, 9)) + record(145, b"")
    for at, row in enumerate(rows):
        sheet += record(0, struct.pack("<I", at) + bytes(21))
        for column, value in enumerate(row):
            place = struct.pack("<2I", column, 0)
            if isinstance(value, str):
                sheet += record(6, place + text(value))
            elif value is not None:
                sheet += record(5, place + struct.pack("<d", value))
    sheet += record(146, b"")
    bundle = record(156, struct.pack("<2I", 0, 1) + text("rId1") + text("log"))
    book = record(153, bytes(8)) + record(143, b"") + bundle + record(144, b"") + record(132, b"")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships><Relationship Id="rId1" Type="{relation}" Target="worksheets/sheet1.bin"/>'
            "</Relationships>",
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def _made(kind: str, folder: Path) -> Path:
    if kind == "xls":  # written once with xlwt 1.3.0, from ROWS with a condition and a session number
        return HERE / "title_row.xls"
    if kind == "xlsx":
        return _xlsx(folder / "log.xlsx", {"log": ROWS})
    if kind == "ods":
        return _ods(folder / "log.ods", "".join(map(_ods_row, ROWS)) + _ods_row([None], 1_048_000))
    return _xlsb(folder / "log.xlsb", ROWS)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb", "ods"])
def test_every_kind_of_workbook_is_read_below_its_title_and_above_its_total(
    kind: str, tmp_path: Path
) -> None:
    source = read_source(_made(kind, tmp_path))
    assert source.table.select(list(RECORDS[0])).to_pylist() == RECORDS
    assert source.lines([0, 1]) == [4, 5]
    assert source.said == ("headings on row 3; the 2 rows above them are no records",)
    assert [(left.what, left.lines, left.rows) for left in source.left_out] == [("1 row of totals", (6,), 1)]


def test_sheets_with_the_same_headings_are_one_table(tmp_path: Path) -> None:
    head = ["Patient", "Pain before"]
    sheets = {"Jan": [head, ["a", 6]], "Feb": [head, ["b", 7]], "Notes": [["Ask the front desk"]]}
    source = read_source(_xlsx(tmp_path / "months.xlsx", sheets))
    assert source.table["Patient"].to_pylist() == ["a", "b"]
    assert source.said == ("2 sheets with the same headings read as one table",)


def test_the_largest_sheet_is_read_and_another_where_asked_for(tmp_path: Path) -> None:
    sheets = {
        "Read me": [["About", "this"], ["1", "2"]],
        "Data": [["Patient", "Pain before"], *[["a", 6]] * 9],
    }
    path = _xlsx(tmp_path / "two.xlsx", sheets)
    source = read_source(path)
    assert (source.table.num_rows, source.said) == (9, ("sheet 2 read; 1 other not",))
    assert read_source(path, sheet="Read me").table.column_names == ["About", "this"]
    with pytest.raises(UnreadableFileError, match="has no sheet 'Notes'; it has Read me, Data"):
        read_source(path, sheet="Notes")


def test_an_opendocument_sheet_that_repeats_without_end_is_refused(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="100000">{cell}</table:table-cell></table:table-row>'
    with pytest.raises(UnreadableFileError, match=r"as far out as row 100,000 and column 16,384"):
        read_source(_ods(tmp_path / "bomb.ods", row))
