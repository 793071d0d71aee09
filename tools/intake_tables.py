"""The two tables of `docs/intake.md` that are measured: the twelve layouts, and what is refused and why.

Comes in: files as twelve tools write them (`tests/layout_files.py`) and a spreadsheet with everything wrong in it. Goes
out: the page with the parts between its marks made again. Seconds are of this machine::

    PYTHONPATH=src:tests .venv/bin/python tools/intake_tables.py
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from layout_files import LAYOUTS
from outcomes.cli import main
from outcomes.errors import OutcomesError
from outcomes.intake.prepare import Prepared, prepare

PAGE = Path(__file__).resolve().parents[1] / "docs/intake.md"
LAYOUT_MARKS = ("<!-- layouts: made by tools/intake_tables.py -->", "<!-- end of layouts -->")
REFUSED_MARKS = ("<!-- refused: made by tools/intake_tables.py -->", "<!-- end of refused -->")
ONE_PAGE = ["--only", "02_immediate", "--audience", "clinician"]

SHEET = """\
Patient code,Date,Diagnosis,Pain before (0-10),Pain right after,Hours sore,Twitches,Sex,Phone,Notes,Room
A1,2026-01-12,Neck pain,7,5,12,3,F,+1 555 0100,felt better by the evening,2
A2,2026-01-13,neck and low back,6,4,24,2,F,+1 555 0101,,2
A3,2026-01-14,Low back pain,,4,24,2,M,+1 555 0102,,2
A4,2026-01-15,Low back pain,12,4,24,several,M,+1 555 0103,,2
A5,2026-01-16,Tennis elbow,99,4,24,1,M,+1 555 0104,,2
A6,2026-01-19,Tennis elbow,6,>4,-3,1,M,+1 555 0105,,2
A7,2026-01-20,Headache,5/6,4,24,1.5,green,+1 555 0106,,2
A8,2026-01-21,Headache,6,7?,24,1,F,+1 555 0107,,2
,2026-01-22,Headache,6,4,24,1,F,+1 555 0108,,2
A9,2026-01-23,Plantar fasciitis,7,3,still sore,0,F,+1 555 0109,,2
A10,2026-01-26,Neck pain,6,3,moderate,0,F,+1 555 0110,,2
Total,,,60,41,,,,,,
"""
FILES: dict[str, tuple[str, bytes]] = {
    "an empty file": ("visits.csv", b""),
    "a PDF": ("visits.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n"),
    "no column for pain": ("visits.csv", b"Patient ID,Diagnosis,Team\np1,Neck pain,red\np2,Headache,blue\n"),
    "FHIR without a procedure": (
        "export.json",
        b'{"resourceType": "Bundle", "type": "collection", "entry": []}',
    ),
}


# --- the twelve layouts -------------------------------------------------------------------------------------------


def layout_rows() -> Iterator[Sequence[str]]:
    """Per layout: the tool, the command, questions asked, seconds of the first two commands."""
    with tempfile.TemporaryDirectory() as folder:
        for at, (name, (make, _, _)) in enumerate(LAYOUTS.items()):
            place = Path(folder) / str(at)
            place.mkdir()
            path = make(place)
            dictionary = place / "project_DataDictionary.csv"
            asked = _questions(path, dictionary if dictionary.exists() else None)
            more = ["--redcap-dictionary", dictionary.name] if dictionary.exists() else []
            given = [*more[:1], str(dictionary)] if more else []
            safe = str(place / "out" / "sessions.parquet")
            seconds = [
                _seconds(["prepare", str(path), "--out", str(place / "out"), "--yes", *given]),
                _seconds(["check", safe]),
            ]
            kind = "FILE" + path.suffix
            command = f"`outcomes prepare {' '.join([kind, *more])}`"
            yield name, command, str(asked), *(f"{one:.1f}" for one in seconds)


def run_seconds() -> float:
    """Seconds of the third command, `run` for one page: of the first layout, for all give the same records."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        path = next(iter(LAYOUTS.values()))[0](place)
        _seconds(["prepare", str(path), "--out", str(place / "out"), "--yes"])
        safe = str(place / "out" / "sessions.parquet")
        return _seconds(["run", safe, "--out", str(place / "exports"), *ONE_PAGE])


def _questions(path: Path, dictionary: Path | None) -> int:
    """How many questions are asked on a terminal."""
    asked = []
    prepare(path, key=b"k" * 32, dictionary=dictionary, ask=lambda question: asked.append(question.asks))
    return len(asked)


def _seconds(arguments: list[str]) -> float:
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = main(arguments)
    if code not in (0, 1):
        raise SystemExit(f"outcomes {' '.join(arguments)}: exit code {code}")
    return time.perf_counter() - started


# --- what is refused ----------------------------------------------------------------------------------------------


def refused_rows() -> Iterator[Sequence[str]]:
    """What of a spreadsheet with everything wrong in it, and which files, are not read; what becomes of it; why."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "visits.csv"
        path.write_text(SHEET, encoding="utf-8")
        yield from _of_a_sheet(prepare(path, key=b"k" * 32))
        for called, (name, content) in FILES.items():
            path = Path(folder) / name
            path.write_bytes(content)
            yield "a file", called, "refused, exit code 2", _why(path)


def _of_a_sheet(done: Prepared) -> Iterator[Sequence[str]]:
    for one in done.rewritings:
        if one.kind in ("unclear", "flagged") or not one.became:
            yield "a cell", f"`{one.theirs}` in {one.column}", one.became or "blank, listed", one.how
    for lost in done.blanked:
        shown = ", ".join(f"`{value}`" for value in lost.values)
        yield "a cell", f"{shown} in {lost.column}".strip(), "blank, listed", lost.why
    for moved in done.account.moved:
        yield "a row", f"{moved.rows} of {done.account.read}", moved.how, moved.why
    for name, why in done.left_out:
        yield "a column", f"`{name}`", "left behind", why


def _why(path: Path) -> str:
    try:
        prepare(path, key=b"k" * 32)
    except OutcomesError as error:
        lines = [line.strip(" -") for line in str(error).replace(f"{path.parent}/", "").splitlines()]
        return " ".join(lines[:2])
    raise SystemExit(f"{path.name} was not refused")


# --- the page -----------------------------------------------------------------------------------------------------


def table(headings: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def refused_table() -> str:
    """What is refused, as a table."""
    return table(("what", "such as", "becomes", "why"), refused_rows())


def layout_table() -> str:
    """The twelve layouts, as a table."""
    headings = ("tool", "first command", "questions", "`prepare`, s", "`check`, s")
    said = (
        "`outcomes run` for one page took {:.1f} s more: of the first, for all twelve hold the same sessions."
    )
    ran = said.format(run_seconds())
    return f"{table(headings, layout_rows())}\n\n{ran}"


def with_part(text: str, marks: tuple[str, str], part: str) -> str:
    """The page with the part between two marks made again."""
    head, rest = text.split(marks[0])
    return f"{head}{marks[0]}\n\n{part}\n\n{marks[1]}{rest.split(marks[1])[1]}"


if __name__ == "__main__":
    page = with_part(PAGE.read_text(encoding="utf-8"), REFUSED_MARKS, refused_table())
    PAGE.write_text(with_part(page, LAYOUT_MARKS, layout_table()), encoding="utf-8")
