"""An Excel workbook a clinic can type sessions into tomorrow.

Comes in: a path. Goes out: a workbook with a sheet ``sessions`` (one row per session, drop-downs, ranges enforced, a
line of help at every cell), one of help, one with the codes, and one with three worked examples. The sheet ``sessions``
is what ``read_sessions`` reads.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.record.columns import COLUMN_NAMES, COLUMNS, Column, column
from outcomes.record.measures import MOVEMENTS, movement
from outcomes.record.reference import read_reference

__all__ = ["TEMPLATE_ROWS", "examples", "write_template"]

TEMPLATE_ROWS = 2_000
"""Rows of the sheet ``sessions`` that carry drop-downs and checks."""

_PRESENT_WIDTH = 12
_TEXT = ("id", "category", "tag", "tags", "flag")


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Worked examples of ``reference/examples.csv``: what each shows, and the record."""
    return [
        (row["shows"], {name: _typed(column(name), row[name]) for name in COLUMN_NAMES if row[name]})
        for row in read_reference("examples")
    ]


def _typed(c: Column, text: str) -> Any:
    return text if c.kind in _TEXT else int(text)


def write_template(path: str | Path, *, sessions: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write the workbook, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Must end in ``.xlsx``.
    sessions : sequence of mapping, optional
        Records to start the sheet ``sessions`` with, by column name.

    Raises
    ------
    ExportError
        Where the path does not end in ``.xlsx`` or cannot be written.
    """
    import xlsxwriter

    from outcomes.errors import ExportError
    from outcomes.files.write import write_whole

    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ExportError(
            f"{path.name} does not end in .xlsx; the template is an Excel workbook. Name it so."
        )
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": "Needling sessions", "created": dt.datetime(2024, 1, 1)})
        sheets = _Sheets(book, _Styles.of(book))
        sheets.write_sessions(sessions)
        sheets.write_help()
        sheets.write_codes()
        sheets.write_examples()
    write_whole(path, content.getvalue())


@dataclass(frozen=True)
class _Styles:
    """Cell formats of the workbook."""

    needed: Any
    header: Any
    text: Any
    number: Any
    wrapped: Any

    @classmethod
    def of(cls, book: Any) -> _Styles:
        bold = {"bold": True, "bottom": 1, "valign": "top"}
        return cls(
            needed=book.add_format({**bold, "bg_color": "#F2D7A6"}),
            header=book.add_format({**bold, "bg_color": "#E8ECF0"}),
            text=book.add_format({"num_format": "@"}),
            number=book.add_format({"num_format": "General"}),
            wrapped=book.add_format({"text_wrap": True, "valign": "top"}),
        )


class _Sheets:
    """The four sheets, and where on ``codes`` each column's codes stand."""

    def __init__(self, book: Any, styles: _Styles) -> None:
        self.styles = styles
        self.sessions = book.add_worksheet("sessions")
        self.help = book.add_worksheet("help")
        self.codes = book.add_worksheet("codes")
        self.examples = book.add_worksheet("examples")
        self.places = _code_places()

    def write_sessions(self, sessions: Sequence[Mapping[str, Any]]) -> None:
        """The sheet to type into."""
        sheet = self.sessions
        self._write_header(sheet)
        sheet.freeze_panes(1, 2)
        for at, c in enumerate(COLUMNS):
            sheet.write_comment(0, at, f"{c.label}: {_help(c)}", {"x_scale": 2, "author": ""})
            sheet.data_validation(1, at, TEMPLATE_ROWS, at, _validation(c, at, self.places))
        for row, session in enumerate(sessions, start=1):
            self._write_record(sheet, row, session)

    def _write_header(self, sheet: Any) -> None:
        for at, c in enumerate(COLUMNS):
            style = self.styles.text if c.kind in _TEXT else self.styles.number
            sheet.set_column(at, at, max(_PRESENT_WIDTH, len(c.name) + 3), style)
            sheet.write_string(0, at, c.name, self.styles.needed if c.needed else self.styles.header)

    def _write_record(self, sheet: Any, row: int, record: Mapping[str, Any]) -> None:
        for name, value in record.items():
            at = COLUMN_NAMES.index(name)
            if column(name).kind in _TEXT:
                sheet.write_string(row, at, str(value), self.styles.text)
            else:
                sheet.write_number(row, at, value, self.styles.number)

    def write_help(self) -> None:
        """One line per column: what it is, what it may hold."""
        header = ["column", "label", "what to enter", "allowed", "unit", "needed", "when"]
        rows = [
            [c.name, c.label, c.meaning, _allowed(c), c.unit, "yes" if c.needed else "", c.event]
            for c in COLUMNS
        ]
        self._write_table(self.help, [header, *rows], [20, 22, 60, 50, 12, 8, 10])

    def write_codes(self) -> None:
        """Every code with its meaning; for movements also the unit and the greatest range."""
        rows: list[list[Any]] = [["column", "code", "meaning", "most"]]
        for c in COLUMNS:
            for code in c.offered:
                most = movement(code).most if c.name == "rom_movement" else ""
                rows.append([c.name, code, c.label_of(code), most])
        self._write_table(self.codes, rows, [20, 32, 44, 8])

    def write_examples(self) -> None:
        """Three worked examples, as they would stand on the sheet to type into."""
        self._write_header(self.examples)
        self.examples.freeze_panes(1, 2)
        for row, (shows, record) in enumerate(examples(), start=1):
            self._write_record(self.examples, row, record)
            self.examples.write_comment(row, 0, shows, {"x_scale": 2, "author": ""})

    def _write_table(self, sheet: Any, rows: Sequence[Sequence[Any]], widths: Sequence[int]) -> None:
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width, self.styles.text if at < 2 else self.styles.wrapped)
        for number, row in enumerate(rows):
            for at, value in enumerate(row):
                style = self.styles.header if number == 0 else None
                if isinstance(value, str):
                    sheet.write_string(number, at, value, style)
                else:
                    sheet.write_number(number, at, value, style)
        sheet.freeze_panes(1, 1)


