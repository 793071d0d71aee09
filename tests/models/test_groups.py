"""Groups of a frame: sorted, missing left out, the same whatever the column's type."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.models.groups import (
    by_columns,
    is_lazy,
    narrow_and_code,
    number_groups,
    numbers,
    require_columns,
    truths,
    unordered_codes,
)


def test_groups_are_numbered_in_sorted_order_and_missing_ones_left_out():
    frame = pd.DataFrame({"a": ["y", "x", None, "y"], "b": [2, 1, 1, 1]})
    groups = number_groups(frame, ["a", "b"])
    assert groups.keys.to_numpy().tolist() == [["x", 1], ["y", 1], ["y", 2]]
    assert groups.codes.tolist() == [2, 0, -1, 1]
    assert number_groups(frame, []).codes.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "kind", ["str", "object", "category", pd.CategoricalDtype(["z", "y", "x"], ordered=True)]
)
def test_the_type_of_a_column_does_not_matter(kind):
    groups = number_groups(pd.DataFrame({"a": pd.Series(["y", "x", "y"]).astype(kind)}), ["a"])
    assert groups.keys["a"].tolist() == ["x", "y"]
    assert groups.codes.tolist() == [1, 0, 1]


def test_mixed_values_still_have_an_order():
    frame = pd.DataFrame({"a": pd.Series(["y", 3, "x", 3], dtype=object)})
    assert number_groups(frame, ["a"]).keys["a"].tolist() == [3, "x", "y"]


def test_by_is_read_as_columns():
    assert by_columns(None) == ()
    assert by_columns("a") == ("a",)
    assert by_columns(["a", "b", "a"]) == ("a", "b")


def test_yes_or_no_is_read_from_every_way_of_writing_it():
    wanted = [True, False, False]
    for values in (
        [True, False, None],
        [1, 0, 0],
        [1.0, 0.0, np.nan],
        pd.array([True, False, None], dtype="boolean"),
    ):
        assert truths(pd.Series(values)).tolist() == wanted
    for strange in (["True", "False"], [2, 0]):
        with pytest.raises(EstimationError, match="true or false"):
            truths(pd.Series(strange, name="soreness_ongoing"))


def test_numbers_refuse_text_and_keep_missing():
    np.testing.assert_array_equal(numbers(pd.Series([1, None], dtype="Int64")), [1, np.nan])
    with pytest.raises(EstimationError, match="soreness_h"):
        numbers(pd.Series(["long"], name="soreness_h"))


def test_other_tables_and_absent_columns_are_refused():
    assert not is_lazy(pd.DataFrame())
    with pytest.raises(EstimationError, match="dict"):
        is_lazy({})
    with pytest.raises(EstimationError, match="'b' is not in the table; it has a"):
        require_columns(pd.DataFrame({"a": []}), ["a", "b"])


def test_lean_frames_hold_the_columns_asked_for_as_codes():
    frame = pd.DataFrame(
        {"patient_id": ["b", "a", "b"], "sex": ["m", None, "f"], "day": [1, 2, 3], "note": "x"}
    )
    taken = narrow_and_code(frame, ["patient_id", "sex", "day", "day", "absent"])
    assert list(taken.columns) == ["patient_id", "sex", "day"]
    first, second, third = taken["patient_id"]
    assert (first == third, first == second) == (True, False)
    assert taken["sex"].cat.categories.tolist() == ["f", "m"]
    assert taken["sex"].isna().tolist() == [False, True, False]
    assert frame["patient_id"].tolist() == ["b", "a", "b"]
    unnamed = narrow_and_code(frame.assign(patient_id=["b", None, "b"]), ["patient_id"])["patient_id"]
    assert unnamed.isna().tolist() == [False, True, False]


def test_codes_stay_below_the_number_returned_with_them():
    for column in (["b", None, "a"], [7, 7, 3], [-1, 4, 2], [1_000, 0, 5]):
        codes, size = unordered_codes(pd.Series(column))
        assert codes.max() < size
        assert (codes < 0).tolist() == pd.isna(pd.Series(column)).tolist()


def test_more_combinations_than_whole_numbers_are_still_told_apart() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"x{i}": rng.permutation(5_000).astype(float) for i in range(6)})
    frame.loc[7, "x3"] = np.nan
    twice = pd.concat([frame, frame], ignore_index=True)
    groups = number_groups(twice, list(frame))
    assert groups.codes[7] == -1
    assert len(groups.keys) == 4_999
    assert (groups.codes[:5_000] == groups.codes[5_000:]).all()
    known = groups.codes >= 0
    pd.testing.assert_frame_equal(
        groups.keys.take(groups.codes[known]).reset_index(drop=True), twice[known].reset_index(drop=True)
    )
