"""Event tables: what they count, that they add, and that every engine gives the same."""

from __future__ import annotations

from collections import Counter
from itertools import product

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import EstimationError, ReductionError
from outcomes.models.survival.curves import soreness_curve, soreness_summary
from outcomes.models.survival.events import EventTable, reduce_events

PARTS = ("groups", "cells", "pairs")


def assert_same(a: EventTable, b: EventTable) -> None:
    assert a.by == b.by
    for part in PARTS:
        pd.testing.assert_frame_equal(getattr(a, part), getattr(b, part))


def lazy(frame: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


@st.composite
def sessions(draw) -> pd.DataFrame:
    """Sessions of every kind: exact, censored, between hours, only an end, not asked."""
    kinds = st.tuples(
        st.sampled_from("pqrst"),
        st.sampled_from(["neck", "heel"]),
        st.sampled_from([0.0, 6.0, 12.0, 24.0, 36.5, None]),
        st.booleans(),
        st.sampled_from([None, None, 40.0, 72.0]),
    )
    rows = draw(st.lists(kinds, min_size=1, max_size=40))
    names = ["patient_id", "condition", "soreness_h", "soreness_ongoing", "soreness_free_h"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"soreness_h": float, "soreness_free_h": float})


def bounds(row: pd.Series) -> tuple[float, float] | None:
    """The rule of the session record, told row by row."""
    h, free = row["soreness_h"], row["soreness_free_h"]
    if not np.isnan(free):
        return (0.0 if np.isnan(h) else h), free
    if np.isnan(h):
        return None
    return h, (np.inf if row["soreness_ongoing"] else h)


@settings(max_examples=60, deadline=None)
@given(sessions())
def test_cells_and_products_are_those_of_a_plain_count(frame):
    table = reduce_events(frame, "condition")
    for number, name in enumerate(table.groups["condition"]):
        own = frame[frame["condition"] == name]
        per_patient: dict[str, Counter] = {}
        for _, row in own.iterrows():
            if (found := bounds(row)) is not None:
                per_patient.setdefault(row["patient_id"], Counter())[found] += 1
        cells = sum(per_patient.values(), Counter())
        mine = table.cells[table.cells["group"] == number]
        assert (
            dict(zip(zip(mine["lower_h"], mine["upper_h"], strict=True), mine["sessions"], strict=True))
            == cells
        )
        group = table.groups.iloc[number]
        assert (group["patients"], group["sessions"]) == (len(per_patient), sum(cells.values()))
        assert group["left_out"] == len(own) - sum(cells.values())
        ordered = sorted(cells)
        wanted = {
            (a, b): total
            for a, b in product(ordered, ordered)
            if a <= b and (total := sum(c[a] * c[b] for c in per_patient.values()))
        }
        key = list(zip(table.cells["lower_h"], table.cells["upper_h"], strict=True))
        pairs = table.pairs[table.pairs["cell_a"].isin(mine.index)]
        found_pairs = {(key[a], key[b]): p for a, b, p in pairs.itertuples(index=False)}
        assert found_pairs == wanted


@settings(max_examples=6, deadline=None)
@given(sessions())
def test_duckdb_gives_the_same_table_as_pandas(frame):
    for by in (None, "condition", ["condition", "soreness_ongoing"]):
        assert_same(reduce_events(frame, by), reduce_events(lazy(frame), by))


@settings(max_examples=20, deadline=None)
@given(sessions(), st.integers(0, 31))
def test_splitting_by_patient_and_adding_gives_the_whole(frame, mask):
    first = frame["patient_id"].map({name: bool(mask >> i & 1) for i, name in enumerate("pqrst")})
    parts = [reduce_events(part, "condition") for part in (frame[first], frame[~first])]
    whole = reduce_events(frame, "condition")
    assert_same(parts[0] + parts[1], whole)
    assert_same(parts[1] + parts[0], whole)
    pd.testing.assert_frame_equal(soreness_curve(parts[0] + parts[1]), soreness_curve(frame))


