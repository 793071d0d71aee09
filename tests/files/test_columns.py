"""Columns held by their distinct values come back as they were, and take a tenth of the room."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from outcomes.files.columns import (
    Columns,
    as_text,
    by_distinct,
    from_arrow,
    numbers,
    packed,
    unpacked,
    unpacked_table,
    without_unused,
)
from outcomes.files.text_table import text_table

WORDS = pd.Series(["left", " left", None, "", "right", "left"] * 40, dtype="str", name="side")
READINGS = pd.Series([1.5, np.nan, 1.5, 7.0] * 60, name="pain_pre")


@pytest.mark.parametrize("cells", [WORDS, READINGS, WORDS[::3], WORDS.iloc[:0], pd.Series([1, 2] * 120)])
def test_what_is_packed_comes_back_as_it_was(cells: pd.Series) -> None:
    pd.testing.assert_series_equal(unpacked(packed(cells)), cells)


def test_few_values_are_held_once_and_many_as_they_are() -> None:
    words = pd.Series([f"a longer word {i % 7}" for i in range(10_000)], dtype="str")
    assert (
        packed(words).memory_usage(index=False, deep=True) < words.memory_usage(index=False, deep=True) / 10
    )
    ids = pd.Series([f"s{i}" for i in range(1_000)], dtype="str")
    assert packed(ids).dtype == "str"


def test_minus_nothing_stays_minus_nothing() -> None:
    cells = pd.Series([0.0, -0.0] * 20)
    assert np.signbit(unpacked(packed(cells))).tolist() == [False, True] * 20


def test_columns_are_put_in_and_taken_out_as_they_are() -> None:
    columns = Columns({"side": WORDS})
    columns["pain_pre"] = READINGS
    assert [str(columns.held[name].dtype) for name in columns] == ["category", "category"]
    pd.testing.assert_frame_equal(
        unpacked_table(columns.frame()), pd.DataFrame({"side": WORDS, "pain_pre": READINGS})
    )
    assert (columns.rows, len(columns)) == (240, 2)
    del columns["side"]
    assert list(Columns(columns)) == ["pain_pre"]


def test_each_distinct_value_is_changed_once() -> None:
    asked: list[str] = []

    def changed(texts: pd.Series) -> pd.Series:
        asked.extend(texts)
        return texts.str.upper()

    assert by_distinct(WORDS, changed).tolist()[:2] == ["LEFT", " LEFT"]
    assert asked == ["left", " left", "", "right"]
    texts = pd.Series(["7", "1e3", "x", None, "-0.5"], dtype="str")
    pd.testing.assert_series_equal(numbers(texts), pd.to_numeric(texts, errors="coerce"))


def test_an_arrow_table_in_pieces_becomes_what_pandas_makes_of_it() -> None:
    pieces = [pa.table({"side": WORDS[:100], "id": [f"s{i}" for i in range(100)]})] * 3
    table = pa.concat_tables(pieces)
    coded = pa.table(
        {
            name: pa.chunked_array([chunk.dictionary_encode() for chunk in table[name].chunks])
            for name in ("side",)
        }
    ).append_column("id", table["id"])
    found = from_arrow(coded)
    assert found["side"].dtype == "category"
    pd.testing.assert_frame_equal(unpacked_table(found), table.to_pandas())


def test_text_is_the_same_text_packed_or_not() -> None:
    raw = pd.DataFrame(
        {
            "side": WORDS.astype("category"),
            "pain_pre": READINGS.astype("category"),
            "twitch_count": np.arange(240) % 5,
            "same_rater": [True, False] * 120,
        }
    )
    plain = raw.assign(side=WORDS, pain_pre=READINGS)
    assert text_table(raw, coded=True)["side"].cat.categories.tolist() == ["left", "right"]
    pd.testing.assert_frame_equal(unpacked_table(text_table(raw, coded=True)), text_table(plain))
    assert as_text(READINGS).cat.categories.tolist() == ["1.5", "7.0"]


def test_values_of_rows_left_out_are_forgotten() -> None:
    frame = pd.DataFrame({"side": packed(WORDS)})
    kept = without_unused(frame[WORDS == "right"])
    assert kept["side"].cat.categories.tolist() == ["right"]
