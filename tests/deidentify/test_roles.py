"""What each column of a raw export is for."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.deidentify.roles import raw_columns, singles_out
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


@pytest.mark.parametrize("write", ["%m/%d/%Y", "%Y-%m-%d", "%d %b %Y"])
def test_a_date_headed_visit_is_a_date(write):
    days = pd.date_range("2024-01-08", periods=30, freq="3D")
    raw = pd.DataFrame({"patient_id": ["a", "b", "c"] * 10, "visit": days.strftime(write), "pain_pre": 3})
    safe, report = deidentify(raw, key=KEY)
    assert safe["day"].tolist() == [9 * (n // 3) for n in range(30)]
    assert report.columns.set_index("column").loc["visit", "became"] == "day"
    assert safe["session_id"].is_unique


@pytest.mark.parametrize("unit", ["serial", "seconds"])
def test_dates_written_as_numbers_under_day_are_counted_from_the_first(unit):
    days = pd.date_range("2024-01-08", periods=30, freq="3D")
    since_1899, since_1970 = (
        (days - pd.Timestamp("1899-12-30")).days,
        (days - pd.Timestamp("1970-01-01")).days,
    )
    numbers = since_1899 if unit == "serial" else since_1970 * 86_400
    raw = pd.DataFrame({"patient_id": ["a", "b", "c"] * 10, "day": numbers, "pain_pre": 3})
    assert deidentify(raw, key=KEY)[0]["day"].tolist() == [9 * (n // 3) for n in range(30)]


def test_half_as_many_numbers_as_patients_single_people_out():
    cells = pd.Series([str(10_000 + 7 * (n // 2)) for n in range(20)])
    patients = pd.Series([f"P{n}" for n in range(20)])
    assert singles_out("locker", cells, patients)
    assert not singles_out("locker", pd.Series(["10000"] * 20), patients)


def test_whoever_sent_the_patient_is_not_the_patient():
    raw = pd.DataFrame(
        {
            "Referring name": ["Roe", "Doe", "Roe"],
            "Therapist name": ["Poe", "Poe", "Loe"],
            "Patient name": ["Ann Lee", "Ann Lee", "Ann Lee"],
            "pain_pre": [5, 4, 3],
        }
    )
    assert raw_columns(raw.astype("str")).patient == ("Patient name",)
    assert len(set(deidentify(raw, key=KEY)[0]["patient_id"])) == 1
