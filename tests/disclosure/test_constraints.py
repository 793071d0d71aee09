"""What ties the counts of an export: every sum holds, and what only follows from counts is a cell as well."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.disclosure.constraints import System, relate
from outcomes.disclosure.counts import Cell, read_sheet
from outcomes.disclosure.limits import limits_for

OWNER = limits_for("owner")
NAMES = ["headache", "neck_pain", "jaw_pain", "other"]


def related(*frames, wholes=None) -> System:
    sheets = [read_sheet(f"t{i}", frame, OWNER) for i, frame in enumerate(frames)]
    return relate(sheets, OWNER, wholes or {})


def by_condition(counts, total=None, **columns) -> pd.DataFrame:
    names = NAMES[: len(counts)] + ([] if total is None else ["all"])
    values = [*counts, *([] if total is None else [total])]
    return pd.DataFrame({"condition": names, "patients": 400, "sessions": values}).assign(**columns)


def sums(system: System) -> set[tuple[tuple[float, ...], float]]:
    return {
        (tuple(sorted(cell.value for cell in found.children)), found.parent.value)
        for found in system.relations
    }


def test_groups_add_up_to_everybody_in_the_same_table_or_another():
    one = related(by_condition([400, 500, 600], total=1500))
    assert ((400, 500, 600), 1500) in sums(one)
    apart = related(by_condition([400, 500, 600]), by_condition([], total=1500))
    parent = next(found.parent for found in apart.relations if found.parent.unit == "sessions")
    assert parent.value == 1500
    assert parent in apart.shown


def test_what_groups_lack_of_everybody_is_a_count_that_nobody_shows():
    """Seven sessions have no condition."""
    system = related(by_condition([400, 500, 600], total=1507))
    (found,) = [found for found in system.relations if found.parent.value == 1507]
    rest = [cell for cell in found.children if cell not in system.shown]
    assert [cell.value for cell in rest] == [7]


def test_patients_who_are_in_two_groups_are_a_count_that_nobody_shows():
    """Of 40, 30 and 21 patients, 88 in all: three are in two groups."""
    frame = pd.DataFrame({"condition": [*NAMES[:3], "all"], "patients": [40, 30, 21, 88]})
    wholes = {
        frozenset({("condition", name)}): {"patients": n}
        for name, n in zip(NAMES, (40, 30, 21), strict=False)
    }
    system = related(frame, wholes={**wholes, frozenset(): {"patients": 88}})
    assert {((3, 88), 91), ((21, 30, 40), 91)} <= sums(system)
    unseen = {cell.value for found in system.relations for cell in found.cells()} - {40, 30, 21, 88}
    assert unseen == {3, 91}


def test_patients_with_a_reading_may_be_in_any_number_of_groups():
    """Nobody can add up patients where not all of a group have the reading."""
    frame = pd.DataFrame({"condition": [*NAMES[:3], "all"], "patients": [40, 30, 21, 88]})
    assert related(frame).relations == {}


def test_sessions_beyond_one_a_patient_are_a_count_where_all_of_a_group_are_told():
    frame = pd.DataFrame({"patients": [60], "sessions": [63]})
    whole = related(frame, wholes={frozenset(): {"patients": 60, "sessions": 63}})
    assert sums(whole) == {((3, 60), 63)}
    assert related(frame, wholes={frozenset(): {"patients": 60, "sessions": 90}}).relations == {}


@pytest.mark.parametrize(("sessions", "tied"), [(1489, False), (1490, True), (1499, True), (1500, False)])
def test_few_without_a_reading_are_a_count(sessions, tied):
    """Ten or fewer lack it; of eleven, and of none, there is nothing to hide."""
    system = related(by_condition([], total=sessions), wholes={frozenset(): {"sessions": 1500}})
    assert (((1500 - sessions, sessions), 1500) in sums(system)) is tied


def test_better_same_and_worse_add_up_to_the_sessions_asked():
    frame = by_condition([], total=200).assign(better=0.4, same=0.45, worse=0.15)
    assert ((30, 80, 90), 200) in sums(related(frame))


def test_a_count_is_that_of_all_only_in_its_own_group_and_unit():
    group = frozenset({("condition", "headache")})
    system = System(OWNER, wholes={group: {"patients": 40.0}})
    assert system.is_whole(Cell("patients", group, 40.0))
    assert not system.is_whole(Cell("patients", group, 39.0))
    assert not system.is_whole(Cell("sessions", group, 40.0))
    assert not system.is_whole(Cell("patients", frozenset(), 40.0))


COUNTS = st.lists(st.integers(0, 60), min_size=8, max_size=8)


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_every_sum_holds_whatever_the_order_of_rows(counts, random):
    keys = pd.MultiIndex.from_product([NAMES, ["female", "male"]], names=["condition", "sex"])
    inner = pd.DataFrame({"patients": 400, "sessions": counts}, index=keys).reset_index()
    outer = inner.groupby("condition", as_index=False)[["sessions"]].sum().assign(patients=400, sex="all")
    frame = pd.concat([inner, outer], ignore_index=True)
    system = related(frame)
    assert all(
        sum(cell.value for cell in found.children) == pytest.approx(found.parent.value)
        for found in system.relations
    )
    order = list(frame.index)
    random.shuffle(order)
    assert set(related(frame.iloc[order].reset_index(drop=True)).relations) == set(system.relations)
