"""What only the clinic knows is asked, never guessed: which column, which unit, which date comes first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outcomes.intake.drafted import Question
from outcomes.intake.prepare import UnpreparedError, prepare
from prepared_form import FORM, KEY, prepared, values

HEAD = "session_id,patient_id,condition,session_number,pain_pre,pain_post"


def test_what_only_the_clinic_knows_is_asked_once_and_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(question: Question) -> str:
        asked.append(question.asks)
        return "the month"

    done = prepared(FORM, tmp_path, ask=answer)
    assert asked == ["In dates such as 2/3/2026, which comes first?"]
    assert values(done.sessions, "day") == [0, 0, 0, 6]
    assert done.asked == ((asked[0], "the month"),)
    (tmp_path / "clinic.toml").write_text(done.text)
    again = prepare(tmp_path / "raw.csv", key=KEY, mapping=tmp_path / "clinic.toml", ask=answer)
    assert asked == [asked[0]], "what was answered is not asked again"
    pd.testing.assert_frame_equal(again.sessions, done.sessions)
    left = prepared(FORM, tmp_path)
    assert left.sessions["day"].isna().all()
    assert any("which comes first" in doubt and "days stay blank" in doubt for doubt in left.doubts)


def test_a_question_with_an_answer_that_does_not_help_leaves_it_open(tmp_path: Path) -> None:
    text = "patient_id,Which day,pain_pre\np1,Monday,6\np2,Friday,7\n"
    with pytest.raises(UnpreparedError) as refusal:
        prepared(text, tmp_path, ask=lambda question: "none of them")
    assert "condition (condition treated): no column says so" in str(refusal.value)
    assert '# condition = "?"  # needed, and not found' in refusal.value.text
    done = prepared(text, tmp_path, ask=lambda question: "always Neck pain")
    assert set(done.sessions["condition"]) == {"neck_pain"}


def test_two_columns_as_good_are_asked_about_and_not_guessed(tmp_path: Path) -> None:
    text = "Patient ID,Condition,Pain before,Pain pre-treatment\np1,neck,6,5\np2,neck,7,5\n"
    with pytest.raises(UnpreparedError, match="could be 'Pain before' or 'Pain pre-treatment'"):
        prepared(text, tmp_path)
    done = prepared(text, tmp_path, ask=lambda question: "'Pain pre-treatment'")
    assert values(done.sessions, "pain_pre") == [5, 5]


def test_hours_and_days_are_not_guessed(tmp_path: Path) -> None:
    text = "Patient ID,Condition,Pain before,How long were you sore?\np1,neck,6,2\np2,neck,7,1\np3,neck,7,36 hrs\n"
    assert values(prepared(text, tmp_path).sessions, "soreness_h") == [None, None, 36]
    for answer, hours in (("days", [48, 24, 36]), ("hours", [2, 1, 36])):
        done = prepared(text, tmp_path, ask=lambda question, answer=answer: answer)
        assert values(done.sessions, "soreness_h") == hours
    told = prepared(text.replace("How long were you sore?", "How many days were you sore?"), tmp_path)
    assert values(told.sessions, "soreness_h") == [48, 24, 36]


def test_codes_for_not_recorded_are_offered_and_99_is_doubted_aloud(tmp_path: Path) -> None:
    rows = "\ns1,p1,neck_pain,1,6,-99\ns2,p2,neck_pain,1,7,N/A\ns3,p3,neck_pain,1,7,99\n"
    done = prepared(HEAD + rows, tmp_path)
    assert done.sessions["pain_post"].isna().all()
    assert 'missing = ["-99", "N/A"]' in done.text
    assert any(doubt.startswith("99 in pain_post looks like a code") for doubt in done.doubts)
    counts = {one.theirs: (one.kind, one.cells) for one in done.rewritings}
    assert counts == {"-99": ("not recorded", 1), "N/A": ("not recorded", 1), "99": ("unclear", 1)}
