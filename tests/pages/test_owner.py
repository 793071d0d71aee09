"""The owner's page, the pages of conditions, the board and the folds, from tables as an export writes them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd
import pytest

from outcomes.pages.board import CHIPS, board_html
from outcomes.pages.condition import condition_pages
from outcomes.pages.folding import folded
from outcomes.pages.owner import Tables, first_screen

TIMES = {"pre": "before", "post": "right after", "48h": "at 2 days"}


def _relief(condition: str, time: str, **changes: object) -> dict[str, object]:
    row = {
        "condition": condition,
        "time": time,
        "measure": "pain_relief",
        "patients": 40,
        "sessions": 90,
        "capture_rate": 0.7,
        "estimate": 0.5,
        "std_error": 0.2,
        "df": 200,
        "conf_low": 0.1,
        "conf_high": 0.9,
        "better": 0.3,
        "same": 0.5,
        "worse": 0.2,
        "expected_change": 0.0,
        "null_benchmark_flare": 1.1,
        "note": "",
    }
    return {**row, **changes}


def _line(condition: str, label: str, share: float | None, note: str = "") -> dict[str, object]:
    row = {"condition": condition, "label": label, "patients": 40, "sessions": 90, "capture_rate": 0.7}
    return {
        **row,
        "proportion": share,
        "conf_low": 0.1,
        "conf_high": 0.4,
        "null_benchmark": 0.28,
        "null_benchmark_flare": 0.49,
        "note": note,
    }


@pytest.fixture
def export(tmp_path: Path) -> Tables:
    (tmp_path / "tables").mkdir()
    hidden = {
        "patients": None,
        "estimate": None,
        "conf_low": None,
        "conf_high": None,
        "note": "withheld: few",
    }
    tables = {
        "00_start_here-relief": [
            _relief("tennis_elbow", "post"),
            _relief("tennis_elbow", "48h", patients=35),
            _relief("headache", "post", estimate=-0.2, conf_low=-0.5, conf_high=0.0, patients=70),
            _relief("headache", "48h"),
            _relief("golfers_elbow", "post", **hidden),
            _relief("golfers_elbow", "48h", **hidden),
        ],
        "00_start_here-overall": [_relief("all", "post"), _relief("all", "48h")],
        "00_start_here-flow": [{"step": "recorded", "patients": 120, "sessions": 300}],
        "08_conditions-expectations": [
            _line("headache", "Clearly less pain at 2 days", 0.4),
            _line("headache", "Clearly more pain at 2 days", 0.17),
            _line("tennis_elbow", "Clearly less pain at 2 days", 0.49),
            _line("tennis_elbow", "Clearly more pain at 2 days", None, "withheld: fewer than 11 patients"),
        ],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(tmp_path / f"tables/{name}.csv", index=False)
    return Tables(tmp_path, TIMES)


def test_the_first_screen_leaves_out_what_no_page_made(export) -> None:
    records, said = first_screen(export)
    assert records.startswith("300 sessions of 120 patients.")
    assert [topic for topic, _ in said] == ["Right after", "At 2 days"]
    assert first_screen(Tables(export.folder / "nowhere", TIMES)) == ("", [])


def test_cards_stand_by_name_with_region_and_most_patients(export) -> None:
    cards = export.cards
    assert [card.label for card in cards] == ["Golfer's elbow", "Headache", "Tennis elbow"]
    assert [(card.region, card.patients) for card in cards] == [("elbow", 0), ("head", 70), ("elbow", 40)]
    assert dict(cards[1].figures)["Pain right after"] == "0.2 higher (0.0 to 0.5)"
    assert {value for _, value in cards[0].figures} == {"not shown (privacy)"}


def test_a_card_shows_both_directions_or_neither(export) -> None:
    pages = {page.label: page for page in condition_pages(export)}
    assert next(page.file for page in condition_pages(export)) == "condition_headache.html"
    assert [line.said for line in pages["Headache"].card] == ["about 4 in 10 (40%)", "about 2 in 10 (17%)"]
    assert [line.said for line in pages["Tennis elbow"].card] == ["not shown (privacy)"] * 2
    assert pages["Golfer's elbow"].card == ()
    assert "49%" not in str(pages["Tennis elbow"])


def test_a_condition_says_its_verdict_and_where_nothing_is_shown_why(export) -> None:
    pages = {page.label: page for page in condition_pages(export)}
    assert pages["Tennis elbow"].answer[1] == (
        "At 2 days, pain was 0.5 points lower (95% CI 0.1 to 0.9) on average. That is no more than expected."
    )
    assert pages["Golfer's elbow"].answer == (
        "Right after: not shown (privacy).",
        "At 2 days: not shown (privacy).",
    )


def _claim(claim: str, verdict: str, **changes: object) -> dict[str, object]:
    row = {
        "claim": claim,
        "statement": "<b>",
        "measure": "share of sessions",
        "model": "m",
        "criterion": "above 50%",
    }
    figures = {
        "estimate": 0.2,
        "conf_low": 0.1,
        "conf_high": 0.3,
        "p_value": 0.01,
        "patients": 40,
        "sessions": 90,
    }
    return {**row, **figures, "verdict": verdict, "why": "because", "wording": "say this", **changes}


def test_the_board_puts_what_says_too_much_first_and_draws_figure_and_rule() -> None:
    table = pd.DataFrame(
        [
            _claim("C1", "not testable from such records", measure="", estimate=None, sessions=0),
            _claim("C3", "supported"),
            _claim("C2", "told by patients"),
            _claim("C5", "contradicted"),
        ]
    )
    page = board_html(table)
    places = [page.index(f'id="{claim}"') for claim in ("C5", "C3", "C2", "C1")]
    assert places == sorted(places)
    assert "<b>" not in page
    assert page.count('class="scale"') == 2
    assert 'class="rule" style="left: 50.0%"' in page
    assert 'class="range" style="left: 10.0%; width: 20.0%"' in page
    assert all(said in page for said, look in CHIPS.values() if look != "open")


def test_what_follows_the_first_chart_is_folded_and_the_rest_is_not() -> None:
    cell, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    shown = nbformat.v4.new_output("display_data", {"text/html": '<img alt="x" src="data:">'})
    book = nbformat.v4.new_notebook(
        cells=[
            cell("# T"),
            cell("## A"),
            code("a", outputs=[shown]),
            cell("## B\n\nwords"),
            code("b"),
            code("export"),
        ]
    )
    marks = [(dict(made.metadata), made.source) for made in folded(book).cells]
    assert marks[1] == ({}, "## A")
    assert marks[3] == ({"fold_from": "B"}, "words")
    assert marks[4][0] == {"fold_to": True}
    assert marks[5][0] == {}


def test_a_page_without_a_chart_is_not_folded() -> None:
    cell = nbformat.v4.new_markdown_cell
    book = nbformat.v4.new_notebook(cells=[cell("# T"), cell("## A"), cell("## B"), cell("end")])
    assert not any(made.metadata for made in folded(book).cells)
