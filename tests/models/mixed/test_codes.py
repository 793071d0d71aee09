"""Levels and groupings as codes: order, missing values, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.codes import (
    check_finite,
    check_nested,
    factor_codes,
    group_codes,
    joint_codes,
    numbers_of,
)
from outcomes.models.mixed.formula import Coding, parse_formula


def test_levels_are_sorted_and_missing_is_minus_one():
    codes, levels = factor_codes(pd.Series(["b", None, "a", "b"], name="g"), None)
    assert (codes.tolist(), levels.levels, levels.declared) == ([1, -1, 0, 1], ("a", "b"), False)


def test_declared_categories_keep_their_order_and_the_unused_ones():
    series = pd.Series(pd.Categorical(["low", None, "high"], ["low", "mid", "high"]), name="g")
    codes, levels = factor_codes(series, None)
    assert (codes.tolist(), levels.levels, levels.declared) == ([0, -1, 2], ("low", "mid", "high"), True)


def test_levels_asked_for_rule_and_others_are_missing():
    codes, levels = factor_codes(
        pd.Series(["c", "a"], name="g"), Coding("g", levels=("a", "b"), reference="b")
    )
    assert (codes.tolist(), levels.levels, levels.reference) == ([-1, 0], ("a", "b"), "b")


def test_whole_numbers_stay_numbers():
    _, levels = factor_codes(pd.Series(np.array([10, 9, 10]), name="g"), None)
    assert levels.levels == (9, 10)
    assert all(type(level) is int for level in levels.levels)


def test_missing_numbers_are_nan_whatever_holds_them():
    assert np.isnan(numbers_of(pd.Series([1, None], dtype="Int64"))[1])
    assert numbers_of(pd.Series([True, False])).tolist() == [1.0, 0.0]
    with pytest.raises(FormulaError, match="needs a number"):
        numbers_of(pd.Series(["1"], name="pain"))


def test_groups_are_numbered_as_they_come():
    assert group_codes(pd.Series(["q", "p", None, "q"])).tolist() == [0, 1, -1, 0]


def test_several_groupings_are_numbered_by_their_combinations():
    joint, many = joint_codes({"c": np.array([0, 0, 1]), "p": np.array([0, 1, 0])}, ["c", "p"])
    assert (joint.tolist(), many) == ([0, 1, 2], 3)


def test_the_infinite_and_the_crossed_are_refused():
    with pytest.raises(EstimationError, match="infinite"):
        check_finite("log(x)", finite=False)
    formula = parse_formula("y ~ 1 + (1 | clinic_id) + (1 | clinic_id:patient_id)")
    check_nested(formula, {"clinic_id": 2, "patient_id": 5}, 5)
    with pytest.raises(FormulaError, match="crossed"):
        check_nested(formula, {"clinic_id": 2, "patient_id": 5}, 7)
