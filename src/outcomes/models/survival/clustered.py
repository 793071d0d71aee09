"""Designs and concave log-likelihoods in, estimates with patient-clustered errors out.

Sessions share few distinct rows of covariates, so the design is held once per distinct row (a *pattern*) and
every cross-product is a small matrix over patterns. The columns are made orthonormal before fitting, so a covariate
of a million give or take one loses no digits; a column the earlier ones already explain is dropped, as R does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.special import ndtr, ndtri

from outcomes.models.groups import Ints

__all__ = ["Design", "Estimate", "Terms", "ascend", "coefficient_frame", "design_of"]

Floats = npt.NDArray[np.float64]
LEAST_INFORMATION = 1e-6
ALIASED = "aliased: earlier terms already say this"
NOT_BOUNDED = "not estimable: the records do not bound it (a level with all or none, or all censored)"
ONE_PATIENT = "one patient: no error"


@dataclass(frozen=True)
class Design:
    """Distinct covariate rows, made orthonormal.

    Attributes
    ----------
    names : tuple of str
        All terms of the formula, ``p`` of them.
    kept : numpy.ndarray of bool, shape (p,)
        Terms that are not aliased.
    columns : numpy.ndarray, shape (k, q)
        Orthonormal columns (with respect to the sessions), times the root of their number.
    back : numpy.ndarray, shape (q, q)
        Takes coefficients of ``columns`` to those of the kept terms.
    """

    names: tuple[str, ...]
    kept: npt.NDArray[np.bool_]
    columns: Floats
    back: Floats

    def unbounded(self, flat: Floats) -> npt.NDArray[np.bool_]:
        """Mark the kept terms that move along directions (columns of ``flat``) the records say nothing about."""
        size = np.linalg.norm(self.back, axis=1)
        moved = np.abs(self.back @ flat[: len(size)]).max(axis=1, initial=0.0)
        return np.asarray(moved > 1e-6 * size)


@dataclass(frozen=True)
class Terms:
    """Log-likelihood of each session with its derivatives in the linear predictor and one further parameter.

    ``slope`` and ``curve`` are in the predictor, ``slope_b``, ``curve_b`` in the further parameter, ``cross`` mixed.
    """

    value: Floats
    slope: Floats
    curve: Floats
    slope_b: Floats
    curve_b: Floats
    cross: Floats


@dataclass(frozen=True)
class Estimate:
    """Coefficients of the design's columns (and the further parameter last).

    ``covariance`` is clustered on patients; the columns of ``flat`` are directions in which the likelihood has no
    maximum, left out of it.
    """

    values: Floats
    covariance: Floats
    flat: Floats
    log_likelihood: float
    converged: bool


def design_of(matrix: Floats, names: tuple[str, ...], weight: Floats) -> Design:
    """Make a design orthonormal over sessions; ``weight`` is the number of sessions of each distinct row."""
    root = np.sqrt(weight / weight.sum())[:, None]
    q, r = _orthonormal(matrix * root)
    kept = _independent(r)  # as of the columns themselves: the same lengths and angles, in a small matrix
    if not kept.all():
        q, r = _orthonormal(matrix[:, kept] * root)
    scale = np.where(root > 0, root, 1.0)
    return Design(names, kept, q / scale, np.asarray(np.linalg.inv(r), dtype=np.float64))


BLOCK = 2048
"""Rows of a tall matrix made orthonormal at a time: few enough to stay in a processor's cache."""


def _orthonormal(matrix: Floats) -> tuple[Floats, Floats]:
    """QR decomposition; a tall matrix by blocks of rows, and then of their triangles."""
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


def _independent(matrix: Floats, tolerance: float = 1e-9) -> npt.NDArray[np.bool_]:
    """Mark the columns that are not combinations of earlier ones."""
    basis: list[Floats] = []
    kept = np.zeros(matrix.shape[1], dtype=bool)
    for j, column in enumerate(matrix.T):
        rest = column.copy()
        for _ in range(2):
            for direction in basis:
                rest = rest - (direction @ rest) * direction
        size = np.linalg.norm(rest)
        if size > tolerance * np.linalg.norm(column):
            kept[j] = True
            basis.append(rest / size)
    return kept


def ascend(
    design: Design,
    pattern: Ints,
    patient: Ints,
    terms: Callable[[Floats, float], Terms],
    start: tuple[Floats, float | None],
) -> Estimate:
    """Climb a concave log-likelihood by Newton's method and cluster its errors on patients.

    Parameters
    ----------
    design : Design
    pattern, patient : numpy.ndarray of int, shape (n,)
        Distinct covariate row, and patient, of each session.
    terms : callable
        ``terms(predictor, further)`` gives the sessions' :class:`Terms`.
    start : tuple
        First coefficients of the orthonormal columns, and the further parameter (positive) or None.

    Returns
    -------
    Estimate
        In the units of ``design.columns`` (and the further parameter as it is).
    """
    has_further = start[1] is not None
    q = design.columns.shape[1]
    point: Floats = np.concatenate([start[0], [start[1]] if has_further else []]).astype(np.float64)
    now = _evaluate(design, pattern, terms, point, q)
    converged = False
    for _ in range(200):
        score, information = _derivatives(design, pattern, now, has_further)
        step = np.asarray(np.linalg.lstsq(information, score, rcond=1e-15)[0], dtype=np.float64)
        gain = float(score @ step)
        if gain < 1e-13:
            converged = True
            break
        moved = _climb(design, pattern, terms, (point, step, now), q)
        if moved is None:
            converged = gain < 1e-6
            break
        point, now = moved
    _, information = _derivatives(design, pattern, now, has_further)
    inverse, flat = _inverse(information)
    scores = _patient_scores(design, pattern, patient, now, has_further)
    return Estimate(point, inverse @ (scores.T @ scores) @ inverse, flat, float(now.value.sum()), converged)


