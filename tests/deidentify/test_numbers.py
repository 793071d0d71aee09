"""Codes that look like national numbers, and are none by their check digits."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest

from national_numbers import dni
from outcomes.deidentify.numbers import dates_as_numbers, lone_numbers, numbers_with_check_digits, postcodes


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


def test_numbers_of_nine_digits_are_social_security_numbers_where_sixty_lie_far_apart():
    random = Random(3)
    scattered = [
        f"{random.randint(100, 665)}{random.randint(10, 99)}{random.randint(1000, 9999)}" for _ in range(60)
    ]
    assert numbers_with_check_digits(scattered) == ["ssn"]
    assert "ssn" not in numbers_with_check_digits(scattered[:59])
    assert "ssn" not in numbers_with_check_digits([str(123_456_000 + n) for n in range(60)])
    assert "ssn" not in numbers_with_check_digits([*scattered[:59], "000123456"])  # one is no such number


@pytest.mark.parametrize(
    ("numbers", "role", "dates"),
    [
        ([1_710_000_000, 1_712_000_000, 1_715_000_000], "id", True),  # spring of 2024, in seconds
        ([1_710_000_000_000, 1_712_000_000_000, 1_715_000_000_000], "number", True),  # in milliseconds
        ([1_710_000_000, 1_715_000_000], "other", False),  # two may be chance
        ([1_710_000_001, 1_710_000_002, 1_710_000_003], "id", False),  # given out one after the other
        ([1_710_000_000, 1_712_000_000, 2_300_000_000], "id", False),  # the last is of the year 2042
        ([45_356, 45_390, 45_401, 45_420, 45_464], "other", True),  # spring of 2024, in days since 1899
        ([45_356, 45_390, 45_401, 45_420, 45_464], "id", False),
        ([45_356, 45_390, 45_401, 45_420, 45_464], "place", False),
        ([45_356, 45_390, 45_401, 45_420], "other", False),  # four may be chance
        ([45_001, 45_002, 45_003, 45_004, 45_005], "other", False),  # given out one after the other
        ([29_220, 45_390, 45_401, 45_420, 45_464], "other", False),  # the last day of 1979
        ([29_221, 45_390, 45_401, 45_420, 54_789], "other", True),  # from 1980 to the end of 2049
    ],
)
def test_numbers_that_count_the_days_or_seconds_of_a_date(numbers, role, dates):
    assert dates_as_numbers(numbers, role) is dates


@pytest.mark.parametrize(
    ("texts", "heading", "found"),
    [
        (["02139", "60614", "94110", "10025"], ["area"], False),  # four may be chance
        (["2139", "60614", "94110", "73301", "10025"], ["area"], True),  # a spreadsheet took the zero
        (["2139", "2140", "94110", "73301", "10025"], ["area"], False),
        (["02139", "60614", "94110", "73301", "10025"], ["lot", "number"], False),
        (["02139", "60614", "94110", "73301", "100250"], ["area"], False),
    ],
)
def test_whole_numbers_of_five_digits_may_be_postcodes(texts, heading, found):
    assert postcodes(texts, heading) is found
