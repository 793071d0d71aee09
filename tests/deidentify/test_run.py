"""De-identification: what is planted comes out nowhere; what is needed comes out whole."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.deidentify.dates import day_comes_first, read_dates
from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.generalisation import WIDE_AGE_BANDS, generalised
from outcomes.deidentify.pseudonyms import pseudonyms, read_or_make_key
from outcomes.deidentify.run import deidentify, deidentify_file
from outcomes.deidentify.safe_cells import SHARED_BY
from outcomes.errors import DisclosureError, ExportError, MappingError, OutcomesError, UnreadableFileError
from outcomes.intake.read import read_sessions
from outcomes.record.columns import AGE_BANDS, COLUMN_NAMES, Column

KEY = b"not a secret, but long enough"
CANARIES = (
    "Quinella",
    "Vandersnoot",
    "617-555-0142",
    "q.vandersnoot@canary.example",
    "219-09-7777",
    "MRN0098231",
    "44 Canary Row",
    "02139",
    "1931-04-17",
    "https://canary.example",
    "10.11.12.13",
    "canary sang",
    "canarycode",
)


def raw_export(patients: int = 24, sessions: int = 3) -> pd.DataFrame:
    """An export as an EMR writes it, with identifiers planted in and outside the record's own columns."""
    rng = np.random.default_rng(7)
    rows = []
    for patient in range(patients):
        for session in range(sessions):
            day = pd.Timestamp("2024-01-08") + pd.Timedelta(days=patient + 7 * session)
            rows.append(
                {
                    "MRN": f"MRN{98231 + patient:07d}",
                    "Patient Name": "Quinella Vandersnoot" if patient == 0 else f"Ann Lee{patient}",
                    "DOB": "1931-04-17" if patient == 0 else f"{1950 + patient}-06-15",
                    "Phone": "617-555-0142",
                    "E-mail": "q.vandersnoot@canary.example",
                    "SSN": "219-09-7777",
                    "Address": "44 Canary Row",
                    "ZIP": "02139",
                    "Portal": "https://canary.example",
                    "login from": "10.11.12.13",
                    "Visit date": day.strftime("%m/%d/%Y"),
                    "Therapist": f"T. Roe{patient % 2}",
                    "Clinic": "Canary Row Clinic",
                    "condition": ["Neck pain", "headache"][patient % 2],
                    "session_number": session + 1,
                    "sex": ["Female", "male"][patient % 2],
                    "activity": "canarycode" if patient == 1 else "desk work",
                    "muscles": "upper_trapezius; Levator scapulae; canary sang"
                    if patient == 2
                    else "upper trapezius",
                    "pain_pre": str(rng.integers(3, 10)),
                    "pain_post": "call 617-555-0142" if patient == 3 else str(rng.integers(0, 9)),
                    "adverse_event": "q.vandersnoot@canary.example" if patient == 4 else "none",
                    "Notes": "the canary sang",
                    "Diagnosis code": "M54.2",
                    "Chief complaint": "canary sang" if patient == 5 else "stiff neck",
                    "Grip kg": str(20 + patient % 5 + session / 2),
                }
            )
    return pd.DataFrame(rows)


def everything_said(safe: pd.DataFrame, report: object) -> str:
    return "\n".join(
        [safe.to_csv(), str(report), report.columns.to_csv(), report.anonymity.to_csv(), repr(report.notes)]
    )


def test_planted_identifiers_come_out_nowhere():
    safe, report = deidentify(raw_export(), key=KEY)
    said = everything_said(safe, report).lower()
    assert [canary for canary in CANARIES if canary.lower() in said] == []
    assert "ann lee" not in said
    assert identifying_columns(safe) == []


def test_what_is_needed_comes_out():
    raw = raw_export()
    safe, report = deidentify(raw, key=KEY)
    assert list(safe.columns[:5]) == ["session_id", "patient_id", "clinic_id", "clinician_id", "condition"]
    assert safe["patient_id"].nunique() == 24
    assert safe["session_id"].is_unique
    assert safe["clinician_id"].nunique() == 2
    assert safe["day"].tolist() == [0, 7, 14] * 24
    assert set(safe["condition"]) == {"neck_pain", "headache"}
    assert set(safe["sex"]) == {"female", "male"}
    assert set(safe["activity"]) == {"desk_work", "other"}
    assert safe["muscles"][6] == "upper_trapezius;levator_scapulae"
    assert safe["pain_pre"].tolist() == raw["pain_pre"].astype(float).tolist()
    assert safe["pain_post"].isna().sum() == 3
    assert safe["Grip kg"].tolist() == raw["Grip kg"].astype(float).tolist()
    assert set(safe["Diagnosis code"]) == {"M54.2"}
    assert safe["Chief complaint"].isna().sum() == 3
    assert report.patients == 24
    assert report.rows == 72


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


