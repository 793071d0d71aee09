"""Small files on which other tools let people down, each with what is right, worked out by hand.

They lie in a folder ``shared/cases`` beside the clone (or under ``$OUTCOMES_SHARED``); without it they are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conftest import skip_or_fail
from outcomes.intake.drafted import Question
from outcomes.intake.prepare import Prepared, prepare

ROOT = Path(__file__).resolve().parents[2]
RIGHT: dict[str, dict[str, list[Any]]] = {
    "redcap_nonrepeating_event_lost.csv": {"pain_pre": [6, 5], "pain_post": [4, 4], "pain_48h": [3, None]},
    "redcap_empty_followup_rows_boxes.csv": {"pain_pre": [6, 5], "pain_48h": [3, None]},
    "redcap_no_unscheduled.csv": {
        "pain_pre": [6, 5, 7, 6],
        "pain_48h": [3, None, 5, 4],
        "twitch_count": [None] * 4,
    },
    "redcap_missing_codes.csv": {"pain_pre": [6, 6], "pain_post": [None, None], "pain_48h": [None, None]},
    "gforms.csv": {
        "pain_pre": [7, 6, 8, 5],
        "pain_post": [5, 6, 5.5, 4],
        "twitch_count": [6, None, 0, None],
        "soreness_h": [48, 36, 0, 24],
        "soreness_free_h": [None, None, None, 48],
    },
    "qualtrics.csv": {"pain_pre": [7], "pain_post": [5], "condition": ["neck_pain"]},
    "words.csv": {"soreness_h": [24, 12], "condition": ["neck_pain", "low_back_pain"]},
    "euro.csv": {"pain_pre": [6.5, 7], "pain_post": [5, 5.5], "rom_pre": [62.5, 60]},
    "preamble.csv": {"pain_pre": [6, 7]},
    "title_row.xlsx": {"pain_pre": [6, 7]},
    "totals.csv": {"pain_pre": [6, 7]},
    "unicode.txt": {"pain_pre": [6], "pain_post": [5]},
    "a.dta": {"pain_pre": [6, 7], "condition": ["neck_pain", "neck_pain"]},
    "codes.csv": {"pain_pre": [6, 7, 7], "pain_48h": [None, None, None]},
}
ROWS = {  # read, sessions, merged, left out
    "redcap_nonrepeating_event_lost.csv": (5, 2, 3, 0),
    "redcap_empty_followup_rows_boxes.csv": (6, 2, 3, 1),
    "redcap_no_unscheduled.csv": (9, 4, 4, 1),
    "redcap_missing_codes.csv": (4, 2, 2, 0),
    "qualtrics.csv": (3, 1, 0, 2),
    "totals.csv": (3, 2, 0, 1),
}
SAID = {
    "euro.csv": "decimal commas in pain_pre, pain_post, rom_pre",
    "preamble.csv": "headings on line 4; the 3 lines above them are no records",
    "title_row.xlsx": "headings on row 4; the 3 rows above them are no records",
    "unicode.txt": "read as UTF-16",
}


@pytest.fixture(scope="module")
def cases() -> Path:
    folder = Path(os.environ.get("OUTCOMES_SHARED", ROOT.parent / "shared")) / "cases" / "intake"
    if not folder.is_dir():
        skip_or_fail("the cases of intake are not in shared/cases/ beside the clone")
    return folder


def _answer(question: Question) -> str | None:
    """What a clinic would say: all of the survey were treated for the same."""
    return next((answer for answer in question.answers if answer == "always Neck pain"), None)


def _prepared(cases: Path, name: str) -> Prepared:
    return prepare(cases / name, key=b"no secret, but long enough", ask=_answer)


def test_every_case_has_what_is_right(cases: Path) -> None:
    assert {path.name for path in cases.iterdir()} == set(RIGHT)


@pytest.mark.parametrize("name", RIGHT)
def test_a_case_is_read_as_it_should_be(name: str, cases: Path) -> None:
    done = _prepared(cases, name)
    for column, right in RIGHT[name].items():
        cells = done.sessions[column].astype(object)
        assert cells.where(cells.notna(), None).tolist() == right, column
    account = done.account
    found = (account.read, account.sessions, account.rows("merged"), account.rows("left out"))
    sessions = len(done.sessions)
    assert found == ROWS.get(name, (sessions, sessions, 0, 0))
    assert SAID.get(name, "") in "; ".join(done.said)


def test_each_code_for_missing_of_a_project_is_counted(cases: Path) -> None:
    done = _prepared(cases, "redcap_missing_codes.csv")
    found = {(one.column, one.theirs): (one.kind, one.cells) for one in done.rewritings}
    assert found == {
        ("pain_post", "-99"): ("not recorded", 1),
        ("pain_post", "NASK"): ("not recorded", 1),
        ("pain_48h", "UNK"): ("not recorded", 1),
    }


def test_what_is_unclear_in_a_form_is_missing_and_counted_and_99_is_doubted_aloud(cases: Path) -> None:
    unclear = [one for one in _prepared(cases, "gforms.csv").rewritings if one.kind == "unclear"]
    assert {(one.theirs, one.cells) for one in unclear} == {(">10", 1), ("several", 1)}
    codes = _prepared(cases, "codes.csv")
    assert 'missing = ["-99", "N/A"]' in codes.text
    assert codes.doubts[0].startswith("99 in pain_48h looks like a code for not recorded")


def test_previews_of_a_survey_are_told(cases: Path) -> None:
    why = {one.why for one in _prepared(cases, "qualtrics.csv").account.moved}
    assert len(why) == 1
    assert "headings" in why.pop()
