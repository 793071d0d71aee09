"""The session record as a REDCap instrument: forms, choices, ranges and branching."""

from __future__ import annotations

import csv
import io
import re

import pytest

from outcomes.intake.forms.dictionary import data_dictionary
from outcomes.intake.forms.redcap import INSTRUMENT_COLUMNS, redcap_code
from outcomes.record.columns import COLUMN_NAMES, column

REDCAP_HEADER = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",'
    '"Text Validation Min","Text Validation Max",Identifier?,"Branching Logic (Show field only if...)",'
    '"Required Field?","Custom Alignment","Question Number (surveys only)","Matrix Group Name","Matrix Ranking?",'
    '"Field Annotation"'
)
"""As REDCap itself exports it."""


@pytest.fixture
def form() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data_dictionary("redcap"))))


def test_the_redcap_header_is_redcaps_own(form):
    assert next(csv.reader([REDCAP_HEADER])) == list(INSTRUMENT_COLUMNS)
    assert list(form[0]) == list(INSTRUMENT_COLUMNS)


def test_redcap_forms_hold_the_record(form):
    names = [row["Variable / Field Name"] for row in form]
    assert names[0] == "patient_id"
    assert set(names) == set(COLUMN_NAMES) - {"session_id", "session_number"}
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name) for name in names)
    forms = [row["Form Name"] for row in form]
    assert list(dict.fromkeys(forms)) == ["baseline", "session", "followup"]
    assert forms == sorted(forms, key=["baseline", "session", "followup"].index)


def test_redcap_choices_and_ranges_are_those_of_the_record(form):
    for row in form:
        c = column(row["Variable / Field Name"])
        choices = row["Choices, Calculations, OR Slider Labels"]
        codes = [choice.split(", ", 1)[0] for choice in choices.split(" | ")] if choices else []
        assert codes == [redcap_code(code) for code in c.offered]
        assert all(re.fullmatch(r"[A-Za-z0-9_]+", code) for code in codes)
        if c.kind in ("number", "integer"):
            assert row["Field Type"] == "text"
            assert row["Text Validation Type OR Show Slider Number"] == c.kind
            assert float(row["Text Validation Min"]) == c.low
            assert float(row["Text Validation Max"]) == c.high


def test_redcap_branching_speaks_of_fields_that_are_there(form):
    names = {row["Variable / Field Name"] for row in form}
    for row in form:
        logic = row["Branching Logic (Show field only if...)"]
        assert set(re.findall(r"\[(\w+)\]", logic)) <= names
    assert all(
        row["Branching Logic (Show field only if...)"] == "" for row in form if row["Required Field?"] == "y"
    )
