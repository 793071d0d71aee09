"""De-identification: what is planted comes out nowhere; what is needed comes out whole."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.run import deidentify, deidentify_file
from outcomes.errors import DisclosureError, ExportError, OutcomesError, UnreadableFileError
from outcomes.intake.read import read_sessions
from outcomes.record.columns import COLUMN_NAMES, WIDE_AGE_BANDS, Column

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
    assert safe["muscles"][6] == "upper_trapezius;levator_scapulae;other"
    assert safe["pain_pre"].tolist() == raw["pain_pre"].astype(float).tolist()
    assert safe["pain_post"].isna().sum() == 3
    assert safe["Grip kg"].tolist() == raw["Grip kg"].astype(float).tolist()
    assert set(safe["Diagnosis code"]) == {"M54.2"}
    assert safe["Chief complaint"].isna().sum() == 3
    assert report.patients == 24
    assert report.rows == 72


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


def test_a_header_that_is_data_goes_and_is_not_said():
    raw = pd.DataFrame([["P1", "3", "4"]], columns=["patient_id", "q.roe@canary.example", "2024-03-05"])
    safe, report = deidentify(raw, key=KEY)
    assert list(safe) == ["session_id", "patient_id"]
    assert "canary" not in everything_said(safe, report)


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
        (lambda: deidentify_file(raw, tmp_path / ".." / tmp_path.name / "raw.csv", key), ExportError),
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


def test_the_key_file_is_not_written_over(tmp_path):
    raw = tmp_path / "raw.csv"
    raw_export(3).to_csv(raw, index=False)
    with pytest.raises(ExportError, match="is the key file, which is left alone"):
        deidentify_file(raw, tmp_path / "key.csv", tmp_path / "key.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw.csv"]


def test_what_looks_like_a_date_only_once_its_words_are_gone_goes_at_the_last_look():
    """One word among the days since 1899 hides them at first; as numbers they are dates."""
    days = [str(45_300 + 37 * (n % 10)) for n in range(40)]
    raw = pd.DataFrame({"patient_id": [f"P{n}" for n in range(41)], "time": [*days, "late"], "pain_pre": 3})
    safe, report = deidentify(raw, key=KEY)
    assert list(safe) == ["session_id", "patient_id", "pain_pre"]
    last = report.columns.set_index("column").loc["time"]
    assert (last["became"], last["done"], last["cells_left_out"]) == ("", "left out: looks like a date", 40)
