"""Identifying columns: found by name and by value, and honest records let by."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from found_columns import VALUES, codes
from outcomes.deidentify.detect import Finding, identifying_columns
from outcomes.deidentify.identifiers import KINDS
from outcomes.record.columns import COLUMNS
from outcomes.record.reference import read_reference


@pytest.mark.parametrize(
    "value",
    [
        "Jane Doe",
        "jane doe",
        "Doe,Jane",
        "J. Doe",
        "Xiomara Quezada",
        "José Álvarez",
        "王小明",
        "Anne-Marie van Dyk",
    ],
)
@pytest.mark.parametrize("column", ["patient_id", "session_id", "clinician_id"])
def test_names_of_people_among_ids(value, column):
    assert codes(pd.DataFrame({column: ["P1", "P2", "P3", value]})) == {column: {"name"}}


def test_first_names_alone_as_ids():
    assert codes(pd.DataFrame({"patient_id": ["Maria", "John", "Xiomara"]})) == {"patient_id": {"name"}}
    assert codes(pd.DataFrame({"Patient": ["maria", "john"]})) == {"Patient": {"name"}}


def test_dates_written_as_numbers():
    days = pd.date_range("1950-01-03", periods=30, freq="371D")
    text = days.strftime("%Y%m%d")
    assert codes(pd.DataFrame({"patient_id": text})) == {"patient_id": {"date"}}
    assert codes(pd.DataFrame({"patient_id": "P" + text + "a"})) == {"patient_id": {"date"}}
    assert codes(pd.DataFrame({"patient_id": text.astype("int64")})) == {"patient_id": {"date"}}
    assert codes(pd.DataFrame({"session_id": days.strftime("%m-%d-%Y")})) == {"session_id": {"date"}}


def test_typed_dates_are_dates_and_times_of_day_are_not():
    stamps = pd.Series(pd.to_datetime(["2024-03-05", None]))
    assert codes(pd.DataFrame({"seen": stamps})) == {"seen": {"date"}}
    assert codes(pd.DataFrame({"seen": stamps, "x": [dt.date(2024, 3, 5), None]})) == {
        "seen": {"date"},
        "x": {"date"},
    }
    assert codes(pd.DataFrame({"clock": [dt.time(10, 30), None]})) == {}
    assert codes(pd.DataFrame({"took": pd.to_timedelta([1, 2], unit="h")})) == {}


def test_long_numbers_and_crowds_of_names_in_columns_beyond_the_record(rng):
    numbers = rng.integers(10**6, 10**9, 200)
    assert codes(pd.DataFrame({"x": numbers})) == {"x": {"other number"}}
    assert codes(pd.DataFrame({"x": numbers.astype(str)})) == {"x": {"other number"}}
    sounds = ["Ba", "Do", "Ke", "Li", "Mu", "Ra"]
    people = [f"{a}{b.lower()}n {b}{a.lower()}s" for a in sounds for b in sounds]
    assert codes(pd.DataFrame({"x": people})) == {"x": {"name"}}


def test_phone_numbers_as_ids(rng):
    phones = [
        f"{a}{b}{n:04d}" for a, b, n in zip([617, 857, 339] * 10, range(520, 550), range(30), strict=True)
    ]
    assert codes(pd.DataFrame({"patient_id": phones})) == {"patient_id": {"phone"}}


@pytest.mark.parametrize(
    "ids",
    [
        [f"P{n:04d}" for n in range(300)],
        [f"C-{n}" for n in range(300)],
        [f"S-{n:07d}" for n in range(30_000)],
        [f"{n:08x}" for n in np.random.default_rng(1).integers(0, 2**32, 50_000)],
        [f"{n:016x}" for n in np.random.default_rng(2).integers(0, 2**63, 50_000)],
        [
            str(uuid.UUID(int=int(n) << 64 | int(n) * 7919 % 2**64))
            for n in np.random.default_rng(3).integers(0, 2**63, 30_000)
        ],
        [str(n) for n in np.random.default_rng(4).integers(10**5, 10**6, 5_000)],
        [str(n) for n in np.random.default_rng(5).integers(10**7, 10**8, 5_000)],
        [str(n) for n in np.random.default_rng(6).integers(10**9, 10**10, 5_000)],
        [str(2_342_000_000 + n) for n in range(300)],
        [f"{100 + n % 7}-{n:03d}-{n % 9:04d}" for n in range(300)],
        [f"2024-{n:04d}" for n in range(300)],
        [f"site{n % 3}_pt{n}" for n in range(300)],
        [f"Patient {n}" for n in range(30)],
        ["Patient One", "Patient Two", "anonymous"],
        list(range(1, 300)),
        list(np.random.default_rng(7).integers(10**7, 10**8, 5_000)),
        [float(n) for n in range(300)],
        ["A", "B", "C"],
        ["p7k2mq4xw9ab", "p2h5n8rtv3cd"],
    ],
    ids=lambda ids: str(ids[0])[:18],
)
def test_pseudonyms_are_let_by(ids):
    frame = pd.DataFrame({"patient_id": ids, "session_id": ids, "clinician_id": ids})
    assert codes(frame) == {}


def test_an_honest_table_is_let_by_however_it_is_held(rng):
    n = 500
    columns: dict[str, object] = {
        "session_id": [f"S{i}" for i in range(n)],
        "patient_id": [f"P{i // 3}" for i in range(n)],
    }
    for c in COLUMNS[2:]:
        if c.values:
            columns[c.name] = rng.choice(c.values, n)
        elif c.kind in ("number", "integer"):
            columns[c.name] = rng.integers(0, 11, n).astype(float)
        elif c.kind == "flag":
            columns[c.name] = rng.random(n) < 0.5
        elif c.kind == "id":
            columns[c.name] = rng.choice(["North", "C-12", "clinic_3"], n)
    muscles = [row["muscles"] for row in read_reference("muscles")]
    columns["muscles"] = rng.choice(muscles, n)
    columns["activity"] = rng.choice(["desk_work", "hairstylist", "group_fitness"], n)
    columns["clinician_id"] = rng.choice(["K1", "K2"], n)
    frame = pd.DataFrame(columns)
    for table in (
        frame,
        frame.astype("str"),
        pa.Table.from_pandas(frame),
        frame.astype("category"),
        frame.astype(object),
    ):
        assert identifying_columns(table) == []


def test_labels_as_an_export_writes_them_are_let_by():
    frame = pd.DataFrame(
        {
            "Condition": ["Neck Pain", "Low Back Pain", "Radiculopathy, cervical region"],
            "Muscles": ["Upper Trapezius; Levator Scapulae", "Gluteus Medius, Right", "Quadratus Lumborum"],
            "Technique": ["Deep dry needling, pistoning", "Superficial", "Electrical (2 Hz)"],
            "Diagnosis": ["Myalgia of auxiliary muscles, head and neck", "M54.2", "G44.209"],
            "Task": ["Desk Work", "Group Fitness", "Weight Lifting"],
            "Pain (0-10) before": ["3", "4.5", "10"],
            "Follow-up": ["reached", "No answer", "declined"],
            "version": ["1.2.3", "1.2.4", "10.0.1"],
            "Dose": ["10 min each way", "30 min drive home", "3 sets of 10"],
            "Level": ["C5/6", "L4/5/S1", "T1/T2"],
        }
    )
    assert codes(frame) == {}


def test_published_trials_are_let_by(shared_real):
    for path in sorted(shared_real.glob("*/*.csv")):
        assert codes(pd.read_csv(path, dtype="str")) == {}
        assert codes(pd.read_csv(path)) == {}


def test_a_name_is_beyond_suspicion_where_the_caller_says_so():
    frame = pd.DataFrame({"visit date": ["3", "17"], "email": ["a", "b"]})
    assert codes(frame) == {"visit date": {"date"}, "email": {"email"}}
    assert codes(pd.DataFrame(frame)) != {}
    assert identifying_columns(frame, known=frozenset({"visit date", "email"})) == []


def test_a_header_that_is_data_is_named_by_position():
    frame = pd.DataFrame([["x", 1, 2]], columns=["ann.lee@example.org", "2024-03-05", "pain_pre"])
    found = identifying_columns(frame)
    assert {(f.column, f.code) for f in found} == {("column 1", "heading"), ("column 2", "heading")}
    assert "ann.lee" not in repr(found)


def test_no_finding_holds_a_value():
    frame = pd.DataFrame(
        {"patient_id": ["Zanzibar Quux"], "activity": ["zq@example.org 617-555-0134"], "notes": ["zzqq"]}
    )
    found = identifying_columns(frame)
    assert len(found) == 4
    assert not re.search("zanzibar|quux|zq@|0134|zzqq", repr(found), re.IGNORECASE)
    assert all(isinstance(finding, Finding) and finding.remedy for finding in found)


def test_categories_are_looked_at_even_where_no_row_has_them():
    sex = pd.Categorical(["female"], categories=["female", "Maria Gonzalez"])
    assert codes(pd.DataFrame({"sex": sex})) == {"sex": {"name"}}


def test_row_order_does_not_matter(rng):
    frame = pd.DataFrame({"patient_id": [f"P{i}" for i in range(200)] + [value for _, value in VALUES]})
    shuffled = frame.sample(frac=1, random_state=3)
    assert codes(frame) == codes(shuffled.reset_index(drop=True))


def test_the_index_is_looked_at_where_it_has_a_name():
    frame = pd.DataFrame({"pain_pre": [1.0]}, index=pd.Index(["Maria Gonzalez"], name="who"))
    assert codes(frame) == {"who": {"name"}}


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.binary(max_size=8),
    st.dates(),
    st.datetimes(),
    st.lists(st.integers(), max_size=2),
    st.decimals(allow_nan=True),
)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.lists(ANYTHING, max_size=6))
def test_nothing_a_column_may_hold_makes_it_stumble(name, values):
    frame = pd.DataFrame({name: pd.Series(values, dtype=object)})
    for finding in identifying_columns(frame):
        assert finding.code in KINDS


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_a_planted_address_is_found_among_any_text(texts):
    frame = pd.DataFrame({"muscles": [*texts, "jane.roe@example.net"]})
    assert "email" in codes(frame)["muscles"]


@pytest.mark.parametrize(
    ("numbers", "kinds"),
    [
        ([45_356, 45_390, 45_401, 45_420, 45_464], {"date"}),  # days since 1899
        ([60_614, 94_110, 73_301, 10_025, 33_101], {"place"}),
        ([9_999, 4_110, 7_301, 1_025, 3_101], set()),  # four digits are a year or a count
        ([60_614.5, 94_110.25, 73_301.5, 10_025.0, 33_101.0], set()),  # measured
    ],
)
def test_numbers_of_five_digits_are_looked_at_and_smaller_ones_are_not(numbers, kinds):
    assert codes(pd.DataFrame({"area": numbers * 4})).get("area", set()) == kinds


def test_of_a_long_column_of_few_texts_all_are_read_wherever_they_stand():
    """A dozen dates between two rows of the two thousand that are looked at."""
    texts = ["none"] * 30_000
    texts[1:13] = [f"202403{day:02d}" for day in range(1, 13)]
    assert "date" in codes(pd.DataFrame({"x": texts})).get("x", set())
