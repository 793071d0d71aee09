"""A fitted mixed model with errors clustered on patients: right where groups vary unequally, or more with the dose.

In come a fit with a random intercept of the patient and the sessions it was fitted to; out comes the same fit with the
same estimates, whose standard errors and degrees of freedom rest on what each patient adds, not on one residual
variance for all sessions. Refused with an `EstimationError`: fits with other groupings, sessions that are not those of
the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats, Whole
from outcomes.models.mixed.arithmetic import NUMPY_FUNCTIONS
from outcomes.models.mixed.codes import group_codes, numbers_of
from outcomes.models.mixed.formula import evaluate, variables_of
from outcomes.models.mixed.predict import design_rows, frame_for
from outcomes.models.mixed.satterthwaite import FixedEffects
from outcomes.models.mixed.sums import Sums
from outcomes.models.tall import group_sums, orthonormal

if TYPE_CHECKING:
    from outcomes.models.mixed.fitted import MixedFit

__all__ = ["clustered"]

FLAT = 1e-10
"""A direction whose adjustment would be of the order of rounding is left out (the symmetric pseudo-inverse)."""


def clustered(fit: MixedFit, sessions: Any) -> MixedFit:
    """The fit with the bias-reduced cluster variance CR2 on patients in the place of its model-based one.

    Parameters
    ----------
    fit : MixedFit
        With one grouping, ``(1 | patient)``.
    sessions : pandas.DataFrame or ibis Table
        The sessions it was fitted to.

    Returns
    -------
    MixedFit
        Estimates and variances as before; errors, degrees of freedom, limits and p-values clustered.

    Raises
    ------
    EstimationError
        Where the fit has other groupings, or the table holds other sessions than it was fitted to.

    Notes
    -----
    Rows are first freed of the intercepts' part in the fit (each less ``1 - 1 / sqrt(1 + n lam)`` of its patient's
    mean), after which the model's own errors are alike and independent. Of these rows CR2 with Bell and McCaffrey's
    Satterthwaite degrees of freedom [1]_ [2]_ is taken, the working model being that of the fit: where the fit's one
    residual variance is true nothing is lost but a few degrees of freedom, where it is not the errors are right
    still. In a model of one constant and no variance between patients it is
    :func:`~outcomes.models.means.clustered_means`.

    References
    ----------
    .. [1] Bell & McCaffrey (2002), Survey Methodology 28:169.
    .. [2] Pustejovsky & Tipton (2018), J Bus Econ Stat 36:672.
    """
    moments = fit.moments
    if moments.outer is not None or len(moments.formula.groups) != 1 or len(moments.formula.groups[0]) != 1:
        raise EstimationError("errors are clustered for models with one grouping, such as (1 | patient_id).")
    rows = _Rows.of(moments, fit.effects, frame_for(moments, sessions))
    if len(rows.response) != fit.n_sessions:
        raise EstimationError(
            f"the table holds {len(rows.response)} complete sessions, the model was fitted to {fit.n_sessions}."
        )
    rows = rows.freed(float(fit.ratios[0]))
    q, r = orthonormal(rows.design)
    residual = rows.response - rows.design @ fit.effects.beta
    e = fit.effects
    return replace(
        fit,
        effects=ClusteredEffects(
            e.basis, e.inner, e.covariance, e.jacobian, e.parameter_inverse, e.reason,
            root=r, turned=q, adjusted=_adjusted(q, rows.patient), residual=residual, patient=rows.patient,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """Complete sessions, patient by patient: the design, the response, and each row's patient by number."""

    design: Floats
    response: Floats
    patient: Whole

    @classmethod
    def of(cls, moments: Sums, effects: FixedEffects, frame: pd.DataFrame) -> _Rows:
        formula = moments.formula
        names = variables_of(formula.response, formula)
        columns = {name: numbers_of(frame[name]) for name in names}
        response = np.asarray(evaluate(formula.response, formula, columns, NUMPY_FUNCTIONS), dtype=np.float64)
        design = design_rows(moments, effects, frame)
        patient = group_codes(frame[formula.groups[0][0]])
        used = ~np.isnan(response) & ~np.isnan(design).any(axis=1) & (patient >= 0)
        _, number = np.unique(patient[used], return_inverse=True)
        order = np.argsort(number, kind="stable")
        return cls(design[used][order], response[used][order], number[order])

    def freed(self, ratio: float) -> _Rows:
        """Rows less their share of the patient's mean, so that the fit's errors are alike and independent."""
        n = np.bincount(self.patient).astype(np.float64)
        share = ((1.0 - 1.0 / np.sqrt(1.0 + n * ratio)) / n)[self.patient]
        design = self.design - share[:, None] * group_sums(self.design, self.patient)[self.patient]
        response = self.response - share * np.bincount(self.patient, self.response)[self.patient]
        return _Rows(design, response, self.patient)


