"""Dates to days, ages to bands, hours to follow-up."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.deidentify.run import deidentify
from outcomes.record.columns import AGE_BANDS

KEY = b"not a secret, but long enough"


def test_age_is_that_of_the_first_session():
    raw = pd.DataFrame(
        {
            "patient_id": ["a", "a", "b", "c", "d"],
            "dob": ["1984-03-06", "1984-03-06", "1934-01-01", "1944-01-01", "2020-01-01"],
            "date": ["2024-03-05", "2024-03-07", "2024-03-05", "2024-03-05", "2024-03-05"],
        }
    )
    safe, _ = deidentify(raw, key=KEY)
    assert safe["age_band"].tolist() == ["30-39", "30-39", "90+", "80-89", "0-9"]


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("47", "40-49"),
        ("47.5", "40-49"),
        ("0", "0-9"),
        ("89", "80-89"),
        ("90", "90+"),
        ("104", "90+"),
        ("93 years", "90+"),
    ]
    + [(band, band) for band in AGE_BANDS]
    + [("45-60", None), ("elderly", None), ("999", None), ("-3", None)],
)
def test_ages_to_bands(age, band):
    safe, _ = deidentify(pd.DataFrame({"patient_id": ["a"], "age": [age]}), key=KEY)
    assert safe["age_band"].tolist() == [band] or (band is None and safe["age_band"].isna().all())
    assert "age" not in safe


def test_year_of_birth_serves_too():
    raw = pd.DataFrame(
        {"patient_id": ["a", "b"], "birth_year": ["1984", "1930"], "date": ["2024-03-05", "2024-03-05"]}
    )
    assert deidentify(raw, key=KEY)[0]["age_band"].tolist() == ["40-49", "90+"]


def test_dates_that_do_not_tell_day_from_month_are_left_out_and_said():
    raw = pd.DataFrame({"patient_id": ["a", "a"], "Visit date": ["3/5/2024", "4/5/2024"]})
    safe, report = deidentify(raw, key=KEY)
    assert safe["day"].isna().all()
    assert "day or month" in report.notes[0]
    assert deidentify(raw, key=KEY, day_first=True)[0]["day"].tolist() == [0, 1]
    assert deidentify(raw, key=KEY, day_first=False)[0]["day"].tolist() == [0, 31]


def test_hours_to_follow_up_come_from_two_times():
    raw = pd.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "session date": ["2024-03-05 10:00", "2024-03-05 23:30", "2024-03-05 09:00"],
            "follow-up date": ["2024-03-07 11:30", None, "2024-03-05 09:00"],
        }
    )
    safe, _ = deidentify(raw, key=KEY)
    assert safe["followup_h"][0] == 49.5
    assert safe["followup_h"].isna().tolist() == [False, True, True]  # a follow-up follows


def test_a_year_older_on_the_birthday_itself():
    raw = pd.DataFrame(
        {"patient_id": ["a", "b"], "dob": ["1984-03-05", "1984-03-06"], "date": ["2024-03-05"] * 2}
    )
    assert deidentify(raw, key=KEY)[0]["age_band"].tolist() == ["40-49", "30-39"]


def test_a_birth_year_of_two_digits_is_of_somebody_born_by_then():
    """45 is 1945 in a session of 2024: read as 2045, the age would be that of somebody unborn."""
    raw = pd.DataFrame(
        {"patient_id": ["a", "b"], "dob": ["13.5.45", "14.5.99"], "date": ["20.3.2024", "20.3.2024"]}
    )
    assert deidentify(raw, key=KEY)[0]["age_band"].tolist() == ["70-79", "20-29"]


def test_an_age_that_is_told_later_is_that_of_every_session():
    raw = pd.DataFrame({"patient_id": ["a", "a", "a", "b"], "age": [None, "39", "40", None]})
    bands = deidentify(raw, key=KEY)[0]["age_band"]
    assert bands.tolist()[:3] == ["30-39"] * 3
    assert bands.isna().tolist() == [False, False, False, True]


def test_what_is_synthetic_stays_marked_so():
    raw = pd.DataFrame(
        {"session_id": ["synthetic-P0001-01", "S2"], "patient_id": ["P1", "P2"], "pain_pre": [3, 4]}
    )
    marked = deidentify(raw, key=KEY)[0]["session_id"].str.startswith("synthetic-")
    assert marked.tolist() == [True, False]
