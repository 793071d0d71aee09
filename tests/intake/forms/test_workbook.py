"""The workbook: reads back as it is, and refuses at the keyboard what the rules refuse later."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import python_calamine

from outcomes.errors import ExportError, UnreadableFileError
from outcomes.intake.forms.workbook import TEMPLATE_ROWS, examples, write_template
from outcomes.intake.mapping import Mapping
from outcomes.intake.read import check_sessions
from outcomes.record.columns import COLUMN_NAMES, COLUMNS, column
from outcomes.record.reference import read_reference

NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("template") / "sessions.xlsx"
    write_template(path)
    return path


@pytest.fixture(scope="module")
def validations(workbook) -> dict[str, ET.Element]:
    with zipfile.ZipFile(workbook) as archive:
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    found = {}
    for rule in sheet.iterfind(".//x:dataValidation", NS):
        letters, last = re.fullmatch(r"([A-Z]+)2:\1(\d+)", rule.attrib["sqref"]).groups()
        assert int(last) == TEMPLATE_ROWS + 1
        at = 0
        for letter in letters:
            at = at * 26 + ord(letter) - 64
        found[COLUMN_NAMES[at - 1]] = rule
    return found


def formula(rule: ET.Element, number: int = 1) -> str:
    return rule.findtext(f"x:formula{number}", namespaces=NS)


def test_four_sheets_with_the_records_header(workbook):
    book = python_calamine.load_workbook(str(workbook))
    assert book.sheet_names == ["sessions", "help", "codes", "examples"]
    assert book.get_sheet_by_name("sessions").to_python() == [list(COLUMN_NAMES)]
    assert [row[0] for row in book.get_sheet_by_name("help").to_python()[1:]] == list(COLUMN_NAMES)


def test_the_codes_sheet_has_every_code_where_its_drop_down_looks(workbook, validations):
    rows = python_calamine.load_workbook(str(workbook)).get_sheet_by_name("codes").to_python()
    for c in COLUMNS:
        if not c.offered or c.kind == "tags":
            continue
        first, last = map(
            int, re.fullmatch(r"codes!\$B\$(\d+):\$B\$(\d+)", formula(validations[c.name])).groups()
        )
        assert [row[1] for row in rows[first - 1 : last]] == list(c.offered)


def test_every_column_is_held_to_its_range_and_carries_a_line_of_help(validations):
    assert set(validations) == set(COLUMN_NAMES)
    for name, rule in validations.items():
        c = column(name)
        assert 10 < len(rule.attrib["prompt"]) <= 255
        assert len(rule.attrib["promptTitle"]) <= 32
        if c.kind in ("number", "integer") and rule.attrib["type"] in ("decimal", "whole"):
            assert float(formula(rule, 2)) == c.high
            assert float(formula(rule)) == (0.01 if c.above else c.low)
    assert {name for name, rule in validations.items() if rule.attrib["type"] == "custom"} == {
        "session_id",
        "soreness_free_h",
        "rom_pre",
        "rom_post",
        "rom_48h",
    }
    assert validations["activity"].attrib["errorStyle"] == "warning"


def test_a_range_of_motion_is_held_to_its_movement(workbook, validations):
    first, last = map(int, re.search(r"\$B\$(\d+):\$D\$(\d+)", formula(validations["rom_48h"])).groups())
    rows = python_calamine.load_workbook(str(workbook)).get_sheet_by_name("codes").to_python()
    most = {row[1]: row[3] for row in rows[first - 1 : last]}
    assert most == {row["movement"]: float(row["most"]) for row in read_reference("movements")}
    movement = chr(65 + COLUMN_NAMES.index("rom_movement"))
    assert f"VLOOKUP(${movement}2," in formula(validations["rom_pre"])


def test_the_examples_keep_every_rule(workbook):
    checked = check_sessions(workbook, mapping=Mapping(sheet="examples"))
    assert checked.problems.empty
    assert len(checked.sessions) == 3


def test_what_is_typed_in_reads_back(tmp_path):
    path = tmp_path / "typed in é.xlsx"
    records = [dict(record) for _, record in examples()]
    write_template(path, sessions=records)
    sessions = check_sessions(path).sessions
    for at, record in enumerate(records):
        for name in COLUMN_NAMES:
            cell = sessions[name].iloc[at]
            if name in record:
                assert str(record[name]).lower() in (
                    str(cell).lower(),
                    f"{cell:g}" if isinstance(cell, float) else "",
                )
            else:
                assert pd.isna(cell)


def test_an_empty_template_says_that_it_is_empty(workbook):
    with pytest.raises(UnreadableFileError, match="no rows"):
        check_sessions(workbook)


def test_the_same_workbook_every_time(tmp_path, workbook):
    write_template(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == workbook.read_bytes()


def test_only_a_workbook_and_only_whole(tmp_path):
    with pytest.raises(ExportError, match=r"does not end in \.xlsx"):
        write_template(tmp_path / "sessions.csv")
    with pytest.raises(ExportError, match="cannot be written"):
        write_template(tmp_path / "absent" / "sessions.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_formulas_in_cells_stay_text(tmp_path):
    path = tmp_path / "t.xlsx"
    write_template(path, sessions=[{"session_id": "=1+1", "activity": "@x"}])
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