def test_pseudonyms_are_those_of_hmac_sha256():
    own = hmac.new(KEY, b"outcomes patient", hashlib.sha256).digest()
    expected = "p" + hmac.new(own, b"A-17", hashlib.sha256).hexdigest()[:20]
    assert pseudonyms(["A-17"], kind="patient", key=KEY) == {"A-17": expected}


def test_pseudonyms_are_stable_across_exports_and_change_with_the_key():
    raw = raw_export()
    one, _ = deidentify(raw, key=KEY)
    part, _ = deidentify(raw.iloc[30:].sample(frac=1, random_state=1), key=KEY)
    assert set(part["patient_id"]) <= set(one["patient_id"])
    assert set(part["session_id"]) <= set(one["session_id"])
    other, _ = deidentify(raw, key=KEY + b"!")
    assert not set(one["patient_id"]) & set(other["patient_id"])


def test_numbers_as_ids_are_the_same_from_every_kind_of_file():
    text, _ = deidentify(pd.DataFrame({"patient_id": ["1001", "1002"]}), key=KEY)
    floats, _ = deidentify(pd.DataFrame({"patient_id": [1001.0, 1002.0]}), key=KEY)
    assert text["patient_id"].tolist() == floats["patient_id"].tolist()


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
            "patient_id": ["a", "b"],
            "session date": ["2024-03-05 10:00", "2024-03-05 23:30"],
            "follow-up date": ["2024-03-07 11:30", None],
        }
    )
    safe, _ = deidentify(raw, key=KEY)
    assert safe["followup_h"][0] == 49.5
    assert np.isnan(safe["followup_h"][1])


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "20240305",
        "2024/03/05 10:30",
        "2024-03-05T10:30:00Z",
        "3/5/2024",
        "03-05-2024",
        "3/5/24",
        "5 Mar 2024",
        "05-MAR-24",
        "March 5, 2024",
        "Mar 5th, 2024",
        "45356",
        "45356.5",
        "2024-03-05 00:00:00",
        "3/5/2024 2:15 PM",
    ],
)
def test_dates_as_people_write_them(text):
    read = read_dates(pd.Series([text, None]), day_first=False)
    assert read.times.dt.normalize().tolist()[0] == pd.Timestamp("2024-03-05")
    assert read.times.isna().tolist() == [False, True]
    assert read.unread == 0


def test_day_first_is_told_from_the_dates_themselves():
    assert day_comes_first([pd.Series(["1/2/2024"]), pd.Series(["25/2/2024"])]) is True
    assert day_comes_first([pd.Series(["2024-01-25"])]) is None
    assert day_comes_first([pd.Series(["25/2/2024", "2/25/2024"])]) is None


@given(st.dates(min_value=pd.Timestamp("1905-01-01").date(), max_value=pd.Timestamp("2068-12-31").date()))
def test_every_date_survives_every_way_of_writing_it(date):
    ways = [date.isoformat(), f"{date:%d %b %Y}", f"{date:%m/%d/%Y}", f"{date:%B} {date.day}, {date.year}"]
    read = read_dates(pd.Series(ways), day_first=False)
    assert set(read.times.dt.date) == {date}


# --- what singles people out -----------------------------------------------------------------------------------


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


def test_a_header_that_is_data_goes_and_is_not_said():
    raw = pd.DataFrame([["P1", "3", "4"]], columns=["patient_id", "q.roe@canary.example", "2024-03-05"])
    safe, report = deidentify(raw, key=KEY)
    assert list(safe) == ["session_id", "patient_id"]
    assert "canary" not in everything_said(safe, report)


# --- k-anonymity -----------------------------------------------------------------------------------------------


def cohort(ages: list[str], sexes: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"patient_id": [f"P{i}" for i in range(len(ages))], "age_band": ages, "sex": sexes})


def test_bands_are_widened_as_little_as_reaches_k():
    frame = cohort(["20-29", "30-39", "40-49", "50-59"] * 3, ["female"] * 12)
    safe, report = deidentify(frame, key=KEY, generalise=5)
    assert set(safe["age_band"]) == {"20-39", "40-59"}
    assert report.k == 6
    assert "20-year bands" in report.columns.set_index("column").loc["age_band", "done"]
    assert set(deidentify(frame, key=KEY, generalise=3)[0]["age_band"]) == {
        "20-29",
        "30-39",
        "40-49",
        "50-59",
    }


