"""Problems as a frame, as lines and as a report: counted whole, shown safely."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from outcomes.errors import ExportError, SessionErrors
from outcomes.intake.problems import (
    MOST_ROWS,
    NOTHING,
    PROBLEM_COLUMNS,
    Fault,
    Problems,
    grouped,
    refuse,
    shown_headings,
    write_report,
)

BAD = Fault("range", "pain_pre", "allowed 0-10", "correct the value")
ODD = Fault("odd", "day", "rarely so", "look again", severity="warning")


def some() -> Problems:
    problems = Problems("f.csv")
    problems.add(ODD, [700], lines=[9])
    problems.add(BAD, [11, "<b>", 12, 13], lines=[2, 5, 6, 7])
    problems.add(Fault("missing column", "condition", "needed", "add it"), [NOTHING], lines=None)
    return problems


def test_a_row_a_value_and_the_whole_count() -> None:
    frame = some().frame()
    assert tuple(frame.columns) == PROBLEM_COLUMNS
    assert frame["count"].tolist() == [1, 4, 4, 4, 4, 1]
    assert frame["value"].isna().tolist() == [False] * 5 + [True]
    assert frame["line"].isna().tolist() == [False] * 5 + [True]


def test_of_very_many_the_first_are_listed_and_all_are_counted() -> None:
    problems = Problems("f.csv")
    problems.add(BAD, list(range(MOST_ROWS + 5)), lines=list(range(MOST_ROWS + 5)))
    problems.add(ODD, [1, 2], lines=[1, 2], count=70_000)
    frame = problems.frame()
    assert len(frame) == MOST_ROWS + 2
    assert grouped(frame)[1].startswith("warning, lines 1, 2 and 69,998 more, `day`: 1;")
    assert frame.groupby("rule")["count"].max().to_dict() == {"range": MOST_ROWS + 5, "odd": 70_000}


def test_lines_say_errors_first_with_where_and_what_to_do() -> None:
    assert grouped(some().frame()) == [
        "lines 2, 5, 6 and 1 more, `pain_pre`: 11; allowed 0-10 (range); correct the value",
        "whole file, `condition`; needed (missing column); add it",
        "warning, line 9, `day`: 700; rarely so (odd); look again",
    ]


def test_only_errors_refuse_and_the_rest_is_counted() -> None:
    warnings = Problems("f.csv")
    warnings.add(ODD, [700], lines=[9])
    refuse(warnings.frame(), "f.csv")
    refuse(Problems("f.csv").frame(), "f.csv")
    with pytest.raises(SessionErrors, match="5 values break the rules") as found:
        refuse(some().frame(), "f.csv")
    assert "look again" not in str(found.value)
    assert len(found.value.problems) == 6, "the frame holds the warnings too"
    many = Problems("f.csv")
    for at in range(15):
        many.add(Fault("range", f"c{at:02}", "x", "y"), [1], lines=[1])
    with pytest.raises(SessionErrors, match="and 3 more kinds; `outcomes check` lists them all"):
        refuse(many.frame(), "f.csv")
    one = Problems("f.csv")
    one.add(BAD, [11], lines=[2])
    with pytest.raises(SessionErrors, match="1 value breaks"):
        refuse(one.frame(), "f.csv")


def test_what_could_not_be_read_is_one_problem_not_two() -> None:
    problems = Problems("f.csv", unreadable={"pain_pre": {1, 3}})
    assert problems.fresh(BAD, np.array([0, 1, 3, 4])).tolist() == [0, 4]
    assert problems.fresh(ODD, np.array([0, 1])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("room", True),
        ("Soreness Hours", True),
        ("Pain Before", True),
        ("Ann Lee", False),
        ("Lee, Ann", False),
        ("555-010-0199", False),
        ("a\x1b[2Jb", False),
        ("MRN 12345678", False),
    ],
)
def test_a_heading_that_could_be_a_persons_is_counted_alone(heading: str, shown: bool) -> None:
    said = shown_headings([heading, "room 2"])
    assert (heading in said) == shown
    assert said.endswith("1 column whose heading could be a person's data") != shown


def test_reports_hold_every_problem_as_text(tmp_path: Path) -> None:
    frame = some().frame()
    write_report(frame, tmp_path / "r.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8"))))
    assert [row["line"] for row in rows] == ["9", "2", "5", "6", "7", ""]
    write_report(frame, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("<tr>") + page.count("<tr ") == 7
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    with pytest.raises(ExportError, match=r"r.txt: a report is a .csv or an .html file"):
        write_report(frame, tmp_path / "r.txt")
