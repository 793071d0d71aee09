"""Drafted mappings: right where the file is plain, silent where it is not, and never telling."""

from __future__ import annotations

import tomllib

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.errors import OutcomesError, UnreadableFileError
from outcomes.intake.draft import draft_mapping
from outcomes.intake.mapping import read_mapping, shipped_mappings
from outcomes.intake.read import read_sessions
from outcomes.record.columns import COLUMN_NAMES, COLUMNS
from outcomes.simulate.sessions import simulate_sessions


def test_a_plain_spreadsheet_reads_with_the_draft_as_it_is(tmp_path, spreadsheet):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(draft_mapping(spreadsheet), encoding="utf-8")
    sessions = read_sessions(spreadsheet, mapping=mapping)
    raw = pd.read_csv(spreadsheet)
    assert sessions["pain_pre"].tolist() == pytest.approx((raw["Pain VAS before (mm)"] / 10).tolist())
    assert set(sessions["condition"]) == {
        "neck_pain",
        "low_back_pain",
        "tennis_elbow",
        "golfers_elbow",
        "jaw_pain",
    }
    assert set(sessions["sex"]) == {"female", "male"}
    assert set(sessions["side"]) == {"left", "right", "both"}
    assert sessions["twitch_count"].tolist() == raw["Twitches"].tolist()
    assert sessions["session_number"].tolist() == raw["Visit no"].tolist()
    assert sessions["age_band"].notna().all()
    assert sessions["soreness_h"].tolist() == raw["Soreness duration (hours)"].tolist()


def test_the_records_own_columns_are_all_sure(tmp_path):
    path = tmp_path / "own.csv"
    simulate_sessions(40, seed=3)[0].to_csv(path, index=False)
    columns = tomllib.loads(draft_mapping(path))["columns"]
    assert columns == {name: name for name in COLUMN_NAMES if name in columns}
    assert set(columns) >= {c.name for c in COLUMNS if c.needed}
    (tmp_path / "mapping.toml").write_text(draft_mapping(path), encoding="utf-8")
    assert len(read_sessions(path, mapping=tmp_path / "mapping.toml")) == len(read_sessions(path))


def test_a_heading_that_surely_is_ours_is_no_persons_data(tmp_path):
    path = tmp_path / "raw.csv"
    pd.DataFrame(
        {"patient_id": ["P1", "P2", "P3"], "Pain before (Phone)": [3, 4, 10], "Phone": ["617-555-0142"] * 3}
    ).to_csv(path, index=False)
    text = draft_mapping(path)
    assert 'pain_pre = "Pain before (Phone)"' in text
    assert '# Left out, looks like a telephone number: "Phone"' in text


def test_published_trials_get_a_draft_that_is_a_mapping(tmp_path, shared_real):
    for path in sorted(shared_real.glob("*/*.csv")):
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(draft_mapping(path), encoding="utf-8")
        assert read_mapping(mapping).bands["age_band"] in ("age", "preOp_age")


def test_shipped_mappings_are_files():
    assert all(path.is_file() for path in shipped_mappings().values())


def test_an_absent_file_is_said():
    with pytest.raises(UnreadableFileError):
        draft_mapping("absent.csv")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_the_headers_the_draft_is_a_mapping(tmp_path, data):
    names = data.draw(
        st.lists(
            st.one_of(st.sampled_from(["sex", "pain before", "Side", "id"]), CELL), min_size=1, max_size=4
        )
    )
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(names)), min_size=1, max_size=6))
    path = tmp_path / "any.csv"
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    try:
        text = draft_mapping(path)
    except OutcomesError:
        return
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    read_mapping(tmp_path / "mapping.toml")


def test_slips_beyond_a_scale_said_to_end_at_ten_do_not_make_it_one_of_a_hundred(tmp_path):
    path = tmp_path / "f.csv"
    rows = [f"p{at},neck_pain,{pain}" for at, pain in enumerate((7, 6, 5, 12, 99, 45, 8))]
    for heading, unit in (("Pain before (0-10)", None), ("Pain before (0-100)", "mm"), ("Pain before", "mm")):
        path.write_text("\n".join([f"Patient code,Diagnosis,{heading}", *rows]) + "\n")
        drafted = tomllib.loads(draft_mapping(path))
        assert drafted.get("units", {}).get("pain_pre") == unit, heading
