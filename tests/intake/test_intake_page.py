"""The tables of `docs/intake.md` are what `tools/intake_tables.py` makes; what it asks for on a form is recognized."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intake_tables import LAYOUT_MARKS, REFUSED_MARKS, refused_table
from layout_files import LAYOUTS
from outcomes.intake.headings import name_score
from outcomes.intake.matching import SURE
from outcomes.record.columns import column

PAGE = (Path(__file__).resolve().parents[2] / "docs/intake.md").read_text(encoding="utf-8")
FORM = PAGE.split("## A form to copy")[1]


def _between(marks: tuple[str, str]) -> str:
    return PAGE.split(marks[0])[1].split(marks[1])[0].strip()


def test_what_is_refused_is_what_the_page_says() -> None:
    assert _between(REFUSED_MARKS) == refused_table()


def test_every_layout_has_its_row_asks_nothing_and_takes_less_than_a_minute() -> None:
    table, ran = _between(LAYOUT_MARKS).split("\n\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    last = float(re.search(r"took ([\d.]+) s", ran)[1])
    assert [row[0] for row in rows] == list(LAYOUTS)
    for name, command, questions, *seconds in rows:
        assert command.startswith("`outcomes prepare FILE"), name
        assert questions == "0", name
        assert sum(map(float, seconds)) + last < 60, name


@pytest.mark.parametrize(
    ("number", "ours"),
    {
        1: "patient_id", 4: "side", 5: "pain_pre", 6: "pain_post", 7: "muscles", 8: "insertion_count",
        9: "twitch_count", 11: "followup_status", 12: "followup_h", 13: "pain_48h", 14: "soreness_h",
        15: "soreness_ongoing", 16: "soreness_peak", 17: "adverse_event",
    }.items(),
)  # fmt: skip
def test_each_question_to_copy_is_surely_recognized(number: int, ours: str) -> None:
    asked = re.search(rf"^{number}\. ([^\n(]+(?:\(0-10\))?)", FORM, re.MULTILINE)
    assert asked is not None
    assert name_score(column(ours), asked[1].strip()) >= SURE


def test_the_condition_and_both_ranges_are_surely_recognized() -> None:
    assert name_score(column("condition"), "What was treated today?") >= SURE
    assert name_score(column("rom_pre"), "Range of motion before (degrees)") >= SURE
    assert name_score(column("rom_post"), "Range of motion after (degrees)") >= SURE
