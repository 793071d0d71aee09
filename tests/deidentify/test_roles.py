"""What each column of a raw export is for."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.deidentify.run import deidentify
from outcomes.errors import MappingError

KEY = b"not a secret, but long enough"


def test_numbers_of_single_patients_are_left_out():
    raw = pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(20)],
            "Pt No": range(100, 120),
            "locker": range(10_000, 10_020),
            "policy": range(91_000_000, 91_000_020),
            "steps": [5000] * 20,
            "pain_pre": ["6175550142"] * 20,
        }
    )
    safe, report = deidentify(raw, key=KEY)
    assert list(safe) == ["session_id", "patient_id", "pain_pre", "steps"]
    assert safe["pain_pre"].isna().all()
    assert set(report.columns.query("became == ''")["column"]) == {"Pt No", "locker", "policy"}


def test_patients_known_by_name_and_birth_date_alone():
    raw = pd.DataFrame(
        {
            "Last name": ["Roe", "ROE ", "Roe"],
            "First name": ["Ann", "ann", "Ann"],
            "DOB": ["1980-01-01", "1980-01-01", "1990-01-01"],
            "pain_pre": [5, 4, 3],
        }
    )
    safe, _ = deidentify(raw, key=KEY)
    assert safe["patient_id"].nunique() == 2
    assert safe["patient_id"][0] == safe["patient_id"][1]


def test_without_a_patient_column_it_says_what_to_do():
    with pytest.raises(MappingError, match="Name that column patient_id"):
        deidentify(pd.DataFrame({"pain_pre": [3]}), key=KEY)
