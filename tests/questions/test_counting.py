"""Counts per group, against pandas' own group-by, whatever the engine."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from outcomes.questions.counting import Counting, collected, column_names


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 400
    change = rng.choice([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, np.nan], n)
    group = pd.Series(rng.choice(["neck_pain", "headache", "jaw_pain"], n)).where(rng.random(n) > 0.05)
    people = pd.Series([f"p{i}" for i in rng.integers(0, 60, n)])
    return pd.DataFrame({"patient_id": people, "condition": group, "change": change})


def tables(frame: pd.DataFrame) -> list[object]:
    return [frame, frame.astype({"condition": "category"}), ibis.memtable(frame)]


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    ordered = found.sort_values(list(found.columns[:2])).reset_index(drop=True)
    wanted = expected.sort_values(list(expected.columns[:2])).reset_index(drop=True)[list(ordered.columns)]
    pd.testing.assert_frame_equal(ordered, wanted, check_dtype=False)


@pytest.mark.parametrize("engine", range(3))
def test_sizes_are_those_of_the_sessions_with_a_value(sessions: pd.DataFrame, engine: int) -> None:
    known = sessions.dropna(subset=["condition", "change"])
    grouped = known.groupby("condition")
    wanted = pd.DataFrame(
        {"patients": grouped["patient_id"].nunique(), "sessions": grouped.size()}
    ).reset_index()
    same(Counting.of(tables(sessions)[engine], "condition").group_sizes("change"), wanted)


@pytest.mark.parametrize("engine", range(3))
@pytest.mark.parametrize("least", [2.0, {"neck_pain": 1.0, "headache": 2.0, "jaw_pain": 3.0}])
def test_a_change_counts_from_the_least_on(sessions: pd.DataFrame, engine: int, least: object) -> None:
    known = sessions.dropna(subset=["condition", "change"])
    bound = known["condition"].map(least) if isinstance(least, dict) else least
    marked = known.assign(better=known["change"] >= bound, worse=known["change"] <= -bound)
    grouped = marked.groupby("condition")
    wanted = pd.DataFrame(
        {
            "patients": grouped["patient_id"].nunique(),
            "sessions": grouped.size(),
            "observed": grouped["change"].mean(),
            "better": grouped["better"].mean(),
            "worse": grouped["worse"].mean(),
        }
    ).reset_index()
    same(Counting.of(tables(sessions)[engine], "condition").shares("change", least), wanted)


@pytest.mark.parametrize("engine", range(3))
def test_values_are_counted_in_their_order(sessions: pd.DataFrame, engine: int) -> None:
    known = sessions.dropna(subset=["condition", "change"])
    wanted = known.groupby(["condition", "change"]).size().rename("n").reset_index()
    found = Counting.of(tables(sessions)[engine], "condition").values("change")
    pairs = found[["condition", "change"]].to_numpy().tolist()
    assert pairs == sorted(pairs)
    same(found.reset_index(drop=True), wanted)


def test_columns_and_results_of_any_engine(sessions: pd.DataFrame) -> None:
    for table in tables(sessions):
        assert column_names(table) == {"patient_id", "condition", "change"}
    import narwhals as nw

    assert len(collected(nw.from_native(ibis.memtable(sessions)))) == len(sessions)


def test_a_group_of_one_session_is_that_session() -> None:
    frame = pd.DataFrame({"patient_id": ["a", "b"], "condition": ["x", "y"], "change": [-3.0, np.nan]})
    (row,) = Counting.of(frame, "condition").shares("change", 2.0).to_dict("records")
    assert row == {
        "condition": "x",
        "patients": 1,
        "sessions": 1,
        "observed": -3.0,
        "better": 0.0,
        "worse": 1.0,
    }