def _inverse(information: Floats) -> tuple[Floats, Floats]:
    """Invert the information where there is any; return the directions without it too."""
    value, vector = np.linalg.eigh(information)
    known = value > LEAST_INFORMATION
    inverse = (vector[:, known] / value[known]) @ vector[:, known].T
    return np.asarray(inverse, dtype=np.float64), np.asarray(vector[:, ~known], dtype=np.float64)


def _evaluate(
    design: Design, pattern: Ints, terms: Callable[[Floats, float], Terms], point: Floats, q: int
) -> Terms:
    return terms((design.columns @ point[:q])[pattern], float(point[q]) if len(point) > q else 1.0)


def _climb(
    design: Design,
    pattern: Ints,
    terms: Callable[[Floats, float], Terms],
    at: tuple[Floats, Floats, Terms],
    q: int,
) -> tuple[Floats, Terms] | None:
    """Take the step, halved until it climbs; None where no part of it does."""
    point, step, now = at
    height = now.value.sum()
    for _ in range(40):
        moved = point + step
        if len(moved) == q or moved[q] > 0:
            there = _evaluate(design, pattern, terms, moved, q)
            rise = there.value.sum() - height
            if np.isfinite(rise) and rise >= -1e-12 * abs(height):
                return moved, there
        step = step / 2.0
    return None


def _derivatives(design: Design, pattern: Ints, now: Terms, has_further: bool) -> tuple[Floats, Floats]:
    """Score and observed information over patterns."""
    x, k = design.columns, len(design.columns)

    def summed(value: Floats) -> Floats:
        return np.bincount(pattern, weights=value, minlength=k).astype(float)

    score = x.T @ summed(now.slope)
    information = _information(x, -summed(now.curve))
    if has_further:
        edge = -(x.T @ summed(now.cross))
        corner = -now.curve_b.sum()
        score = np.append(score, now.slope_b.sum())
        information = np.block([[information, edge[:, None]], [edge[None, :], np.array([[corner]])]])
    return score, information


def _information(x: Floats, weight: Floats) -> Floats:
    """Weighted cross-product of the columns, by blocks of rows."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for first in range(0, len(x), BLOCK):
        rows = slice(first, first + BLOCK)
        total += x[rows].T @ (weight[rows, None] * x[rows])
    return total


def _patient_scores(design: Design, pattern: Ints, patient: Ints, now: Terms, has_further: bool) -> Floats:
    size = int(patient.max(initial=-1)) + 1
    of_patient = coo_array((now.slope, (patient, pattern)), shape=(size, len(design.columns))).tocsr()
    scores = np.asarray(of_patient @ design.columns, dtype=np.float64)
    if not has_further:
        return scores
    further = np.bincount(patient, weights=now.slope_b, minlength=size).astype(float)
    return np.column_stack([scores, further])


def coefficient_frame(
    design: Design,
    fit: tuple[Floats, Floats, npt.NDArray[np.bool_]],
    patients: int,
    conf_level: float,
) -> pd.DataFrame:
    """Tidy the coefficients: a row per term, aliased and unbounded ones missing with the reason in ``note``.

    ``fit`` holds the values of the kept terms, their clustered covariance, and which are unbounded.
    """
    values, covariance, unbounded = fit
    clustered = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    estimate, std_error = np.full((2, len(design.names)), np.nan)
    estimate[design.kept] = np.where(unbounded, np.nan, values)
    std_error[design.kept] = np.where(unbounded | (patients < 2), np.nan, clustered)
    note = np.full(len(design.names), ALIASED, dtype=object)
    note[design.kept] = np.where(unbounded, NOT_BOUNDED, ONE_PATIENT if patients < 2 else "")
    z = float(ndtri(0.5 + conf_level / 2.0))
    statistic = estimate / np.where(std_error > 0, std_error, np.nan)
    return pd.DataFrame(
        {
            "term": list(design.names),
            "estimate": estimate,
            "std_error": std_error,
            "df": np.where(np.isnan(std_error), np.nan, np.inf),
            "statistic": statistic,
            "p_value": 2.0 * ndtr(-np.abs(statistic)),
            "conf_low": estimate - z * std_error,
            "conf_high": estimate + z * std_error,
            "note": note.tolist(),
        }
    )
