"""A mapping in the making: what a file is called, and what an answer puts into the mapping."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.files.columns import Columns
from outcomes.intake.drafted import Draft, Entry, Question
from outcomes.intake.layouts import LAYOUTS
from outcomes.intake.matching import Matches

UNIT = Question(
    "Hours or days?",
    {"days": Entry("units", "soreness_h", "days"), "not known": None},
    "numbers are left blank",
)


def draft(rows: int = 2, layout: str | None = None, **sections: object) -> Draft:
    frame = Columns(pd.DataFrame({"a": ["x"] * rows}))
    questions = (UNIT, Question("Which?", {"a": Entry("columns", "pain_pre", "a")}, "blank"))
    return Draft(
        "f.csv", LAYOUTS[layout] if layout else None, frame, dict(sections), Matches(()), questions=questions
    )


@pytest.mark.parametrize(
    ("made", "called"),
    [
        (draft(), "A table, 2 rows, one per session"),
        (draft(1), "A table, 1 row, one per session"),
        (draft(1_200, "google-forms"), "Google Forms, 1,200 answers, one per session"),
        (draft(1, "redcap", redcap={}), "REDCap, one row per form, 1 session"),
        (draft(3, "jane", long_to_wide={}), "Jane, one row per measurement, 3 sessions"),
        (draft(3, "redcap"), "REDCap, 3 rows, one per session"),
    ],
)
def test_what_a_file_is(made: Draft, called: str) -> None:
    assert made.called == called


def test_an_answer_goes_where_it_belongs_and_the_question_goes() -> None:
    begun = draft(units={"pain_pre": "mm"})
    done = begun.answered(UNIT, "days")
    assert done.sections["units"] == {"pain_pre": "mm", "soreness_h": "days"}
    assert [question.asks for question in done.questions] == ["Which?"]
    assert begun.sections == {"units": {"pain_pre": "mm"}}, "the draft before is left as it was"
    assert done.mapping.units == {"pain_pre": "mm", "soreness_h": "days"}


def test_not_known_changes_nothing_but_is_not_asked_again() -> None:
    begun = draft(units={"pain_pre": "mm"})
    done = begun.answered(UNIT, "not known")
    assert done.sections == begun.sections
    assert UNIT not in done.questions
