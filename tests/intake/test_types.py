"""Typed columns from text, numbers and coded text; what will not go in becomes a problem with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from outcomes.files.source import Source
from outcomes.intake.problems import Problems
from outcomes.intake.types import Lines, typed
from outcomes.record.columns import COLUMNS


def read(columns: dict[str, Any], kind: str = "csv", rows: Any = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pa.table(columns)
    problems = Problems("f.csv")
    source = Source(Path("f.csv"), kind, table, lambda at: [2 * row + 2 for row in at])
    return typed(table, problems, Lines(source, rows)), problems.frame()


def plain(cells: pd.Series) -> list[object]:
    return [None if pd.isna(cell) else cell for cell in cells]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["6", " 7.5 ", None, "-1", "1e1"], [6.0, 7.5, None, -1.0, 10.0]),
        ([6, 7, None], [6.0, 7.0, None]),
        ([6.5, None], [6.5, None]),
        (pa.array(["6", "6", None]).dictionary_encode(), [6.0, 6.0, None]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_numbers(cells: Any, numbers: list[float | None]) -> None:
    frame, problems = read({"pain_pre": cells})
    assert plain(frame["pain_pre"]) == numbers
    assert problems[problems["rule"] == "number"].empty


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("NA", "leave the cell blank where nothing was recorded"),
        ("-", "leave the cell blank"),
        ("3,5", "write decimals with a point"),
        ("1,200.5", "write thousands without a separator"),
        ("6 points", "enter the number alone"),
        ("NaN", "leave the cell blank"),
    ],
)
def test_text_that_is_no_number_says_what_to_do(text: str, remedy: str) -> None:
    frame, problems = read({"pain_pre": ["6", text, "7", text]})
    assert plain(frame["pain_pre"]) == [6.0, None, 7.0, None]
    found = problems[problems["rule"] == "number"]
    assert found["line"].tolist() == [4, 8]
    assert set(found["count"]) == {2}
    assert found["remedy"].str.startswith(remedy).all()


def test_each_kind_of_text_is_a_problem_of_its_own() -> None:
    _, problems = read({"pain_pre": ["NA", "3,5", "six", "n/a"]})
    counts = problems[problems["rule"] == "number"].groupby("remedy")["count"].first()
    assert sorted(counts) == [1, 1, 2]


def test_flags() -> None:
    frame, problems = read({"soreness_ongoing": ["Yes", "n", "TRUE", "0", "", None, "maybe"]})
    assert plain(frame["soreness_ongoing"]) == [True, False, True, False, None, None, None]
    found = problems[problems["rule"] == "true or false"]
    assert found["line"].tolist() == [14]
    for cells in ([True, None, False], [1, None, 0], [1.0, None, 0.0]):
        frame, problems = read({"soreness_ongoing": cells})
        assert plain(frame["soreness_ongoing"]) == [True, None, False]
        assert problems[problems["rule"] == "true or false"].empty


def test_codes_are_forgiven_their_spelling_and_others_kept_for_the_rules() -> None:
    frame, _ = read({"condition": [" Neck-Pain ", "neck pain", "Nackenschmerz", None]})
    assert plain(frame["condition"]) == ["neck_pain", "neck_pain", "Nackenschmerz", None]
    assert list(frame["condition"].cat.categories) == ["Nackenschmerz", "neck_pain"], "only those that occur"
    frame, _ = read({"age_band": ["20 – 29", "90+"], "co_interventions": ["Heat ; manual therapy", ";"]})
    assert plain(frame["age_band"]) == ["20-29", "90+"]
    assert plain(frame["co_interventions"]) == ["heat;manual_therapy", None]


def test_ids_are_text_whatever_they_were() -> None:
    frame, _ = read({"patient_id": [7.0, 12.0], "session_id": [" a ", "b"]})
    assert plain(frame["patient_id"]) == ["7", "12"]
    assert plain(frame["session_id"]) == ["a", "b"]


def test_what_is_absent_is_missing_and_what_is_needed_is_said_with_the_likeliest() -> None:
    frame, problems = read({"pain_pree": [1, 2]})
    assert {c.name for c in COLUMNS} <= set(frame.columns)
    assert frame[[c.name for c in COLUMNS]].isna().all(axis=None)
    found = problems[problems["rule"] == "missing column"]
    assert set(found["column"]) == {c.name for c in COLUMNS if c.needed}
    assert found.set_index("column")["remedy"]["pain_pre"].endswith("is it the column 'pain_pree'?")


def test_rows_that_were_taken_keep_their_lines() -> None:
    _, problems = read({"pain_pre": ["x"]}, rows=[5])
    assert problems[problems["rule"] == "number"]["line"].tolist() == [12]
