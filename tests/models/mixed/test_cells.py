"""Combinations of levels that occur, and sums of products within them, against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.cells import cell_grid, cell_products, compressed, total_product
from outcomes.models.mixed.design import ONE, BaseSet, FactorLevels

LEVELS = {"a": FactorLevels("a", ("u", "v", "w")), "b": FactorLevels("b", ("x", "y"))}


@pytest.fixture
def codes():
    return {"a": np.array([0, 2, 2, 0, 2, 0]), "b": np.array([1, 0, 0, 1, 1, 1])}


def test_only_combinations_with_a_row_are_kept(codes):
    grid = cell_grid(codes, LEVELS)
    assert grid.n_cells == 3
    assert list(zip(grid.codes["a"], grid.codes["b"], strict=True)) == [(0, 1), (2, 0), (2, 1)]
    assert grid.of_row.tolist() == [0, 1, 1, 0, 2, 0]


def test_without_factors_there_is_one_cell():
    grid = cell_grid({}, {})
    assert (grid.n_cells, grid.positions(())[0].tolist()) == (1, [0])


def test_cells_of_fewer_factors_come_from_those_of_all(codes):
    grid = cell_grid(codes, LEVELS)
    position, first = grid.positions(("a",))
    assert (position.tolist(), first.tolist()) == ([0, 1, 1], [0, 1])
    found = grid.cells([BaseSet(ONE, ("a",)), BaseSet("z", ("a", "b"))])
    assert found["a",] == [(("a", "u"),), (("a", "w"),)]
    assert found["a", "b"][1] == (("a", "w"), ("b", "x"))


@pytest.mark.parametrize("width", [None, 9, 2_000_000])
def test_codes_are_renumbered_in_their_order(width):
    fresh, many = compressed(np.array([7, 3, 7, 8]), width)
    assert (fresh.tolist(), many) == ([1, 0, 1, 2], 3)


def test_products_are_those_of_a_group_by(codes, rng):
    z = rng.normal(size=6)
    grid = cell_grid(codes, LEVELS)
    products = cell_products({ONE: None, "z": z}, grid)
    by_cell = pd.DataFrame({"cell": grid.of_row, "z": z, "zz": z**2}).groupby("cell")
    assert products[ONE, ONE] == pytest.approx(by_cell.size().to_numpy())
    assert products["z", ONE] == pytest.approx(by_cell["z"].sum().to_numpy())
    assert products["z", "z"] == pytest.approx(by_cell["zz"].sum().to_numpy())


def test_the_total_is_the_cross_product_of_the_columns_written_out(codes, rng):
    z = rng.normal(size=6)
    grid = cell_grid(codes, LEVELS)
    sets = [BaseSet(ONE, ("a", "b")), BaseSet("z", ("a",))]
    total = total_product(sets, grid, cell_products({ONE: None, "z": z}, grid))
    cells = (grid.of_row[:, None] == np.arange(3)).astype(float)
    levels = (codes["a"][:, None] == [0, 2]) * z[:, None]
    columns = np.column_stack([cells, levels])
    assert total == pytest.approx(columns.T @ columns)
