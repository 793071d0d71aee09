"""Session records: every rule is asked, every breach named with line, value and remedy, and nothing is guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import IdentifiableError, OutcomesError, SessionErrors, UnreadableFileError
from outcomes.intake.left_out import surely
from outcomes.intake.mapping import Mapping
from outcomes.intake.problems import shown_headings
from outcomes.intake.read import already_checked, check_sessions
from outcomes.record.columns import COLUMN_NAMES, COLUMNS


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    sessions, _ = oc.simulate_sessions(60, seed=3)
    return sessions


def _written(frame: pd.DataFrame, folder: Path, **changes: tuple[int, object]) -> Path:
    cells = frame.astype(object)
    for name, (row, value) in changes.items():
        cells.loc[cells.index[row], name] = value
    path = folder / "sessions.csv"
    cells.to_csv(path, index=False)
    return path


def _errors(path: Path) -> pd.DataFrame:
    with pytest.raises(SessionErrors) as refusal:
        oc.read_sessions(path)
    problems = refusal.value.problems
    return problems[problems["severity"] == "error"]


def test_records_come_back_whole_typed_and_in_order(clean, tmp_path) -> None:
    sessions = oc.read_sessions(_written(clean, tmp_path))
    assert tuple(sessions.columns) == COLUMN_NAMES
    assert len(sessions) == len(clean)
    assert sessions["session_number"].dtype == "int64"
    assert all(sessions[c.name].dtype == "float64" for c in COLUMNS if c.kind == "number")
    assert list(sessions["condition"].cat.categories) == sorted(set(clean["condition"]))
    np.testing.assert_array_equal(sessions["pain_pre"], clean["pain_pre"].astype(float))
    assert sessions["soreness_h"].isna().sum() == clean["soreness_h"].isna().sum()


def test_every_format_gives_the_same_sessions(clean, tmp_path) -> None:
    expected = oc.read_sessions(clean)
    clean.to_parquet(tmp_path / "s.parquet")
    clean.to_feather(tmp_path / "s.feather")
    clean.to_excel(tmp_path / "s.xlsx", index=False, engine="xlsxwriter")
    for name in ("s.parquet", "s.feather", "s.xlsx"):
        pd.testing.assert_frame_equal(oc.read_sessions(tmp_path / name), expected)
    pd.testing.assert_frame_equal(oc.read_sessions(_written(clean, tmp_path)), expected)


def test_only_the_needed_columns_are_needed(clean, tmp_path) -> None:
    needed = [c.name for c in COLUMNS if c.needed]
    sessions = oc.read_sessions(_written(clean[needed], tmp_path))
    assert sessions["rom_pre"].isna().all()
    assert sessions["soreness_h"].isna().all(), "not asked is never 0"
    assert sessions["soreness_ongoing"].isna().all()


@pytest.mark.parametrize(
    ("column", "value", "rule", "remedy"),
    [
        ("pain_post", 11, "range", "a scale numbered from 1 to 11"),
        ("pain_pre", 12, "range", "a slip of the keys? the most is 10"),
        ("pain_pre", -1, "range", "a minus sign too many? nothing is below 0"),
        ("pain_pre", -99, "range", 'a code for missing? then list it in the mapping, missing = ["-99"]'),
        ("pain_48h", 99, "range", "a code for missing?"),
        ("pain_48h", 45, "range", 'was this a 100-mm scale? then set pain_48h = "mm"'),
        ("soreness_h", -2, "range", "a minus sign too many?"),
        ("rom_pre", "1e308", "range", "correct the value"),
        ("rom_pre", "inf", "range", "correct the value"),
        ("pain_pre", "NaN", "number", "leave the cell blank"),
        ("pain_pre", "NA", "number", "leave the cell blank"),
        ("pain_post", "-", "number", "leave the cell blank"),
        ("soreness_h", "none", "number", "leave the cell blank"),
        ("pain_post", "3,5", "number", "write decimals with a point"),
        ("insertion_count", "1,000", "number", "without a separator"),
        ("pain_post", "six", "number", "without words"),
        ("twitch_count", 2.5, "whole number", "correct"),
        ("session_number", 0, "range", "correct"),
        ("sex", "Frau", "code", "recode in the mapping"),
        ("condition", "gout", "code", "recode in the mapping"),
        ("technique", "magic", "code", "recode"),
        ("soreness_ongoing", "maybe", "true or false", "write true or false"),
        ("co_interventions", "heat;prayer", "tags", "use the codes"),
        ("pain_pre", None, "needed", "fill in pain_pre"),
    ],
)
def test_a_breach_is_named_with_line_value_and_remedy(clean, tmp_path, column, value, rule, remedy) -> None:
    path = _written(clean, tmp_path, **{column: (4, value)})
    errors = _errors(path)
    found = errors[(errors["column"] == column) & (errors["rule"] == rule)]
    assert len(found) == 1, errors
    assert found["line"].item() == 6
    assert remedy in found["remedy"].item()
    assert found["count"].item() == 1


def test_the_message_says_line_column_value_and_what_is_allowed(clean, tmp_path) -> None:
    path = _written(clean, tmp_path, pain_post=(212, 11))
    with pytest.raises(
        SessionErrors, match=r"line 214, `pain_post`: 11; allowed 0–10 \(range\); a scale numbered"
    ):
        oc.read_sessions(path)


def test_duplicate_ids_are_both_named(clean, tmp_path) -> None:
    path = _written(clean, tmp_path, session_id=(5, clean["session_id"].iloc[4]))
    errors = _errors(path)
    assert set(errors["rule"]) == {"unique"}
    assert errors["line"].tolist() == [6, 7]


def test_a_missing_needed_column_is_named_with_the_likeliest_one(clean, tmp_path) -> None:
    errors = _errors(_written(clean.rename(columns={"pain_pre": "pain_prev"}), tmp_path))
    assert errors["rule"].tolist() == ["missing column"]
    assert "'pain_prev'" in errors["remedy"].item()


def test_soreness_that_contradicts_itself_is_refused(clean, tmp_path) -> None:
    row = int(np.flatnonzero((clean["soreness_h"] > 0).to_numpy())[0])
    earlier = _written(clean, tmp_path, soreness_free_h=(row, 1e-3), soreness_ongoing=(row, False))
    assert "free after sore" in set(_errors(earlier)["rule"])
    both = _written(clean, tmp_path, soreness_free_h=(row, 700), soreness_ongoing=(row, True))
    assert "ongoing or free" in set(_errors(both)["rule"])


def test_a_range_beyond_its_movement_is_refused(clean, tmp_path) -> None:
    row = int(np.flatnonzero((clean["rom_movement"] == "mouth_opening").to_numpy())[0])
    assert "movement cap" in set(_errors(_written(clean, tmp_path, rom_pre=(row, 150)))["rule"])


def test_spelling_of_codes_and_headers_is_forgiven(clean, tmp_path) -> None:
    frame = clean.rename(columns={"pain_pre": " Pain Pre", "session_id": "Session-ID"}).astype(object)
    frame["condition"] = frame["condition"].str.replace("_", " ").str.title()
    frame["activity"] = "Desk work"
    sessions = oc.read_sessions(_written(frame, tmp_path))
    assert set(sessions["condition"]) == set(clean["condition"])
    assert set(sessions["activity"]) == {"desk_work"}


def test_warnings_let_the_records_pass(clean, tmp_path) -> None:
    row = int(np.flatnonzero((clean["twitch_count"] > 0).to_numpy())[0])
    path = _written(clean, tmp_path, insertion_count=(row, 0))
    checked = check_sessions(path)
    found = checked.problems[checked.problems["rule"] == "twitches without insertions"]
    assert found["line"].tolist() == [row + 2]
    assert checked.n_errors == 0
    assert len(oc.read_sessions(path)) == len(clean)


def test_a_patient_in_two_sexes_and_days_that_run_backwards_are_warned_of(clean, tmp_path) -> None:
    patients = clean["patient_id"].value_counts()
    rows = np.flatnonzero((clean["patient_id"] == patients.index[0]).to_numpy())
    first, last = int(rows[0]), int(rows[-1])
    other = "male" if clean["sex"].iloc[first] == "female" else "female"
    rules = set(
        check_sessions(_written(clean, tmp_path, sex=(first, other), day=(first, 9999))).problems["rule"]
    )
    assert {"one sex", "days run forward"} <= rules
    number = clean["session_number"].iloc[first]
    twice = _written(
        clean, tmp_path, session_number=(last, number), condition=(last, clean["condition"].iloc[first])
    )
    assert "session twice" in set(check_sessions(twice).problems["rule"])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("clinician_id", "Jane Doe"),
        ("activity", "jane.doe@example.org"),
        ("muscles", "2024-03-01"),
        ("condition", "she said the pain came back after the garden"),
    ],
)
def test_files_that_identify_people_are_refused_without_showing_values(
    clean, tmp_path, column, value
) -> None:
    frame = clean.assign(**{column: value})
    with pytest.raises(IdentifiableError, match="outcomes deidentify") as refusal:
        oc.read_sessions(_written(frame, tmp_path))
    assert f"`{column}`: values look like" in str(refusal.value)
    assert value not in str(refusal.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [("patient_name", "Jane Doe"), ("email", "jane.doe@example.org"), ("visit_date", "2024-03-01")],
)
def test_what_would_be_left_behind_refuses_nothing_and_is_named(clean, tmp_path, column, value) -> None:
    checked = check_sessions(_written(clean.assign(**{column: value}), tmp_path))
    assert checked.ignored == (column,)
    assert column not in checked.sessions
    assert value not in checked.sessions.to_csv()


def test_what_a_mapping_keeps_or_makes_an_id_of_is_looked_at(clean, tmp_path) -> None:
    path = _written(clean.assign(who="Jane Doe", MRN=range(len(clean))), tmp_path)
    with pytest.raises(IdentifiableError, match="`who`: values look like a person's name"):
        oc.read_sessions(path, mapping=Mapping(keep={"person": "who"}))
    with pytest.raises(IdentifiableError, match="`MRN`: the heading says a medical record number"):
        oc.read_sessions(path, mapping=Mapping(columns={"clinician_id": "MRN"}))
    assert len(oc.read_sessions(path, mapping=Mapping())) == len(clean)


def test_a_number_is_no_persons_data_whatever_its_heading(clean, tmp_path) -> None:
    frame = clean.rename(columns={"pain_48h": "Phone call: pain"})
    path = _written(frame, tmp_path)
    assert len(oc.read_sessions(path, mapping=Mapping(columns={"pain_48h": "Phone call: pain"}))) == len(
        clean
    )


def test_a_file_or_a_title_that_names_somebody_is_not_passed_on(clean, tmp_path) -> None:
    path = tmp_path / "Maria_Gonzalez.csv"
    clean.to_csv(path, index=False)
    assert oc.read_sessions(path).attrs["outcomes"]["file"] == "records.csv"
    stored = oc.read_sessions(path)
    stored.attrs["outcomes"] |= {"title": "Maria Gonzalez", "file": "Maria Gonzalez.csv"}
    stored.to_parquet(tmp_path / "stored.parquet")
    again = oc.read_sessions(tmp_path / "stored.parquet").attrs["outcomes"]
    assert (again["title"], again["file"]) == ("", "")
    assert again["times"] == stored.attrs["outcomes"]["times"]


def test_text_in_a_number_is_never_shown(clean, tmp_path) -> None:
    path = _written(clean, tmp_path, pain_post=(3, "ask Jane Doe again"))
    with pytest.raises(OutcomesError) as refusal:
        oc.read_sessions(path)
    assert "Jane" not in str(refusal.value)


def test_columns_beyond_the_record_are_left_out_and_named(clean, tmp_path) -> None:
    checked = check_sessions(_written(clean.assign(room=3), tmp_path))
    assert checked.ignored == ("room",)
    assert "room" not in checked.sessions


def test_what_the_readings_are_called_survives_parquet(clean, tmp_path) -> None:
    sessions = oc.read_sessions(clean)
    sessions.attrs["outcomes"]["times"]["48h"] = "a month later"
    sessions.to_parquet(tmp_path / "again.parquet")
    again = oc.read_sessions(tmp_path / "again.parquet")
    assert again.attrs["outcomes"]["times"]["48h"] == "a month later"


def test_an_empty_frame_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="no rows"):
        oc.read_sessions(pd.DataFrame({"session_id": []}))


def test_the_demo_records_are_clean() -> None:
    path = Path(__file__).resolve().parents[2] / "data/demo_sessions.csv"
    checked = check_sessions(path)
    assert checked.n_errors == 0
    assert checked.n_rows == 2_453


def test_only_what_a_run_has_checked_is_read_as_it_is(clean, tmp_path) -> None:
    other = tmp_path / "other.parquet"
    sessions = oc.read_sessions(clean)
    sessions.assign(pain_pre=99.0).to_parquet(other)
    with already_checked("the run's own", sessions.copy):
        again = oc.read_sessions("the run's own")
        with pytest.raises(SessionErrors):
            oc.read_sessions(other)
    pd.testing.assert_frame_equal(again, sessions)
    assert again.attrs == sessions.attrs
    with pytest.raises(UnreadableFileError, match="There is no file the run's own"):
        oc.read_sessions("the run's own")


def test_a_frame_may_hold_anything_and_gets_a_message() -> None:
    frame = pd.DataFrame({"session_id": ["s1", {"a": 1}, Decimal("sNaN")]})
    with pytest.raises(OutcomesError):
        oc.read_sessions(frame)


def test_no_heading_that_is_surely_the_records_is_called_a_persons_data() -> None:
    for heading in (
        "Soreness Hours",
        "Pain Before",
        "NPRS Right After",
        "Twitch Count",
        "Needle Count",
    ):
        assert surely(heading) is not None
        assert shown_headings([heading]) == heading
