"""Identifiers planted in thirty locales are found, and columns that identify nobody are let by."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

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
