"""Records of any size: the same table as `read_sessions` gives, the same refusals, counted in one pass."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import IdentifiableError, SessionErrors, UnreadableFileError
from outcomes.intake.scan import check_scan
from outcomes.record.columns import COLUMN_NAMES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DEMO = Path(__file__).resolve().parents[2] / "data/demo_sessions.csv"


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    return oc.simulate_sessions(60, seed=3)[0]


@pytest.mark.parametrize("kind", ["csv", "parquet", "glob", "table"])
def test_every_source_gives_the_record(kind: str, clean, tmp_path) -> None:
    if kind == "csv":
        clean.to_csv(tmp_path / "s.csv", index=False)
        source = tmp_path / "s.csv"
    elif kind == "table":
        source = ibis.memtable(clean)
    else:
        clean.iloc[:100].to_parquet(tmp_path / "a.parquet")
        clean.iloc[100:].to_parquet(tmp_path / "b.parquet")
        source = str(tmp_path / "*.parquet")
    if kind == "parquet":
        clean.to_parquet(tmp_path / "whole.parquet")
        source = tmp_path / "whole.parquet"
    table = oc.scan_sessions(source)
    assert tuple(table.columns) == COLUMN_NAMES
    found = table.to_pyarrow().to_pandas().sort_values("session_id").reset_index(drop=True)
    expected = oc.read_sessions(clean).sort_values("session_id").reset_index(drop=True)
    for name in ("session_id", "condition", "muscles"):
        assert found[name].fillna("").tolist() == expected[name].astype("str").fillna("").tolist()
    for name in ("pain_pre", "pain_48h", "soreness_h", "session_number"):
        np.testing.assert_array_equal(found[name], expected[name].astype(float))


def test_estimates_are_those_of_the_frame() -> None:
    scanned, read = oc.scan_sessions(DEMO), oc.read_sessions(DEMO)
    pd.testing.assert_frame_equal(oc.condition_estimates(scanned), oc.condition_estimates(read), rtol=1e-9)
    pd.testing.assert_frame_equal(oc.pain_course(scanned), oc.pain_course(read))
    pd.testing.assert_frame_equal(oc.immediate_to_two_day(scanned), oc.immediate_to_two_day(read), rtol=1e-9)


BREACHES = [
    ("pain_post", 11, "range"),
    ("pain_pre", "six", "number"),
    ("sex", "Frau", "code"),
    ("twitch_count", 2.5, "whole number"),
    ("soreness_ongoing", "maybe", "flag"),
]


def test_breaches_are_counted(clean, tmp_path) -> None:
    cells = clean.astype(object)
    for row, (column, value, _) in enumerate(BREACHES):
        cells.loc[cells.index[4 * (row + 1)], column] = value
    cells.to_csv(tmp_path / "bad.csv", index=False)
    checked = check_scan(tmp_path / "bad.csv")
    problems = checked.problems
    assert checked.n_rows == len(clean)
    for column, _, rule in BREACHES:
        found = problems[(problems["column"] == column) & (problems["rule"] == rule)]
        assert found["count"].tolist() == [1], column
    with pytest.raises(SessionErrors, match=r"pain_post") as refused:
        oc.scan_sessions(tmp_path / "bad.csv")
    assert all(column in str(refused.value) for column, _, _ in BREACHES)


def test_duplicate_ids_missing_columns_and_names_are_refused(clean, tmp_path) -> None:
    twice = clean.assign(session_id=["same", *clean["session_id"].iloc[1:-1], "same"])
    with pytest.raises(SessionErrors, match="a different value in every row"):
        oc.scan_sessions(ibis.memtable(twice))
    with pytest.raises(SessionErrors, match="every record needs this column"):
        oc.scan_sessions(ibis.memtable(clean.drop(columns="pain_pre")))
    with pytest.raises(IdentifiableError, match="activity"):
        oc.scan_sessions(ibis.memtable(clean.assign(activity="Jane Doe")))
    assert (
        "patient_name" not in oc.scan_sessions(ibis.memtable(clean.assign(patient_name="Jane Doe"))).columns
    )


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(UnreadableFileError, match="There is no file"):
        oc.scan_sessions("/nowhere/*.parquet")


def test_unchecked_tables_are_only_typed(clean) -> None:
    table = oc.scan_sessions(ibis.memtable(clean.assign(pain_pre=99)), check=False)
    assert table.pain_pre.max().to_pyarrow().as_py() == 99.0


def test_an_identifier_far_down_a_large_file_is_found(clean, tmp_path) -> None:
    many = pd.concat([clean.assign(session_id=clean["session_id"] + f"-{i}") for i in range(12)]).astype(
        object
    )
    many.iloc[-1, many.columns.get_loc("patient_id")] = "jane.doe@example.org"
    many.to_csv(tmp_path / "large.csv", index=False)
    with pytest.raises(IdentifiableError, match="patient_id"):
        check_scan(tmp_path / "large.csv")
    many.astype("str").to_parquet(tmp_path / "large.parquet")
    with pytest.raises(IdentifiableError, match="patient_id"):
        check_scan(tmp_path / "large.parquet")


def test_text_that_is_not_utf8_far_down_is_named(clean, tmp_path) -> None:
    path = tmp_path / "large.csv"
    clean.to_csv(path, index=False)
    path.write_bytes(path.read_bytes() + b"\x81\x8d" + b"," * 34 + b"\n")
    with pytest.raises(UnreadableFileError, match=f"line {len(clean) + 2}: is neither UTF-8"):
        check_scan(path)
