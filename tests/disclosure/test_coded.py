"""Columns held by their distinct texts: who has which, by pandas, for every kind of column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.coded import Coded, how_many, numbered

COLUMNS = {
    "text": pd.Series(["b", "a", None, "b"], dtype="str"),
    "category": pd.Series(pd.Categorical(["b", "a", None, "b"], categories=["z", "a", "b"])),
    "flag": pd.Series([True, False, None, True], dtype="boolean"),
    "object": pd.Series(["b", "a", np.nan, "b"], dtype="object"),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_column_comes_again_as_text(kind):
    column = COLUMNS[kind].set_axis([7, 8, 9, 10])
    coded = Coded.of(column)
    expected = column.astype("object").map(str, na_action="ignore").astype("str")
    pd.testing.assert_series_equal(coded.column(column.index), expected)
    assert set(coded.texts) == set(expected.dropna()), "a category nobody has is no text"
    assert coded.blank.tolist() == column.isna().tolist()


def test_new_names_join_and_none_leaves_blank():
    coded = Coded.of(pd.Series(["a", "b", "c", "d", None])).renamed({"a": "x", "b": "d", "c": None})
    assert coded.column(pd.RangeIndex(5)).astype("object").where(~coded.blank, None).tolist() == [
        *("x", "d", None, "d", None)
    ]
    assert coded.texts == ("x", "d")


def test_people_are_those_that_pandas_finds(rng):
    frame = pd.DataFrame({"value": rng.choice(["a", "b", "c"], 300), "patient": rng.integers(0, 40, 300)})
    frame["value"] = frame["value"].mask(rng.random(300) < 0.2)
    who = numbered(frame["patient"])
    found = Coded.of(frame["value"]).people(who)
    expected = frame.groupby("value")["patient"].nunique()
    assert {value: len(people) for value, people in found.items()} == expected.to_dict()
    assert how_many(who) == frame["patient"].nunique()
    both = np.concatenate([found["a"], found["b"]])
    assert how_many(both) == frame.loc[frame["value"].isin(["a", "b"]), "patient"].nunique()


def test_parts_of_lists_know_their_row():
    lists = pd.Series(["x; y", None, "y", "x;y;z;x"])
    parts, row = Coded.of(lists).split()
    expected = lists.str.split(";").explode().str.strip().dropna()
    assert [parts.texts[code] for code in parts.codes] == expected.tolist()
    assert row.tolist() == expected.index.tolist()


def test_nobody_is_nobody():
    empty = Coded.of(pd.Series([None, None], dtype="str"))
    assert empty.people(numbered(pd.Series(["a", "b"]))) == {}
    assert empty.split()[0].texts == ()
    assert empty.column(pd.RangeIndex(2)).isna().all()
