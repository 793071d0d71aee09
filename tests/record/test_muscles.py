"""Muscles of the list are known however they are spelled; anything else is "other"."""

from __future__ import annotations

import pytest

from outcomes.record.muscles import MUSCLES, muscle_code
from outcomes.record.reference import read_reference


def test_every_muscle_of_a_condition_is_known():
    used = {muscle for row in read_reference("muscles") for muscle in row["muscles"].split(";")}
    assert len(used) > 30
    assert used <= set(MUSCLES)


@pytest.mark.parametrize("spelled", ["upper_trapezius", "Upper Trapezius", " UPPER-TRAPEZIUS "])
def test_spelling_is_forgiven(spelled):
    assert muscle_code(spelled) == "upper_trapezius"


@pytest.mark.parametrize("text", ["Maria Gonzalez", "", "617-555-0142", "trapezius of Ann"])
def test_what_is_no_muscle_is_other(text):
    assert muscle_code(text) == "other"