def test_age_is_left_out_before_sex():
    frame = cohort(["0-9", "30-39", "60-69", "90+"] * 2, ["female", "male"] * 4)
    safe, report = deidentify(frame, key=KEY, generalise=4)
    assert "age_band" not in safe
    assert report.k == 4
    assert set(safe["sex"]) == {"female", "male"}


def test_rare_activities_become_other():
    frame = cohort(["30-39"] * 12, ["female"] * 12).assign(
        activity=["runner"] * 6 + ["driver"] * 3 + ["dancer"] * 3
    )
    safe, report = deidentify(frame, key=KEY, generalise=6)
    assert safe["activity"].value_counts().to_dict() == {"runner": 6, "other": 6}
    assert report.k == 6


def test_a_k_out_of_reach_is_said():
    with pytest.raises(DisclosureError, match=r"group of 20.*group of 12, of 12 patients"):
        deidentify(cohort(["30-39"] * 12, ["female"] * 12), key=KEY, generalise=20)
    with pytest.raises(DisclosureError, match="Choose 2 or more"):
        deidentify(cohort(["30-39"], ["female"]), key=KEY, generalise=1)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(AGE_BANDS), st.sampled_from(["female", "male", "other"]), st.sampled_from("abcd")
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 6),
)
def test_k_holds_by_a_count_of_its_own(people, k):
    frame = pd.DataFrame(people, columns=["age_band", "sex", "activity"]).assign(
        patient_id=[f"P{i}" for i in range(len(people))]
    )
    if len(people) < k:
        with pytest.raises(DisclosureError):
            generalised(frame, k)
        return
    coarse = generalised(frame, k).sessions
    keys = coarse[["age_band", "sex", "activity"]].astype(object).where(coarse.notna(), "-")
    assert pd.Series(list(map(tuple, keys.to_numpy()))).value_counts().min() >= k
    allowed = {*AGE_BANDS, *WIDE_AGE_BANDS[20], *WIDE_AGE_BANDS[30]}
    assert set(coarse["age_band"].dropna()) <= allowed


# --- the key ---------------------------------------------------------------------------------------------------


def test_a_key_is_made_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "clinic.key"
    key = read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 32
    assert read_or_make_key(path) == key
    assert read_or_make_key(tmp_path / "other.key") != key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "clinic.key"
    read_or_make_key(path)
    os.chmod(path, mode)
    with pytest.raises(DisclosureError, match="chmod 600"):
        read_or_make_key(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00", b"c2hvcnQ=\n", b"QUJD\nQUJD\n"])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "thesis.txt"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DisclosureError, match="holds no key"):
        read_or_make_key(path)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_made_or_is_a_folder(tmp_path):
    with pytest.raises(DisclosureError, match="cannot be used"):
        read_or_make_key(tmp_path / "absent" / "clinic.key")
    with pytest.raises(DisclosureError, match="is not a file"):
        read_or_make_key(tmp_path)
    with pytest.raises(DisclosureError, match="at least 16"):
        deidentify(raw_export(2), key=b"short")


# --- files -----------------------------------------------------------------------------------------------------


def test_a_file_in_a_safe_file_out(tmp_path):
    raw, safe, key = tmp_path / "raw é.csv", tmp_path / "safe.csv", tmp_path / "clinic.key"
    raw_export().to_csv(raw, index=False)
    report = deidentify_file(raw, safe, key)
    text = safe.read_text()
    assert [canary for canary in CANARIES if canary.lower() in text.lower()] == []
    assert key.read_text().splitlines()[1] not in text + str(report)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.key", "raw é.csv", "safe.csv"]
    again = tmp_path / "again.csv"
    deidentify_file(raw, again, key)
    assert again.read_bytes() == safe.read_bytes()


def test_a_safe_file_reads_as_sessions(tmp_path):
    raw, safe = tmp_path / "raw.csv", tmp_path / "safe.csv"
    raw_export().to_csv(raw, index=False)
    deidentify_file(raw, safe, tmp_path / "clinic.key")
    sessions = read_sessions(safe)
    assert len(sessions) == 72
    assert sessions["day"].max() == 14


@pytest.mark.skipif(
    "also" not in Column.__dataclass_fields__, reason="the record does not take wide bands yet"
)
def test_a_generalised_file_reads_as_sessions(tmp_path):
    raw, safe = tmp_path / "raw.csv", tmp_path / "safe.csv"
    raw_export().to_csv(raw, index=False)
    report = deidentify_file(raw, safe, tmp_path / "clinic.key", 5)
    sessions = read_sessions(safe)
    assert report.k >= 5
    assert len(sessions) == 72
    assert set(sessions["age_band"].dropna()) <= {*WIDE_AGE_BANDS[20], *WIDE_AGE_BANDS[30]}


def test_a_workbook_in(tmp_path):
    raw, safe = tmp_path / "raw.xlsx", tmp_path / "safe.csv"
    frame = raw_export().assign(**{"Visit date": lambda f: pd.to_datetime(f["Visit date"])})
    frame.to_excel(raw, index=False, engine="xlsxwriter")
    deidentify_file(raw, safe, tmp_path / "clinic.key")
    assert pd.read_csv(safe)["day"].tolist() == [0, 7, 14] * 24


def test_cells_that_a_spreadsheet_would_run_are_neutralised(tmp_path):
    bad = ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "-2+3"]
    raw = pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(40)], "Care": bad * 10, "pain_pre": -1, "=x": 1}
    )
    raw.to_csv(tmp_path / "raw.csv", index=False)
    deidentify_file(tmp_path / "raw.csv", tmp_path / "safe.csv", tmp_path / "key")
    cells = re.split(r"[,\n]", (tmp_path / "safe.csv").read_text().replace('"', ""))
    assert [cell for cell in cells if re.match(r"[=+@\t\r]|-\D", cell)] == []
    assert "-1" in cells


