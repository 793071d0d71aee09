"""Tables read as counts: whose, of what, and which figures imply one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.columns import kinds_of
from outcomes.disclosure.counts import main_figure, read_sheet
from outcomes.disclosure.limits import limits_for
from outcomes.errors import DisclosureError

OWNER = limits_for("owner")


def rows_of(**columns):
    return read_sheet("t", pd.DataFrame(columns), OWNER).rows


@pytest.mark.parametrize(("share", "count"), [(0.05, 5), (1 / 3, 33.333333), (0.07, 7), (1.0, 100)])
def test_a_share_beside_its_sessions_is_a_count_too(share, count):
    (row,) = rows_of(condition=["headache"], patients=[40], sessions=[100], worse=[share])
    (part,) = row.parts
    assert (part.cell.value, part.of.value, part.columns) == (pytest.approx(count), 100, ("worse",))


def test_a_count_and_its_share_are_one_part():
    (row,) = rows_of(patients=[40], sessions=[100], responders=[30], proportion=[0.3])
    assert [(part.cell.value, part.columns) for part in row.parts] == [(30, ("responders", "proportion"))]


def test_a_share_without_sessions_is_one_of_patients():
    (row,) = rows_of(patients=[40], proportion=[0.5])
    assert (row.parts[0].of.unit, row.parts[0].cell.value) == ("patients", 20)


@pytest.mark.parametrize("name", ["all", "All conditions", "overall", " total ", "all_conditions"])
def test_everybody_is_no_group(name):
    everybody, group = rows_of(condition=[name, "allergy"], patients=[40, 40])
    assert everybody.where == frozenset()
    assert group.where == {("condition", "allergy")}
    assert everybody.main["patients"] != group.main["patients"]


def test_the_same_number_asked_otherwise_is_the_same_count():
    """How many neck patients have a reading is told once, whatever was asked of them."""
    first, second = rows_of(condition=["neck_pain"] * 2, measure=["pain", "function"], patients=[40, 40])
    assert first.main["patients"] == second.main["patients"]
    assert first.context != second.context


def test_few_of_one_whole_are_not_the_few_of_another_and_many_are_many():
    few, other = rows_of(condition=["x", "x"], patients=[40, 40], sessions=[90, 80], responders=[4, 4])
    assert few.parts[0].cell != other.parts[0].cell
    many, same = rows_of(condition=["x", "x"], patients=[40, 40], sessions=[90, 80], responders=[40, 40])
    assert many.parts[0].cell == same.parts[0].cell
    nearly, all_but = rows_of(condition=["x", "x"], patients=[40, 40], sessions=[90, 95], responders=[85, 85])
    assert nearly.parts[0].cell != all_but.parts[0].cell


@pytest.mark.parametrize(
    ("patients", "small"), [(0, False), (1, True), (10, True), (11, False), (np.nan, True)]
)
def test_a_row_is_small_below_the_limit_or_where_nobody_counted(patients, small):
    (row,) = rows_of(patients=[patients], sessions=[60], responders=[20])
    assert row.small is small
    assert (row.parts == []) is small or patients == 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"patients": ["many"]}, "a column of counts holds text"),
        ({"patients": [-1]}, "a number that is no count"),
        ({"patients": [np.inf]}, "a number that is no count"),
        ({"patients": [40], "sessions": [90], "responders": [91]}, "counts more than the sessions"),
    ],
)
def test_what_is_no_count_is_refused(columns, words):
    with pytest.raises(DisclosureError, match=words):
        rows_of(**columns)


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame([[40, 50]], columns=["patients", "patients"])
    with pytest.raises(DisclosureError, match="'patients' twice"):
        read_sheet("t", frame, OWNER)


def test_an_unnamed_interval_belongs_to_the_estimate_then_to_the_share():
    def owner(*names):
        return main_figure(kinds_of(["patients", "conf_low", *names], "t"))

    assert owner("worse", "proportion") == "proportion"
    assert owner("proportion", "estimate") == "estimate"
    assert owner("worse", "better") == "worse"
    assert owner("median") == "median"
    assert owner() == ""
