"""Every kind of bad input this suite must answer with a message: how to make the file, and what is said.

Used by ``test_bad_input.py`` and by ``benchmarks/bad_input_table.py``, which prints case, message and exit code.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xlsxwriter

import outcomes as oc

HEAD = b"session_id,patient_id,condition,session_number,pain_pre\n"
GOOD = b"s1,p1,neck_pain,1,6\n"
SESSIONS = oc.simulate_sessions(30, seed=2)[0]


@dataclass(frozen=True)
class Case:
    """One bad file: its name, what it is called in the table, how to make it, what must be said of it."""

    called: str
    name: str
    make: Callable[[Path], None]
    says: tuple[str, ...]


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def _row(cells: str, head: bytes = HEAD) -> Callable[[Path], None]:
    return _bytes(head + GOOD + cells.encode() + b"\n")


def _truncated_parquet(path: Path) -> None:
    content = SESSIONS.to_parquet()
    path.write_bytes(content[: len(content) // 2])


def _workbook(path: Path, cells: dict[str, str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for at, line in enumerate((HEAD + GOOD).decode().splitlines()):
            page.write_row(at, 0, line.split(","))
        for place, value in cells.items():
            page.write_string(place, value)


def _zipped(path: Path, name: str, content: bytes) -> None:
    buffer = io.BytesIO()
    _workbook(path, {})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    path.write_bytes(buffer.getvalue())


def _lying_bomb(path: Path) -> None:
    """A workbook whose own directory says that its 600 MB part holds ten bytes."""
    _zipped(path, "xl/media/picture.png", b"\0" * 600_000_000)
    path.write_bytes(
        path.read_bytes().replace((600_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    )


WIDE = b",".join(b"c%d" % at for at in range(20_000)) + b"\n" + b",".join([b"1"] * 20_000) + b"\n"
RANGE = ("line 3", "`pain_pre`", "allowed 0–10", "(range)")
NUMBER = ("line 3", "`pain_pre`", "allowed 0–10", "(number)")

CASES = [
    Case("absent file", "nowhere.csv", lambda path: None, ("There is no file", "Check the name")),
    Case("directory", "folder", lambda path: path.mkdir(), ("is a folder", "Name the file")),
    Case("a pipe, not a file", "pipe", os.mkfifo, ("is a pipe or a device",)),
    Case("empty", "empty.csv", _bytes(b""), ("empty.csv is empty",)),
    Case("header only", "header.csv", _bytes(HEAD), ("a header but no rows",)),
    Case("binary junk", "junk.csv", _bytes(bytes(range(256)) * 40), ("is not a table",)),
    Case("truncated gzip", "short.csv.gz", _bytes(gzip.compress((HEAD + GOOD) * 900, mtime=0)[:90]), ("breaks off",)),
    Case("gzip bomb", "bomb.csv.gz", _bytes(gzip.compress(HEAD + b"0" * 300_000_000)), ("unpacks to more than",)),
    Case("truncated Parquet", "short.parquet", _truncated_parquet, ("breaks off or is damaged",)),
    Case("no encoding", "encoding.csv", _bytes(HEAD + GOOD + b"Jos\x81\x8d,p,neck_pain,1,6\n"),
         ("line 3", "neither UTF-8 nor Windows-1252", "CSV UTF-8")),
    Case("NUL byte", "nul.csv", _row("s2,p2,neck_pain,1,\x006"), ("line 3", "NUL byte")),
    Case("ragged row", "ragged.csv", _row("s2,p2,neck_pain,1"), ("line 3: has 4 cells", "5 columns")),
    Case("quotation mark left open", "quote.csv", _row('s2,"p2,neck_pain,1,6'), ("line 3", "never closed")),
    Case("duplicate columns", "twice.csv", _bytes(HEAD.strip() + b",pain_pre\ns1,p1,neck_pain,1,6,5\n"),
         ("line 1", "columns 5 and 6 have the same name")),
    Case("decimal comma", "comma.csv", _row('s2,p2,neck_pain,1,"3,5"'), (*NUMBER, "decimals with a point")),
    Case("thousands separator", "thousands.csv", _row('s2,p2,neck_pain,1,"1,000"'), (*NUMBER, "without a separator")),
    *(
        Case(f'"{word}" for a blank', f"word{at}.csv", _row(f"s2,p2,neck_pain,1,{word}"),
             (*NUMBER, "leave the cell blank", f": {word}" if word.isalpha() or word == "-" else "pain_pre"))
        for at, word in enumerate(("NA", "-", "none"))
    ),
    Case("11 on a 0–10 scale", "eleven.csv", _row("s2,p2,neck_pain,1,11"), (*RANGE, ": 11", "a slip for 1 or 10")),
    Case("text in a number", "text.csv", _row("s2,p2,neck_pain,1,six"), (*NUMBER, "the number alone")),
    Case("1e308", "huge.csv", _row("s2,p2,neck_pain,1,1e308"), RANGE),
    Case("NaN", "nan.csv", _row("s2,p2,neck_pain,1,NaN"), ("line 3", "`pain_pre`", "leave the cell blank")),
    Case("inf", "inf.csv", _row("s2,p2,neck_pain,1,inf"), RANGE),
    Case("negative hours", "hours.csv", _bytes(HEAD.strip() + b",soreness_h\n" + GOOD.strip() + b",-4\n"),
         ("line 2", "`soreness_h`: -4", "(range)")),
    Case("duplicate ids", "ids.csv", _row("s1,p2,neck_pain,1,6"), ("`session_id`", "(unique)", "its own id")),
    Case("a cell of 40 MB", "cell.csv", _row("s2," + "x" * 40_000_000 + ",neck_pain,1,6"), ("line 3", "131,072")),
    Case("20,000 columns", "wide.csv", _bytes(WIDE), ("20,000 columns", "at most 1,000")),
    Case("formula in a code", "formula.csv", _row("s2,p2,=cmd|' /C calc'!A0,1,6"), ("line 3", "`condition`", "(code)")),
    Case("condition <script>", "script.csv", _row("s2,p2,<script>,1,6"), ("line 3", "`condition`", "(code)")),
    Case("zip bomb in .xlsx", "bomb.xlsx", lambda path: _zipped(path, "xl/media/a.png", b"\0" * 600_000_000),
         ("would unpack to 600 MB",)),
    Case("zip bomb that lies about its size", "lies.xlsx", _lying_bomb, ("would unpack to",)),
    Case("external link in .xlsx", "links.xlsx",
         lambda path: _zipped(path, "xl/externalLinks/externalLink1.xml", b"<externalLink/>"),
         ("takes values from other workbooks",)),
    Case("a stray cell at the far corner of a sheet", "far.xlsx", lambda path: _workbook(path, {"XFD1048576": "x"}),
         ("row 1,048,576 and column 16,384",)),
    Case("a zip archive", "files.zip", lambda path: zipfile.ZipFile(path, "w").writestr("a.csv", HEAD + GOOD),
         ("is a zip archive, not a workbook",)),
    Case("a name in an id, path with spaces and accents", "Büro, März 2024.csv", _row("s2,Ann Lee,neck_pain,1,6"),
         ("Büro, März 2024.csv was not read: it seems to identify people", "`patient_id`")),
]  # fmt: skip

ACCEPTED = [
    Case("byte-order mark", "bom.csv", _bytes(b"\xef\xbb\xbf" + HEAD + GOOD), ("1 row read",)),
    Case("mixed line ends", "ends.csv",
         _bytes(HEAD.replace(b"\n", b"\r\n") + GOOD + GOOD.replace(b"1", b"2").replace(b"\n", b"\r\n")
                .replace(b",2,6", b",1,6")), ("2 rows read",)),
    Case("path with spaces and accents", "Büro 2024 – März.csv", _bytes(HEAD + GOOD), ("1 row read",)),
    Case("UTF-16", "utf16.csv", _bytes((HEAD + GOOD).decode().encode("utf-16")), ("1 row read", "read as UTF-16")),
    Case("Latin-1", "latin1.csv", _bytes(HEAD.strip() + b",room\n" + GOOD.strip() + "Löwe\n".encode("latin-1")
         .replace(b"L", b",L")), ("1 row read", "read as Windows-1252")),
    Case("decimal commas", "euro.csv", _bytes((HEAD + b"s2,p2,neck_pain,1,3X5\n").replace(b",", b";")
         .replace(b"X", b",")), ("1 row read", "cells parted by semicolons", "decimal commas in pain_pre")),
    Case("title lines", "title.csv", _bytes(b"Outshine PT\n\n" + HEAD + GOOD), ("1 row read", "headings on line 3")),
    Case("a row of totals", "total.csv", _row("Total,1,,,6"), ("2 rows read: 1 session, 1 left out", "(line 3)")),
]  # fmt: skip


def tidy_sessions() -> pd.DataFrame:
    """Simulated sessions, for tests that need a clean file."""
    return SESSIONS.copy()
