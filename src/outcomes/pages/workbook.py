"""A workbook of every table: a sheet that explains, then a sheet a table, numbers as numbers, units in the headings."""

from __future__ import annotations

import datetime as dt
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.charts.tables import COUNTS, LABELS, SHARES
from outcomes.errors import EstimationError
from outcomes.files.write import write_whole
from outcomes.record.measures import measure

if TYPE_CHECKING:
    from outcomes.pages.export import Export

__all__ = ["write"]

IN_UNIT = frozenset(
    ("estimate", "observed", "conf_low", "conf_high", "std_error", "expected_change", "null_benchmark_flare")
)
"""Columns that are in the unit of the table's measure, where it has one."""
WIDE, LINE = 90, 15.0
"""Characters in a line of the sheet that explains, and how high a line is, in points."""
LONGEST_SHEET = 31
"""Characters of a sheet's name that Excel takes."""


def write(export: Export, path: Path) -> None:
    """Write the workbook."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": export.title, "created": dt.datetime(2024, 1, 1)})
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "share": book.add_format({"num_format": "0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "number": book.add_format({"num_format": "0.00"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        about = book.add_worksheet("About")
        names: dict[str, str] = {}
        for page, name in export.table_names():
            sheet = _sheet_name(f"{page.name[:2]} {name.replace('_', ' ')}", names)
            names[sheet] = f"{page.title} ({name.replace('_', ' ')})"
            _write_table(book.add_worksheet(sheet), export.tables.read(f"{page.name}-{name}"), styles)
        _write_about(about, export, names, styles)
    write_whole(path, content.getvalue())


def _sheet_name(name: str, taken: dict[str, str]) -> str:
    """A name of a sheet that is short enough and not taken."""
    short, number = name[:LONGEST_SHEET], 2
    while short in taken:
        short, number = f"{name[: LONGEST_SHEET - 3]} {number}", number + 1
    return short


def _write_about(sheet: Any, export: Export, names: dict[str, str], styles: dict[str, Any]) -> None:
    """What the workbook is, what it cannot show, and which sheet holds what."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, WIDE, styles["wrap"])
    records, answers = export.answers
    rows = [("", export.title), *(("Note", said) for said in export.said), ("Records", records), *answers]
    rows += [
        (
            "Blank cells",
            "Not shown (privacy), not recorded, or too few to estimate: the column Note says which.",
        )
    ]
    rows += [("95% from, to", "The 95% confidence interval: the range in which the true figure likely lies.")]
    rows += [("Made", export.footer), ("Sheet", "What it holds")]
    for row, (name, said) in enumerate(rows):
        sheet.write_string(row, 0, name, styles["head"])
        sheet.write_string(row, 1, said, styles["head"] if name == "Sheet" else styles["wrap"])
        sheet.set_row(
            row, LINE * math.ceil(max(len(said), 1) / WIDE)
        )  # not every program makes room for wrapped text
    for row, (name, said) in enumerate(names.items(), start=len(rows)):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, said, styles["wrap"])


def _write_table(sheet: Any, table: pd.DataFrame, styles: dict[str, Any]) -> None:
    unit = _unit(table)
    sheet.freeze_panes(1, 1)
    for at, name in enumerate(table.columns):
        label = LABELS.get(str(name)) or str(name).replace("_", " ").capitalize()
        heading = f"{label} ({unit})" if unit and name in IN_UNIT else label
        look, wide = (
            _look(str(name), table[name]),
            table[name].astype("str").str.len().max() if len(table) else 0,
        )
        sheet.set_column(at, at, min(max(12, int(wide) + 2), 60) if look == "wrap" else 12)
        sheet.write_string(0, at, heading, styles["head"])
        for row, value in enumerate(table[name], start=1):
            _write_cell(sheet, (row, at), value, styles[look])


def _unit(table: pd.DataFrame) -> str:
    """The unit of a table all of whose rows are of one measure."""
    names: list[str] = list(table["measure"].dropna().unique()) if "measure" in table else []
    try:
        return measure(str(names[0])).unit if len(names) == 1 else ""
    except EstimationError:
        return ""


def _look(name: str, values: pd.Series[Any]) -> str:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "wrap"
    return "share" if name in SHARES else "count" if name in COUNTS else "number"


def _write_cell(sheet: Any, place: tuple[int, int], value: Any, style: Any) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        sheet.write_string(*place, str(value), style)
    else:
        sheet.write_number(*place, value, style)
