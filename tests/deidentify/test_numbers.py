"""Codes that look like national numbers, and are none by their check digits."""

from __future__ import annotations

from random import Random

import pyarrow as pa

from national_numbers import dni
from outcomes.deidentify.numbers import lone_numbers, numbers_with_check_digits


def test_one_right_number_among_codes_that_look_alike_is_chance():
    random = Random(1)
    codes = [f"{random.randint(10_000_000, 99_999_999)}{random.choice('ABCDEFGH')}" for _ in range(60)]
    assert lone_numbers(pa.array([*codes, dni(random)])) == []
    assert lone_numbers(pa.array(["P001", "P002", dni(random)])) == ["ssn"]


def test_a_few_mistyped_numbers_do_not_hide_the_others():
    random = Random(2)
    right = [dni(random) for _ in range(20)]
    wrong = [text[:-1] + ("A" if text[-1] != "A" else "B") for text in right]
    assert numbers_with_check_digits([*right[:19], wrong[19]]) == ["ssn"]
    assert numbers_with_check_digits([*right[:10], *wrong[10:]]) == []