# --- what a cell may hold --------------------------------------------------------------------------------------


def _allowed(c: Column) -> str:
    return "see the sheet codes" if c.offered else c.allowed


def _help(c: Column) -> str:
    """A line of help: at most 255 characters, as Excel allows."""
    unit = f" ({c.unit})" if c.unit and c.unit != "per movement" else ""
    several = " Several codes: put ; between." if c.kind == "tags" else ""
    needed = " Must be filled in." if c.needed else " Leave blank if not recorded."
    text = f"{c.meaning[0].upper()}{c.meaning[1:]}{unit}. Allowed: {_allowed(c)}.{several}{needed}"
    return text if len(text) <= 255 else f"{text[:254]}…"


def _code_places() -> dict[str, tuple[int, int]]:
    """First and last row (from 1) of each column's codes on the sheet ``codes``."""
    places, row = {}, 2
    for c in COLUMNS:
        codes = c.offered
        if codes:
            places[c.name] = (row, row + len(codes) - 1)
            row += len(codes)
    return places


def _validation(c: Column, at: int, places: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Excel's data validation of a column: what is allowed, the help line, the words of a refusal."""
    return {
        **_criterion(c, at, places),
        "input_title": c.label[:32],
        "input_message": _help(c),
        "error_title": f"{c.name}"[:32],
        "error_message": f"Allowed: {_allowed(c)}. Leave the cell blank if it was not recorded."[:255],
        "ignore_blank": True,
    }


def _criterion(c: Column, at: int, places: dict[str, tuple[int, int]]) -> dict[str, Any]:
    cell = f"{_letters(at)}2"
    if c.unique:
        own = f"${_letters(at)}$2:${_letters(at)}${TEMPLATE_ROWS + 1}"
        return _custom(f"=COUNTIF({own},{cell})=1")
    if c.kind == "flag":
        return {"validate": "list", "source": ["true", "false"]}
    if c.kind == "tags":
        return {"validate": "length", "criteria": "<=", "value": 400}
    if c.name in places:
        first, last = places[c.name]
        listed = {"validate": "list", "source": f"=codes!$B${first}:$B${last}"}
        return {**listed, "error_type": "warning"} if c.kind == "tag" else listed
    if c.name == "soreness_free_h":
        sore = f"{_letters(COLUMN_NAMES.index('soreness_h'))}2"
        return _custom(f"=AND(ISNUMBER({cell}),{cell}>{sore},{cell}<={c.high:g})")
    if c.name.startswith("rom_"):
        return _custom(_range_formula(cell, places))
    if c.kind in ("number", "integer"):
        low = 0.01 if c.above else c.low
        return {
            "validate": "integer" if c.kind == "integer" else "decimal",
            "criteria": "between",
            "minimum": low,
            "maximum": c.high,
        }
    return {"validate": "length", "criteria": "between", "minimum": 1, "maximum": 40}


def _custom(formula: str) -> dict[str, Any]:
    return {"validate": "custom", "value": formula}


def _range_formula(cell: str, places: dict[str, tuple[int, int]]) -> str:
    """A range of motion up to the most its movement may reach."""
    first, last = places["rom_movement"]
    moved = f"${_letters(COLUMN_NAMES.index('rom_movement'))}2"
    most = f"VLOOKUP({moved},codes!$B${first}:$D${last},3,FALSE)"
    return f"=AND(ISNUMBER({cell}),{cell}>=0,{cell}<=IFERROR({most},{max(movement(m).most for m in MOVEMENTS):g}))"


def _letters(at: int) -> str:
    """Letters of a spreadsheet's column, from its position.

    Examples
    --------
    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    return (chr(64 + at // 26) if at >= 26 else "") + chr(65 + at % 26)
