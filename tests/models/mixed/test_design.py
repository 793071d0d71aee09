"""Design columns are those of formulaic, name by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS
from outcomes.models.mixed.design import design_columns
from outcomes.models.mixed.formula import evaluate, parse_formula, split_product
from outcomes.models.mixed.reduce_frame import read_columns

formulaic = pytest.importorskip("formulaic")


FIXED_PARTS = [
    "1", "a", "x", "a + x", "a * x", "a * b", "a * b * x", "a:x", "0 + a", "x + a - 1", "0 + a:b", "0 + a:x + b",
    "a * b - b", "a * x - x", "a / b", "a:b + x:z", "(a + b + k) ** 2", "a * b * k - a:b", "I(x ** 2) + x",
    "log(z) + sqrt(z) + exp(x) + abs(x)", "C(n)", "C(n) * a", "C(a, contr.treatment('w'))",
    "C(a, levels=['w', 'u', 'v'])",
    "I((x + 1) / z - 2 * x)", "I(z ** 0.5) + I(-x)", "`odd name` + a", "x:z + x", "a + flag", "flag * x",
]  # fmt: skip


@pytest.fixture
def frame(rng):
    n = 60
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "g": rng.choice(list("pqrst"), n),
            "a": rng.choice(list("uvw"), n),
            "b": rng.choice(["left", "right"], n),
            "k": rng.choice(list("mn"), n),
            "n": rng.integers(1, 4, n),
            "x": rng.normal(size=n),
            "z": rng.uniform(1, 3, n),
            "odd name": rng.normal(size=n),
            "flag": rng.random(n) > 0.4,
        }
    )


def model_matrix(formula, frame):
    """Our columns, computed one by one from the design; the engine itself never builds them."""
    factors, numbers, _ = read_columns(formula, frame)
    seen = {name: list(levels.levels) for name, (_, levels) in factors.items()}
    columns = {}
    for column in design_columns(formula, {name: levels for name, (_, levels) in factors.items()}, seen):
        value = np.ones(len(frame))
        for name, level in column.cell:
            codes, levels = factors[name]
            value = value * (codes == levels.levels.index(level))
        for part in split_product(column.expression, formula) if column.expression else []:
            value = value * evaluate(part, formula, numbers, NUMPY_FUNCTIONS)
        columns[column.name] = value
    return pd.DataFrame(columns)


@pytest.mark.parametrize("fixed", FIXED_PARTS)
def test_columns_equal_formulaics(fixed, frame):
    text = frame.assign(
        flag=pd.Categorical(frame["flag"])
    )  # formulaic takes booleans for numbers; R and we do not
    expected = formulaic.model_matrix(fixed, text, context={"sqrt": np.sqrt})
    found = model_matrix(parse_formula(f"y ~ {fixed} + (1 | g)"), frame)
    assert list(found.columns) == list(expected.columns)
    np.testing.assert_allclose(found.to_numpy(), np.asarray(expected, dtype=float), rtol=1e-14)
