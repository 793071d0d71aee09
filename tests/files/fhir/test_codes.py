"""The codes a session is written and read by: check digits of those of others, units of every column."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from outcomes.files.fhir.codes import (
    ABSENT_CODES,
    CANONICAL,
    LOINC,
    PAIN,
    PAIN_ANSWERS,
    STATUS_OF,
    cpt_code,
    own_system,
    unit_code,
)
from outcomes.files.fhir.write import fhir_text
from outcomes.record.columns import COLUMNS, column
from outcomes.record.measures import MOVEMENTS


def check_digit(code: str) -> int:
    """LOINC's own, by Luhn's rule on letters and digits (letters as ASCII less 48)."""
    total = 0
    for at, letter in enumerate(reversed(code)):
        number = ord(letter) - 48
        total += number if at % 2 else 2 * number - 9 * (number // 5)
    return -total % 10


@pytest.mark.parametrize("code", [PAIN, *PAIN_ANSWERS, "8867-4", "LA33-6"])
def test_codes_of_loinc_have_their_check_digit(code: str) -> None:
    """The last two are heart rate and the answer yes: LOINC's, and none of ours."""
    plain, _, digit = code.partition("-")
    assert check_digit(plain) == int(digit)


def test_each_score_has_one_answer() -> None:
    assert sorted(PAIN_ANSWERS.values()) == list(range(11))


@pytest.mark.parametrize(("muscles", "code"), [(1, "20560"), (2, "20560"), (3, "20561"), (9, "20561")])
def test_cpt_counts_one_or_two_muscles_and_three_or_more(muscles: int, code: str) -> None:
    assert cpt_code(";".join("abcdefghi"[:muscles])) == code


UCUM = {"1", "{score}", "h", "d", "deg", "mm", "cm", "kPa"}
"""Units of the record as UCUM writes them; 1 is a plain number."""


def test_every_column_has_a_unit_of_ucum_and_hours_are_hours() -> None:
    assert {unit_code(c, None) for c in COLUMNS} <= UCUM
    assert all(unit_code(c, None) == "h" for c in COLUMNS if c.name.endswith("_h"))
    assert all(unit_code(column(f"pain_{when}"), None) == "{score}" for when in ("pre", "post", "48h"))
    assert unit_code(column("ppt_pre"), None) == "kPa"


def test_a_range_has_the_unit_of_its_movement() -> None:
    units = {name: unit_code(column("rom_pre"), name) for name in MOVEMENTS}
    assert set(units.values()) <= {"deg", "mm", "cm"}
    assert (units["mouth_opening"], units["cervical_rotation"]) == ("mm", "deg")
    assert unit_code(column("rom_pre"), None) == "1"


def test_every_column_has_a_system_of_its_own_under_one_name_that_is_no_place() -> None:
    systems = [own_system(c.name) for c in COLUMNS]
    assert len(set(systems)) == len(systems)
    assert all(system.startswith(f"{CANONICAL}/") and "_" not in system for system in systems)
    assert CANONICAL.split("/")[2].endswith(".example")
    assert LOINC not in systems


def test_what_came_of_a_follow_up_is_read_back_where_hl7_can_say_it() -> None:
    there_and_back = {status: STATUS_OF.get(code) for status, code in ABSENT_CODES.items()}
    assert there_and_back == {
        "declined": "declined", "not_attempted": "not_attempted", "no_answer": None, "reached": None,
    }  # fmt: skip


def test_a_range_is_in_the_unit_of_its_movement() -> None:
    row = {"session_id": "s1", "patient_id": "p1", "session_number": 1, "pain_pre": 5.0}
    rows = [
        {**row, "condition": "jaw_pain", "rom_movement": "mouth_opening", "rom_pre": 41.0},
        {
            **row,
            "session_id": "s2",
            "condition": "neck_pain",
            "rom_movement": "cervical_rotation",
            "rom_pre": 70.5,
        },
    ]
    written = map(json.loads, fhir_text(pd.DataFrame(rows), lines=True).splitlines())
    ranges = [one["valueQuantity"] for one in written if '"rom_pre"' in json.dumps(one.get("code"))]
    assert [(one["value"], one["code"]) for one in ranges] == [(41, "mm"), (70.5, "deg")]
