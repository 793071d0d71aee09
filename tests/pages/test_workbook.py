"""The sheets of a workbook; a whole one is read back in ``test_formats.py``."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from outcomes.pages import workbook
from outcomes.pages.export import Export, Exported
from outcomes.pages.owner import Tables


@pytest.mark.parametrize(
    ("second", "heading"), [("pain_relief", "Estimate (points)"), ("rom_gain", "Estimate")]
)
def test_a_table_of_several_measures_has_no_unit_in_its_heading(second, heading, tmp_path) -> None:
    (tmp_path / "tables").mkdir()
    rows = pd.DataFrame({"measure": ["pain_relief", second], "estimate": [1.0, 7.0], "patients": [40, 41]})
    rows.to_csv(tmp_path / "tables/00_x-t.csv", index=False)
    (tmp_path / "00_x.page.json").write_text(json.dumps({"tables": {"t": ""}, "charts": {}, "in_order": []}))
    made = Export(tmp_path, "T", "B", "", "F", (Exported("00_x", "T", "Q?"),), Tables(tmp_path, {}))
    workbook.write(made, tmp_path / "t.xlsx")
    read = pd.read_excel(tmp_path / "t.xlsx", sheet_name="00 t", engine="calamine")
    assert read.columns[1] == heading
    assert read[heading].tolist() == [1.0, 7.0]


def test_tables_whose_names_are_too_long_for_a_sheet_have_a_sheet_each(tmp_path) -> None:
    names = [f"a_very_long_name_of_a_table_{end}" for end in ("one", "two", "six")]
    (tmp_path / "tables").mkdir()
    for place, name in enumerate(names):
        frame = pd.DataFrame({"condition": ["all"], "patients": [40 + place], "estimate": [float("nan")]})
        frame.to_csv(tmp_path / f"tables/00_x-{name}.csv", index=False)
    record = {"tables": dict.fromkeys(names, ""), "charts": {}, "in_order": []}
    (tmp_path / "00_x.page.json").write_text(json.dumps(record))
    made = Export(tmp_path, "T", "B", "", "F", (Exported("00_x", "T", "Q?"),), Tables(tmp_path, {}))
    workbook.write(made, tmp_path / "t.xlsx")
    sheets = pd.read_excel(tmp_path / "t.xlsx", sheet_name=None, engine="calamine")
    assert len(sheets) == 1 + len(names)
    assert max(map(len, sheets)) <= 31
    assert [sheet["Patients"].tolist() for sheet in list(sheets.values())[1:]] == [[40], [41], [42]]
    assert all(sheet["Estimate"].isna().all() for sheet in list(sheets.values())[1:])
