"""What a formula may compute, against Python's own evaluation; what it may not, refused."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

from outcomes.errors import FormulaError
from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS, check_tree, computed, names_in

PYTHON = {name: getattr(math, name) for name in ("exp", "log", "sqrt")} | {"abs": abs, "I": lambda x: x}


def tree_of(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text",
    [
        "a + b * 2",
        "-(a / b) ** 3",
        "log(a) - sqrt(b)",
        "I(a - 1.5)",
        "abs(-a) ** b",
        "exp(+a / 10)",
        "a ** 0.5",
    ],
)
def test_expressions_are_what_python_makes_of_them(text):
    values = {"a": 2.75, "b": 4.0}
    check_tree(tree_of(text), text)
    by_python = eval(text, dict(PYTHON), values)
    assert computed(tree_of(text), values, NUMPY_FUNCTIONS) == pytest.approx(by_python, rel=1e-14)


def test_small_whole_powers_are_products():
    """So that every engine rounds alike: 0.1 * 0.1 * 0.1 is not pow(0.1, 3) everywhere."""
    assert computed(tree_of("x ** 3"), {"x": np.float64(0.1)}, NUMPY_FUNCTIONS) == 0.1 * 0.1 * 0.1


@pytest.mark.parametrize(
    "text",
    ["a.b", "f(a)", "a[0]", "'x'", "lambda: a", "a if b else c", "log(a, b)", "a @ b", "not a", "np.sin(a)"],
)
def test_any_other_python_is_refused_with_what_can_be_written(text):
    with pytest.raises(FormulaError, match="A formula can hold"):
        check_tree(tree_of(text), text)


def test_names_are_those_of_columns_not_of_functions():
    assert names_in(tree_of("np.log(a) + sqrt(b / a)")) == ["a", "b", "a"]