def test_nothing_is_written_where_something_is_wrong(tmp_path):
    raw, safe, key = tmp_path / "raw.csv", tmp_path / "safe.csv", tmp_path / "clinic.key"
    raw_export(12).to_csv(raw, index=False)
    safe.write_text("earlier")
    before = raw.read_bytes()
    for attempt, error in [
        (lambda: deidentify_file(raw, safe, key, 50), DisclosureError),
        (lambda: deidentify_file(raw, raw, key), ExportError),
        (lambda: deidentify_file(raw, key.with_suffix(".csv"), key.with_suffix(".csv")), ExportError),
        (lambda: deidentify_file(raw, tmp_path / "safe.xlsx", key), ExportError),
        (lambda: deidentify_file(tmp_path / "absent.csv", safe, key), UnreadableFileError),
        (lambda: deidentify_file(raw, tmp_path / "absent" / "safe.csv", key), ExportError),
    ]:
        with pytest.raises(error) as caught:
            attempt()
        assert not [canary for canary in CANARIES if canary.lower() in str(caught.value).lower()]
    assert safe.read_text() == "earlier"
    assert raw.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"raw.csv", "safe.csv", "clinic.key"}


def test_the_raw_frame_is_not_changed():
    raw = raw_export(4)
    before = raw.copy(deep=True)
    deidentify(raw, key=KEY, generalise=2)
    pd.testing.assert_frame_equal(raw, before)


CELLS = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=25),
    st.dates(),
    st.booleans(),
    st.binary(max_size=4),
)
NAMES = st.one_of(
    st.sampled_from([*COLUMN_NAMES, "DOB", "Visit date", "MRN", "age", "Notes", "Clinic"]),
    st.text(max_size=12),
)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_only_our_own_errors_come_out(data):
    names = data.draw(st.lists(NAMES, min_size=1, max_size=5))
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(names)), max_size=6))
    frame = pd.DataFrame([list(row) for row in rows], columns=names, dtype=object)
    frame["patient_id"] = "P1"
    try:
        safe, _ = deidentify(frame, key=KEY, generalise=data.draw(st.sampled_from([None, 1, 2])))
    except OutcomesError:
        return
    assert len(safe) == len(frame)
    assert identifying_columns(safe) == []


def test_fifty_thousand_rows_take_seconds():
    raw = pd.concat([raw_export(100, 5)] * 100, ignore_index=True)
    raw["MRN"] = raw["MRN"] + (raw.index // 500).astype(str)
    start = time.perf_counter()
    safe, report = deidentify(raw, key=KEY)
    assert report.patients == 10_000
    assert len(safe) == 50_000
    assert time.perf_counter() - start < 20


def test_paths_may_be_given_as_text(tmp_path):
    raw_export(6).to_csv(tmp_path / "raw.csv", index=False)
    safe, _ = deidentify(str(tmp_path / "raw.csv"), key=str(tmp_path / "k"))
    assert Path(tmp_path / "k").exists()
    assert len(safe) == 18
