"""The pandas half of the event table: the rule of bounds, tables by hand, and both ways of ranking give one result."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.survival import events_frame
from outcomes.models.survival.events_frame import cells_of_frame, soreness_bounds

ASKED, SORE, FREE = "soreness_h", "soreness_ongoing", "soreness_free_h"


@pytest.mark.parametrize(
    ("hours", "ongoing", "free", "bounds"),
    [
        (0.0, False, None, (0, 0)),  # asked and never sore
        (6.0, False, None, (6, 6)),  # known to the hour
        (6.0, True, None, (6, np.inf)),  # still sore when last asked
        (6.0, False, 24.0, (6, 24)),  # between two calls
        (6.0, True, 24.0, (6, 24)),  # the later call decides
        (None, None, 24.0, (0, 24)),  # only the later call
        (None, True, None, (np.nan, np.nan)),  # sore, and nobody knows when
        (None, False, None, (np.nan, np.nan)),  # not asked
    ],
)
def test_bounds_of_a_session(hours, ongoing, free, bounds) -> None:
    frame = pd.DataFrame(
        {
            ASKED: pd.array([hours], dtype="Float64"),
            SORE: pd.array([ongoing], dtype="boolean"),
            FREE: pd.array([free], dtype="Float64"),
        }
    )
    found = [ends[0] for ends in soreness_bounds(frame)]
    assert found == pytest.approx(bounds, nan_ok=True)


def test_absent_columns_say_nothing() -> None:
    lower, upper = soreness_bounds(pd.DataFrame({ASKED: [3.0, np.nan]}))
    assert lower.tolist()[0] == upper.tolist()[0] == 3.0
    assert np.isnan([lower[1], upper[1]]).all()
    assert not np.signbit(soreness_bounds(pd.DataFrame({ASKED: [-0.0]}))[0])[0]


HAND = pd.DataFrame(
    {
        "patient_id": ["a", "a", "a", "b", "b", None, "c"],
        "condition": ["neck", "neck", "heel", "neck", "neck", "neck", "heel"],
        ASKED: [6.0, 6.0, 6.0, 6.0, 12.0, 6.0, np.nan],
    }
)


def test_a_table_by_hand() -> None:
    groups, cells, pairs = cells_of_frame(HAND, ("condition",))
    assert groups.to_numpy().tolist() == [["heel", 1, 1, 1], ["neck", 2, 4, 1]]
    assert cells.to_numpy().tolist() == [[0, 6, 6, 1], [1, 6, 6, 3], [1, 12, 12, 1]]
    # a has two sessions of the second cell, b one of it and one of the third: 2 * 2 + 1 * 1, 1 * 1, 1 * 1
    assert pairs.to_numpy().tolist() == [[0, 0, 1], [1, 1, 5], [1, 2, 1], [2, 2, 1]]


def test_without_groups_and_without_sessions() -> None:
    groups, cells, pairs = cells_of_frame(HAND, ())
    assert groups.to_numpy().tolist() == [[3 - 1, 5, 2]]
    assert cells["sessions"].tolist() == [4, 1]
    assert pairs["product"].tolist() == [3 * 3 + 1 * 1, 1, 1]
    groups, cells, pairs = cells_of_frame(HAND.assign(soreness_h=np.nan), ("condition",))
    assert groups[["patients", "sessions"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert groups["left_out"].tolist() == [2, 5]
    assert (len(cells), len(pairs)) == (0, 0)


def test_few_and_many_distinct_bounds_are_counted_alike(rng) -> None:
    """Millions of possible cells are sorted, few are counted in place: hours of another unit are the same table."""
    size = 3000
    frame = pd.DataFrame({"patient_id": rng.integers(0, 600, size), "condition": rng.integers(0, 3, size)})
    place = rng.integers(0, 900, size)
    frame = frame.assign(soreness_h=place / 10, soreness_free_h=(place + rng.integers(1, 1500, size)) / 10)
    few = frame.assign(soreness_h=frame[ASKED] // 30, soreness_free_h=frame[FREE] // 30 + 1)
    for each in (frame, few):
        groups, cells, pairs = cells_of_frame(each, ("condition",))
        plain = each.groupby(["condition", ASKED, FREE]).size()
        assert cells["sessions"].tolist() == plain.tolist()
        assert (
            cells[["lower_h", "upper_h"]].to_numpy().tolist()
            == plain.reset_index()[[ASKED, FREE]].to_numpy().tolist()
        )
        own = each.groupby(["condition", "patient_id", ASKED, FREE]).size()
        same = pairs["cell_a"] == pairs["cell_b"]
        assert pairs["product"][same].sum() == (own**2).sum()
        whole = each.groupby(["condition", "patient_id"]).size()
        assert 2 * pairs["product"][~same].sum() + pairs["product"][same].sum() == (whole**2).sum()
        assert groups["patients"].tolist() == each.groupby("condition")["patient_id"].nunique().tolist()


def test_numbers_too_large_for_one_key_are_shortened_first() -> None:
    patient, group = np.array([5, 5, 2**40, 5]), np.array([1, 1, 0, 0])
    kind = np.array([3, 3, 0, 2])
    sizes = (2**41, 2, 2**30)
    short = events_frame._patient_cells(np.array([1, 1, 2, 1]), group, kind, (3, 2, 4))
    long = events_frame._patient_cells(patient, group, kind, sizes)
    assert [counts.tolist() for counts in (long[1], long[2])] == [
        counts.tolist() for counts in (short[1], short[2])
    ]
    assert long[0].tolist() == [10, 11, 2**41]