@settings(max_examples=20, deadline=None)
@given(sessions(), st.randoms(use_true_random=False))
def test_row_order_names_and_unit_do_not_matter(frame, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    renamed = frame.iloc[order].assign(patient_id=lambda d: "z" + d["patient_id"].str.upper())
    assert_same(reduce_events(renamed), reduce_events(frame))
    days = frame.assign(soreness_h=frame["soreness_h"] / 24, soreness_free_h=frame["soreness_free_h"] / 24)
    a, b = soreness_curve(frame), soreness_curve(days)
    np.testing.assert_allclose(b["time_h"] * 24, a["time_h"], rtol=1e-12)
    np.testing.assert_allclose(b["still_sore"], a["still_sore"], atol=1e-9)
    np.testing.assert_allclose(b["std_error"], a["std_error"], atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(sessions())
def test_json_brings_the_same_table_back(frame):
    table = reduce_events(frame, ["condition"])
    again = EventTable.from_json(table.to_json())
    assert_same(again, table)
    if len(table.groups):
        pd.testing.assert_frame_equal(soreness_summary(again), soreness_summary(table))


def test_json_holds_no_patient_and_goes_through_a_file(tmp_path):
    frame = pd.DataFrame(
        {"patient_id": ["ann-k", "bob"], "soreness_h": [6.0, 12.0], "soreness_ongoing": [True, False]}
    )
    table = reduce_events(frame, None)
    text = table.to_json(tmp_path / "events.json")
    assert "ann-k" not in text
    assert_same(EventTable.from_json(tmp_path / "events.json"), table)


@pytest.mark.parametrize("source", ["{}", '{"format": "outcomes/moments/1"}', "no-such-file.json", "{broken"])
def test_other_files_are_refused(source):
    with pytest.raises(ReductionError, match="event table"):
        EventTable.from_json(source)


def test_damaged_tables_and_unlike_tables_are_refused():
    frame = pd.DataFrame({"patient_id": ["a"], "condition": ["x"], "soreness_h": [6.0]})
    with pytest.raises(ReductionError, match="damaged"):
        EventTable.from_json('{"format": "outcomes/event-table/1", "by": []}')
    with pytest.raises(ReductionError, match="do not add"):
        reduce_events(frame, None) + reduce_events(frame, "condition")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"soreness_h": -1.0}, "below 0"),
        ({"soreness_h": np.inf}, "infinite"),
        ({"soreness_free_h": 3.0}, "before"),
    ],
)
@pytest.mark.parametrize("make", [lambda frame: frame, lazy])
def test_impossible_hours_are_refused(change, word, make):
    frame = pd.DataFrame({"patient_id": ["a", "b"], "soreness_h": [6.0, 6.0]}).assign(**change)
    with pytest.raises(EstimationError, match=word):
        reduce_events(make(frame), None)


@pytest.mark.parametrize("absent", ["patient_id", "soreness_h", "condition"])
def test_an_absent_column_is_named(absent):
    frame = pd.DataFrame({"patient_id": ["a"], "soreness_h": [6.0], "condition": ["x"]}).drop(columns=absent)
    for table in (frame, lazy(frame)):
        with pytest.raises(EstimationError, match=absent):
            reduce_events(table)


def test_other_tables_are_refused():
    with pytest.raises(EstimationError, match="list"):
        reduce_events([1, 2])


def test_a_million_distinct_hours_stay_sparse():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"patient_id": np.arange(200_000) // 4, "soreness_h": rng.exponential(20, 200_000)})
    table = reduce_events(frame, None)
    assert len(table.pairs) == 50_000 * 10
    assert table.pairs["product"].sum() == 50_000 * 10


def test_the_input_is_left_as_it_was():
    frame = pd.DataFrame(
        {"patient_id": ["a", "b"], "soreness_h": [6.0, np.nan], "soreness_free_h": [np.nan, 5.0]}
    )
    before = frame.copy()
    soreness_summary(frame, None)
    pd.testing.assert_frame_equal(frame, before)
