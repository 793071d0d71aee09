"""Matrices of a row per session in: orthonormal columns, weighted cross-products and sums by patient out.

Such a matrix is far longer than a processor's cache: it is gone through by blocks of rows, and once.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from outcomes.models import Floats, Whole

__all__ = ["BLOCK", "crossproduct", "group_sums", "orthonormal"]

BLOCK = 2048
"""Rows of a tall matrix that are worked on at a time: few enough to stay in a processor's cache."""


def orthonormal(matrix: Floats) -> tuple[Floats, Floats]:
    """QR decomposition; a tall matrix by blocks of rows, and then of their triangles.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)

    Returns
    -------
    tuple of ndarray
        Orthonormal columns, shape (n, p), and the triangle, shape (p, p).
    """
    rows, width = matrix.shape
    blocks = rows // BLOCK
    if blocks < 2 or width > BLOCK // 8:
        q, r = np.linalg.qr(matrix)
        return np.asarray(q, dtype=np.float64), np.asarray(r, dtype=np.float64)
    whole = blocks * BLOCK
    parts, triangles = np.linalg.qr(matrix[:whole].reshape(blocks, BLOCK, width))
    last, below = np.linalg.qr(matrix[whole:])
    turn, upper = np.linalg.qr(np.vstack([triangles.reshape(-1, width), below]))
    found = np.empty((rows, width))
    each = turn[: blocks * width].reshape(blocks, width, width)
    np.matmul(parts, each, out=found[:whole].reshape(blocks, BLOCK, width))
    found[whole:] = last @ turn[blocks * width :]
    return found, np.asarray(upper, dtype=np.float64)


def crossproduct(x: Floats, weight: Floats) -> Floats:
    """Weighted cross-product of the columns, by blocks of rows."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for first in range(0, len(x), BLOCK):
        rows = slice(first, first + BLOCK)
        total += x[rows].T @ (weight[rows, None] * x[rows])
    return total


def group_sums(values: Floats, group: Whole, weight: Floats | None = None) -> Floats:
    """Column sums of the rows of each group, each row times its weight.

    Parameters
    ----------
    values : ndarray, shape (n, p)
    group : ndarray of int, shape (n,)
        In order, from 0, none left out.
    weight : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (groups, p)
    """
    places = np.arange(len(group) + 1)
    start = np.append(np.flatnonzero(np.diff(group, prepend=-1)), len(group))
    by_group = csr_array(
        (np.ones(len(group)) if weight is None else weight, places[:-1], places[start]),
        shape=(len(start) - 1, len(group)),
    )
    return np.asarray(by_group @ values, dtype=np.float64)
