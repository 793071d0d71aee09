"""The report of preparing a file: nothing lost between the page and the terminal, nothing shown that could identify."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from outcomes.intake.prepare import Prepared, prepare
from outcomes.intake.prepare_report import report_html, report_text

HEAD = "Patient code,Condition,Pain before,Pain after,Soreness (hours),Phone,Comments\n"
ODD = ["7/10", "6 - moderate", "5-6", "<b>8</b>", ">9", "lots", "about 4", "3ish", "2+", "1 or 2", "45/100"]
SECRET = "call maria.garcia@example.org"


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Prepared:
    rows = [f"p{i:02},Neck pain,6,{cell},12,555-010-01{i:02}, {SECRET}\n" for i, cell in enumerate(ODD * 2)]
    path: Path = tmp_path_factory.mktemp("x") / "raw.csv"
    path.write_text(HEAD + "".join(rows) + f"p99,Neck pain,5,{SECRET},12,,\n")
    return prepare(path, key=b"no secret, but long enough")


def test_the_page_holds_every_rewriting_with_its_cells(done: Prepared) -> None:
    page = report_html(done)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(<td>.*?)</tr>", page)]
    listed = {(cells[0], unescape(cells[1]), cells[4]) for cells in rows if len(cells) == 5}
    assert listed >= {
        (one.column, one.theirs, f"{one.cells:,}") for one in done.rewritings if "@" not in one.theirs
    }
    assert sum(len(cells) == 5 for cells in rows) == len(done.rewritings)


def test_text_is_shown_as_text(done: Prepared) -> None:
    assert "<b>" not in report_html(done)
    assert "&lt;b&gt;8&lt;/b&gt;" in report_html(done)


def test_nothing_that_could_identify_is_shown(done: Prepared) -> None:
    for said in (report_html(done), report_text(done)):
        assert "maria" not in said
        assert "555-010" not in said
        assert f"(text of {len(SECRET)} characters, not shown)" in said


def test_the_terminal_shows_the_first_rows_and_counts_the_rest(done: Prepared) -> None:
    text = report_text(done)
    rewritten = [one for one in done.rewritings if one.kind == "rewritten"]
    part = text.split("Values rewritten")[1].split("\n\n")[0].strip().splitlines()
    more = re.search(r"and (\d+) more; the report has them all", part[-1])
    shown = len(part) - bool(more)
    assert shown + (int(more[1]) if more else 0) == len(rewritten)
    assert "pain_post: 7/10 -> 7 (" in text
    assert "; 2 cells)" in text


def test_both_begin_with_the_account_of_the_rows(done: Prepared) -> None:
    for said in (report_text(done), unescape(report_html(done))):
        assert str(done.account) in said
        assert done.called in said