def _adjusted(q: Floats, patient: Whole) -> Floats:
    """Rows of each patient times ``(I - H)^(-1/2)`` of that patient: what makes the variance unbiased."""
    n = np.bincount(patient)
    start = np.concatenate([[0], np.cumsum(n)[:-1]])
    found = np.empty_like(q)
    for size in np.unique(n):
        rows = start[n == size][:, None] + np.arange(size)
        part = q[rows]  # patients of this many sessions: (patients, size, columns)
        left, turn = np.linalg.eigh(np.eye(size) - part @ part.transpose(0, 2, 1))
        with np.errstate(all="ignore"):
            root = np.where(left > FLAT, 1.0 / np.sqrt(left), 0.0)
        found[rows] = (turn * root[:, None, :]) @ (turn.transpose(0, 2, 1) @ part)
    return found


@dataclass(frozen=True, kw_only=True)
class ClusteredEffects(FixedEffects):
    """Coefficients whose errors rest on what each patient adds.

    Attributes
    ----------
    root, turned : ndarray, shape (p, p), (sessions, p)
        Triangular and orthogonal part of the rows of the design.
    adjusted : ndarray, shape (sessions, p)
        The orthogonal part, adjusted patient by patient.
    residual : ndarray, shape (sessions,)
    patient : ndarray of int, shape (sessions,)
        In order.
    """

    root: Floats
    turned: Floats
    adjusted: Floats
    residual: Floats
    patient: Whole

    kind: ClassVar[str] = "clustered"
    title: ClassVar[str] = "Bell–McCaffrey"

    def together(self, rows: Floats) -> tuple[float, int, float, str]:
        """Refused: what each patient adds has no F distribution for several combinations together."""
        raise EstimationError(
            f"{len(rows)} means are not tested together where errors are clustered on patients: "
            "ask the fit before its errors were clustered."
        )

    def _combined(self, kept: Floats) -> tuple[Floats, Floats, Floats, list[str]]:
        estimate = super()._combined(kept)[0]
        spread = np.array([self._spread(w) for w in np.linalg.solve(self.root.T, kept.T).T])
        std_error, df = spread.reshape(-1, 2).T.copy()
        notes = self._notes(std_error, df)
        without = np.array([bool(note) for note in notes], dtype=bool)
        std_error[without], df[without] = np.nan, np.nan
        return estimate, std_error, df, notes

    def _spread(self, weights: Floats) -> tuple[float, float]:
        """Standard error and degrees of freedom of one combination of the orthogonal columns.

        The variance is a sum of squares of the patients' shares; with errors alike these have covariances
        ``d_i [i = j] - b_i b_j``, so the trace of that matrix and of its square come without the matrix.
        """
        a = self.adjusted @ weights
        variance = float(np.sum(np.bincount(self.patient, a * self.residual) ** 2))
        d = np.bincount(self.patient, a * a)
        b = group_sums(self.turned, self.patient, a)
        lengths = np.einsum("ij,ij->i", b, b)
        squares = float(d @ d - 2.0 * d @ lengths + np.sum((b.T @ b) ** 2))
        with np.errstate(all="ignore"):
            return float(np.sqrt(variance)), float(np.divide((d - lengths).sum() ** 2, squares))
