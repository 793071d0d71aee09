"""Designs and concave log-likelihoods in, estimates with patient-clustered errors out.

Sessions share few distinct rows of covariates, so the design is held once per distinct row (a *pattern*) and
every cross-product is a small matrix over patterns. The columns are made orthonormal before fitting, so a covariate
of a million give or take one loses no digits; a column the earlier ones already explain is dropped, as R does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.special import ndtr, ndtri

from outcomes.models import Flags, Floats, Ints
from outcomes.models.newton import minimise
from outcomes.models.tall import crossproduct, orthonormal

__all__ = ["Design", "Estimate", "Terms", "coefficient_frame", "design_of", "fit_logit", "maximise"]

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
    kept: Flags
    columns: Floats
    back: Floats

    def unbounded(self, flat: Floats) -> Flags:
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
    q, r = orthonormal(matrix * root)
    kept = _independent(r)  # as of the columns themselves: the same lengths and angles, in a small matrix
    if not kept.all():
        q, r = orthonormal(matrix[:, kept] * root)
    scale = np.where(root > 0, root, 1.0)
    return Design(names, kept, q / scale, np.asarray(np.linalg.inv(r), dtype=np.float64))


def _independent(matrix: Floats, tolerance: float = 1e-9) -> Flags:
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


def maximise(
    design: Design,
    pattern: Ints,
    patient: Ints,
    terms: Callable[[Floats, float], Terms],
    start: Floats,
) -> Estimate:
    """Climb a concave log-likelihood and cluster its errors on patients.

    Parameters
    ----------
    design : Design
    pattern, patient : numpy.ndarray of int, shape (n,)
        Distinct covariate row, and patient, of each session.
    terms : callable
        ``terms(predictor, further)`` gives the sessions' :class:`Terms`.
    start : numpy.ndarray, shape (q + 1,)
        First coefficients of the orthonormal columns, then the further parameter, which stays positive.

    Returns
    -------
    Estimate
        In the units of ``design.columns`` (and the further parameter as it is).
    """

    def depth(point: Floats) -> tuple[float, Floats, Floats]:
        """Minus the log-likelihood, with derivatives."""
        if point[-1] <= 0:
            return np.inf, np.zeros(len(point)), np.eye(len(point))
        now = _evaluate(design, pattern, terms, point)
        score, information = _derivatives(design, pattern, now)
        return -float(now.value.sum()), -score, information

    found = minimise(depth, start, bounded=False, reach=np.inf)
    point = start if found is None else found
    now = _evaluate(design, pattern, terms, point)
    score, information = _derivatives(design, pattern, now)
    inverse, flat = _inverse(information)
    scores = np.column_stack(
        [
            _patient_sums(design, pattern, patient, now.slope),
            np.bincount(patient, weights=now.slope_b, minlength=int(patient.max(initial=-1)) + 1),
        ]
    )
    converged = found is not None and float(score @ inverse @ score) < 1e-6
    return Estimate(point, inverse @ (scores.T @ scores) @ inverse, flat, float(now.value.sum()), converged)


def fit_logit(design: Design, pattern: Ints, patient: Ints, happened: Flags) -> Estimate:
    """Fit log-odds of ``happened`` on the design; coefficients are of its orthonormal columns.

    A logistic regression of the counts at each distinct row, whose sandwich is summed within patients: the generalised
    estimating equations with an independence working correlation (Liang & Zeger 1986, Biometrika 73:13).
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    x, sessions = design.columns, np.bincount(pattern).astype(np.float64)
    met = np.bincount(pattern, weights=happened, minlength=len(sessions))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a level with all or none is found below, by its flat direction
        fit = GLM(np.column_stack([met, sessions - met]), x, family=Binomial()).fit(atol=0.0, rtol=1e-13)
    share = np.asarray(fit.fittedvalues, dtype=np.float64)
    inverse, flat = _inverse(crossproduct(x, sessions * share * (1.0 - share)))
    scores = _patient_sums(design, pattern, patient, happened - share[pattern])
    values = np.asarray(fit.params, dtype=np.float64)
    return Estimate(
        values, inverse @ (scores.T @ scores) @ inverse, flat, float(fit.llf), bool(fit.converged)
    )


def _inverse(information: Floats) -> tuple[Floats, Floats]:
    """Invert the information where there is any; return the directions without it too."""
    value, vector = np.linalg.eigh(information)
    known = value > LEAST_INFORMATION
    inverse = (vector[:, known] / value[known]) @ vector[:, known].T
    return np.asarray(inverse, dtype=np.float64), np.asarray(vector[:, ~known], dtype=np.float64)


def _evaluate(design: Design, pattern: Ints, terms: Callable[[Floats, float], Terms], point: Floats) -> Terms:
    return terms((design.columns @ point[:-1])[pattern], float(point[-1]))


def _derivatives(design: Design, pattern: Ints, now: Terms) -> tuple[Floats, Floats]:
    """Score and observed information over patterns."""
    x, k = design.columns, len(design.columns)

    def summed(value: Floats) -> Floats:
        return np.bincount(pattern, weights=value, minlength=k).astype(float)

    score = np.append(x.T @ summed(now.slope), now.slope_b.sum())
    edge = -(x.T @ summed(now.cross))[:, None]
    corner = np.array([[-now.curve_b.sum()]])
    return score, np.block([[crossproduct(x, -summed(now.curve)), edge], [edge.T, corner]])


def _patient_sums(design: Design, pattern: Ints, patient: Ints, weight: Floats) -> Floats:
    """Weighted sums of the columns over each patient's sessions."""
    size = int(patient.max(initial=-1)) + 1
    of_patient = coo_array((weight, (patient, pattern)), shape=(size, len(design.columns))).tocsr()
    return np.asarray(of_patient @ design.columns, dtype=np.float64)


def coefficient_frame(
    design: Design,
    fit: tuple[Floats, Floats, Flags],
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
