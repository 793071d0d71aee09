"""Counts of a flag as six sums over patients: by hand, on a frame and on an engine, and added up."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError, ReductionError
from outcomes.models.proportions.counts import CountTable, patient_classes, reduce_counts

SESSIONS = pd.DataFrame(
    {
        "patient_id": ["a", "a", "a", "b", "b", "c", None, "a"],
        "condition": ["x", "x", "x", "x", "x", "y", "x", None],
        "flag": [1.0, 1.0, 0.0, 0.0, np.nan, 1.0, 1.0, 1.0],
    }
)
BY_HAND = {"patients": 2, "sessions": 4, "responders": 2, "left_out": 2, "sessions_squared": 10, "cross": 6}
"""Of x: three sessions of a, two of them met; one of b, not met; one undefined, and one that is nobody's."""


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_sums_are_those_of_hand(engine) -> None:
    table = SESSIONS if engine == "pandas" else ibis.memtable(SESSIONS)
    groups = reduce_counts(table, "flag").groups.set_index("condition")
    assert groups.loc["x"].to_dict() == {**BY_HAND, "responders_squared": 4}
    assert groups.loc["y", ["patients", "sessions", "responders", "left_out"]].tolist() == [1, 1, 1, 0]
    assert groups.index.tolist() == ["x", "y"], "a session without a condition is in no group"


def test_tables_of_two_clinics_add_group_by_group() -> None:
    other = pd.DataFrame({"patient_id": ["p", "q"], "condition": ["y", "z"], "flag": [0.0, 1.0]})
    both = (reduce_counts(SESSIONS, "flag") + reduce_counts(other, "flag")).groups.set_index("condition")
    assert both["patients"].to_dict() == {"x": 2, "y": 2, "z": 1}
    assert both["responders"].to_dict() == {"x": 2, "y": 1, "z": 1}
    assert both.loc["x"].to_dict() == {**BY_HAND, "responders_squared": 4}


@pytest.mark.parametrize("change", [{"flag": "worse"}, {"by": None}])
def test_counts_of_other_things_do_not_add(change) -> None:
    other = SESSIONS.rename(columns={"flag": change.get("flag", "flag")})
    with pytest.raises(ReductionError, match="do not add"):
        reduce_counts(SESSIONS, "flag") + reduce_counts(
            other, change.get("flag", "flag"), change.get("by", "condition")
        )


def test_a_file_gives_the_same_table_and_a_damaged_one_is_refused(tmp_path) -> None:
    made = reduce_counts(SESSIONS, "flag")
    made.to_json(tmp_path / "counts.json")
    again = CountTable.from_json(tmp_path / "counts.json")
    assert (again.by, again.flag) == (("condition",), "flag")
    pd.testing.assert_frame_equal(again.groups, made.groups)
    text = made.to_json().replace('"patients"', '"people"')
    with pytest.raises(ReductionError, match="damaged"):
        CountTable.from_json(text)


@pytest.mark.parametrize("odd", [2.0, -1.0, 0.5])
def test_a_flag_that_is_neither_is_refused_with_how_many(odd) -> None:
    frame = SESSIONS.assign(flag=[odd, odd, *SESSIONS["flag"].iloc[2:]])
    with pytest.raises(EstimationError, match=r"flag is neither 0 nor 1 in 2 session\(s\)"):
        reduce_counts(frame, "flag")
    nobodys = SESSIONS.assign(flag=[*SESSIONS["flag"].iloc[:6], odd, odd])
    assert reduce_counts(nobodys, "flag").groups["sessions"].tolist() == [4, 1]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_patients_are_classed_by_their_sessions_and_what_these_add_up_to(engine) -> None:
    table = SESSIONS.assign(flag=SESSIONS["flag"] * 3)
    found = patient_classes(
        table if engine == "pandas" else ibis.memtable(table), "flag", ("condition",), lambda value: value > 2
    )
    x = found[found["condition"] == "x"].set_index(["n", "total"])
    assert x.loc[(3.0, 6.0), ["patients", "squares", "zeros", "left_out", "odd"]].tolist() == [1, 18, 1, 0, 2]
    assert x.loc[(1.0, 0.0), ["patients", "squares", "zeros", "left_out", "odd"]].tolist() == [1, 0, 1, 1, 0]
    assert x.loc[(0.0, 0.0), "left_out"] == 1
