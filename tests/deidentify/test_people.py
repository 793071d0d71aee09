"""Identifiers planted in thirty locales are found, and columns that identify nobody are let by."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from outcomes import read_sessions, simulate_sessions
from outcomes.deidentify.people import Crowd, is_ordinary, names_people
from outcomes.record.columns import COLUMNS
from planted_identifiers import LOCALES, Planted, harmless, is_found, recall, table_of_recall

PRIVACY = Path(__file__).parents[2] / "docs" / "privacy.md"


@cache
def measured(*, whole: bool = False) -> pd.DataFrame:
    """Every locale and spelling; under every heading only at night."""
    return recall(whole=whole)


def share(kind: str, *, whole: bool = False) -> pd.Series:
    found = measured(whole=whole)
    rows = found[found["kind"] == kind].set_index("which")
    return rows["found"] / rows["values"]


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_names_at_one_per_patient_are_found_in_every_locale(whole):
    found = share("names", whole=whole)
    assert list(found.index) == LOCALES
    assert found.min() >= 0.95


def test_numbers_with_a_check_digit_are_found():
    found = share("numbers with a check digit")
    assert len(found) >= 30
    assert found.mean() >= 0.98


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_columns_that_identify_nobody_are_let_by(seed):
    columns: list[Planted] = list(harmless(seed))
    alarms = [planted.which for planted in columns if is_found(planted)]
    assert len(columns) >= 200
    assert len(alarms) <= 0.01 * len(columns), alarms


@pytest.mark.slow
def test_the_documentation_says_what_was_measured():
    columns = list(harmless())
    table = table_of_recall(measured(whole=True), len(columns), sum(map(is_found, columns)))
    assert table in PRIVACY.read_text(encoding="utf-8"), table


@pytest.mark.parametrize(
    ("distinct", "rows", "patients", "each"),
    [
        (4, 8, 5, False),  # too few to say anything
        (5, 8, 10, True),
        (49, 300, 100, False),
        (50, 300, 100, True),
        (1_000, 90_000, 50_000, True),  # of a very large table half of two thousand
        (999, 90_000, 50_000, False),
        (19, 20, None, False),  # nothing says how many patients there are: a fifth of the rows, and twenty
        (20, 100, None, True),
        (20, 101, None, False),
        (400, 90_000, None, True),
    ],
)
def test_so_many_different_texts_are_one_per_patient(distinct, rows, patients, each):
    assert Crowd(rows, lambda: patients).one_each(distinct) is each


NAMED = [
    f"{first} {last}"
    for first in ("Maria", "Ann", "John")
    for last in ("Gonzalez", "Vandersnoot", "Kowalski")
]


@pytest.mark.parametrize(("role", "named"), [("other", True), ("id", True), ("code", True), ("place", False)])
def test_a_clinic_may_be_called_after_somebody_and_nothing_else_may(role, named):
    texts = pa.array(NAMED)
    assert names_people(texts, texts, role, Crowd(9, lambda: 9)) is named


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (["maria.gonzalez", "ann.vandersnoot", "john.kowalski", "kari.brekke"], True),
        (["lorvik_tamsen", "lorvik_bextur", "lorvik_mirand", "lorvik_tolvik"], False),  # all begin alike
        (["P001", "P002", "P003"], False),
        (["XKQZ", "BRTL", "WPQM"], False),  # nobody can say them
    ],
)
def test_names_that_are_joined_are_names_and_codes_that_begin_alike_are_none(ids, named):
    texts = pa.array(ids)
    assert names_people(texts, texts, "id", Crowd(len(ids))) is named


def test_codes_of_the_record_are_nobodys_name():
    """A clinic of eleven had a questionnaire each, and was told that these were people."""
    words = {word for c in COLUMNS for code in c.values for word in re.findall(r"[a-z]{2,}", code.lower())}
    assert {word for word in words if not is_ordinary(word)} <= {"cm"}
    sessions = simulate_sessions(60, seed=5)[0]
    eleven = sessions["patient_id"].isin(sessions["patient_id"].unique()[:11])
    assert len(read_sessions(sessions[eleven].reset_index(drop=True))) == eleven.sum()
