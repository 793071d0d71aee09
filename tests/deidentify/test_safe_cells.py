"""Cells that may stay."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.run import deidentify
from outcomes.deidentify.safe_cells import SHARED_BY
from outcomes.files.write import csv_text

KEY = b"not a secret, but long enough"


def test_a_text_stays_only_where_patients_share_it():
    few, many = ["frozen shoulder"] * (SHARED_BY - 1), ["whiplash"] * SHARED_BY
    raw = pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(9)], "condition": few + many, "Care": few + many}
    )
    safe, _ = deidentify(raw, key=KEY)
    assert set(safe["condition"].dropna()) == {"whiplash"}
    assert set(safe["Care"].dropna()) == {"whiplash"}
    one = raw.assign(patient_id="P1")
    assert deidentify(one, key=KEY)[0]["condition"].isna().all()


def test_a_name_that_many_share_is_still_a_name():
    raw = pd.DataFrame({"patient_id": [f"P{i}" for i in range(9)], "activity": ["Maria Gonzalez"] * 9})
    assert set(deidentify(raw, key=KEY)[0]["activity"]) == {"other"}


def kept(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    raw = pd.DataFrame({"patient_id": [f"P{i}" for i in range(n)], **columns})
    return deidentify(raw, key=KEY)[0]


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("area", ["02139", "02140", "10115"]),
        ("area", ["N16", "SE5", "M14"]),
        ("area", [8004, 8005, 3011]),
        ("where", ["Cambridge", "Somerville", "Medford"]),
        ("seen by", ["Gonzalez", "Nguyen", "Kowalski"]),
        ("seen by", ["Baker", "King", "Brown"]),
        ("born", [1961, 1972, 1983]),
    ],
)
def test_what_is_only_doubted_is_left_out_however_many_share_it(heading, values):
    assert list(kept(**{heading: values * 10})) == ["session_id", "patient_id"]


def test_ordinary_words_codes_and_measurements_stay():
    safe = kept(
        **{
            "Complaint": ["stiff neck", "frozen shoulder", "Tennis elbow"] * 10,
            "Diagnosis code": ["M54.2", "G44.2", "M77"] * 10,
            "steps": [4000, 8000, 12000] * 10,
            "grip": [20.5, 31.0, 44.5] * 10,
        }
    )
    assert set(safe.columns) == {"session_id", "patient_id", "Complaint", "Diagnosis code", "steps", "grip"}
    assert safe.notna().all(axis=None)


def test_muscles_are_known_ones_or_other():
    safe = kept(muscles=["Levator Scapulae; Mrs Jones's shoulder", "soleus"] * 10)
    assert set(safe["muscles"]) == {"levator_scapulae;other", "soleus"}


PLANTED = ["maria gonzalez", "Boston", "02139", "617-555-0142", "2024-03-05", "王小明", "JD1980"]
WORDS = st.sampled_from([*PLANTED, "stiff neck", "M54.2", "yes", "7"])
HEADINGS = st.sampled_from(["visit", "area", "x1", "activity", "Notes", "muscles", "age", "day"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(HEADINGS, st.lists(WORDS, min_size=4, max_size=4)),
        min_size=1,
        max_size=4,
        unique_by=lambda column: column[0],
    )
)
def test_what_comes_out_always_passes_the_check(columns):
    raw = pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(24)], **{name: values * 6 for name, values in columns}}
    )
    safe, _ = deidentify(raw, key=KEY)
    assert identifying_columns(safe) == []
    assert identifying_columns(pd.read_csv(io.StringIO(csv_text(safe)), dtype="str")) == []


def test_an_activity_that_was_not_told_stays_untold():
    activity = kept(activity=["desk work"] * 6 + [None] * 3 + ["lion tamer"])["activity"]
    assert activity.tolist()[:6] == ["desk_work"] * 6
    assert activity.isna().tolist() == [False] * 6 + [True] * 3 + [False]
    assert activity.tolist()[9] == "other"


@pytest.mark.parametrize(("single", "stays"), [(10, True), (11, False)])
def test_a_column_of_which_more_than_half_goes_is_left_out_whole(single, stays):
    """Of twenty patients ten share a text, and the others have one of their own each."""
    words = ["neck", "back", "knee", "foot", "hand", "hip", "jaw", "head", "arm", "leg", "toe"]
    own = [f"stiff {word}" for word in words[:single]]
    safe = kept(Complaint=["sore muscle"] * (20 - single) + own)
    assert ("Complaint" in safe) is stays
