"""Tall matrices by blocks: orthonormal columns, cross-products and sums by group, each against numpy in one piece."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.tall import BLOCK, crossproduct, group_sums, orthonormal


@pytest.mark.parametrize("rows", [30, 2 * BLOCK, 3 * BLOCK + 1])
def test_columns_are_orthonormal_and_the_triangle_leads_back(rng, rows):
    matrix = rng.normal(size=(rows, 4)) @ np.diag([1.0, 1e3, 1e-3, 1.0])
    q, r = orthonormal(matrix)
    np.testing.assert_allclose(q.T @ q, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(q @ r, matrix, atol=1e-9)
    assert np.array_equal(np.triu(r), r)


@pytest.mark.parametrize("rows", [30, 2 * BLOCK, 3 * BLOCK + 1])
def test_crossproduct_is_that_of_the_whole(rng, rows):
    x, weight = rng.normal(size=(rows, 3)), rng.random(rows)
    np.testing.assert_allclose(crossproduct(x, weight), (x * weight[:, None]).T @ x, rtol=1e-9, atol=1e-9)


def test_sums_of_groups_are_those_row_by_row(rng):
    group = np.sort(np.append(np.arange(5), rng.integers(0, 5, 40)))
    values, weight = rng.normal(size=(45, 3)), rng.normal(size=45)
    expected, weighted = np.zeros((5, 3)), np.zeros((5, 3))
    np.add.at(expected, group, values)
    np.add.at(weighted, group, values * weight[:, None])
    np.testing.assert_allclose(group_sums(values, group), expected, rtol=1e-12)
    np.testing.assert_allclose(group_sums(values, group, weight), weighted, rtol=1e-12)
