"""The same reduction inside an engine: a table by hand, bounds by the one rule, and only counts leave it."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.survival.test_events_frame import HAND
from outcomes.models.survival.events_frame import cells_of_frame
from outcomes.models.survival.events_query import cells_of_table


def lazy(frame: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


@pytest.mark.parametrize("by", [(), ("condition",), ("patient_id",)])
def test_an_engine_gives_the_table_by_hand(by) -> None:
    for ours, theirs in zip(cells_of_table(lazy(HAND), by), cells_of_frame(HAND, by), strict=True):
        pd.testing.assert_frame_equal(ours, theirs)


def test_every_kind_of_bounds_in_one_table() -> None:
    frame = pd.DataFrame(
        {
            "patient_id": list("abcdefg"),
            "soreness_h": [0.0, 6.0, 6.0, 6.0, None, None, float("nan")],
            "soreness_ongoing": [False, False, True, True, None, True, False],
            "soreness_free_h": [None, None, None, 24.0, 24.0, None, None],
        }
    )
    groups, cells, pairs = cells_of_table(lazy(frame), ())
    assert cells.to_numpy().tolist() == [
        [0, 0, 0, 1], [0, 0, 24, 1], [0, 6, 6, 1], [0, 6, 24, 1], [0, 6, np.inf, 1]
    ]  # fmt: skip
    assert groups.to_numpy().tolist() == [[5, 5, 2]]
    assert pairs.to_numpy().tolist() == [[at, at, 1] for at in range(5)]


def test_sessions_of_no_group_are_not_counted_and_missing_columns_say_nothing() -> None:
    frame = HAND.assign(condition=["neck", None, "heel", "neck", "neck", "neck", "heel"])
    groups, cells, _ = cells_of_table(lazy(frame), ("condition",))
    assert groups["sessions"].tolist() == [1, 3]
    assert groups["left_out"].tolist() == [1, 1]
    assert cells["sessions"].sum() == 4


def test_what_leaves_the_engine_names_nobody() -> None:
    named = HAND.assign(patient_id=HAND["patient_id"].map({"a": "ann-k", "b": "bob-q", "c": "cid-z"}))
    for part in cells_of_table(lazy(named), ("condition",)):
        assert not any(name in part.to_csv() for name in ("ann-k", "bob-q", "cid-z"))
