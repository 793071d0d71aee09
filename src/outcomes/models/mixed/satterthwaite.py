"""Fixed effects of a fitted mixed model: estimates of their combinations, with Satterthwaite degrees of freedom.

In come a basis and a likelihood at its optimum, out come estimates, standard errors and degrees of freedom of any
linear combination of the coefficients, and a test of several together. A combination the records do not determine is
a row of missing values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from outcomes.models import Floats
from outcomes.models.mixed.basis import Basis
from outcomes.models.mixed.likelihood import Likelihood

__all__ = ["FixedEffects", "fixed_effects", "tidy"]

TOO_FEW_DEGREES = "less than one degree of freedom stands behind its error: no interval"
NO_ERROR = "no error can be computed: the records hardly bound the variances"
SAME = 1e-8
"""Share of the longest below which a length is rounding; degrees of freedom that differ by less are alike."""
UNDETERMINED = "not determined by these records: the design lacks some of the combinations it averages over"


@dataclass(frozen=True, eq=False)
class FixedEffects:
    """Coefficients of the kept columns and what their errors are made of.

    Attributes
    ----------
    basis : Basis
    inner : ndarray, shape (p,)
        Coefficients of the basis' centred, scaled stand-ins, in which nothing cancels.
    covariance : ndarray, shape (p, p)
        Their variances and covariances.
    jacobian : ndarray, shape (r, p, p)
        Derivatives of `covariance` in the variance parameters.
    parameter_inverse : ndarray, shape (r, r)
        Inverse Hessian of the deviance in these parameters.
    reason : str
        Why there are no standard errors, or empty.
    """

    basis: Basis
    inner: Floats
    covariance: Floats
    jacobian: Floats
    parameter_inverse: Floats
    reason: str = ""
    kind: ClassVar[str] = "satterthwaite"
    title: ClassVar[str] = "Satterthwaite"

    @property
    def errors(self) -> Floats:
        """The covariance that errors are taken from, of the stand-ins' coefficients."""
        return self.covariance

    @property
    def beta(self) -> Floats:
        """Coefficients of the design's kept columns."""
        return np.asarray(self.basis.back @ self.inner + self.basis.response_shift)

    @property
    def vcov(self) -> Floats:
        """Their variances and covariances."""
        return np.asarray(self.basis.back @ self.errors @ self.basis.back.T)

    def each(self, places: Sequence[int]) -> tuple[Floats, Floats, Floats, list[str]]:
        """Estimate some of the kept coefficients, dropped ones being zero; as :meth:`combine`."""
        return self._combined(np.eye(len(self.inner))[list(places)])

    def combine(self, rows: Floats) -> tuple[Floats, Floats, Floats, list[str]]:
        """Estimate linear combinations of all design columns.

        Parameters
        ----------
        rows : ndarray, shape (k, design columns)

        Returns
        -------
        tuple of (estimate, std_error, df, note), each of length k
        """
        determined = self._determined(rows)
        estimate, std_error, df, notes = self._combined(rows[:, list(self.basis.kept)])
        for column in (estimate, std_error, df):
            column[~determined] = np.nan
        for row in np.flatnonzero(~determined):
            notes[row] = UNDETERMINED
        return estimate, std_error, df, notes

    def _determined(self, rows: Floats) -> npt.NDArray[np.bool_]:
        """Which combinations of all design columns the kept ones determine."""
        kept = rows[:, list(self.basis.kept)]
        determined = np.ones(len(rows), dtype=bool)
        for index, alias in self.basis.aliases.items():
            size = 1.0 + np.abs(rows[:, index]) + np.abs(kept) @ np.abs(alias)
            determined &= np.abs(rows[:, index] - kept @ alias) <= 1e-7 * size
        return determined

    def together(self, rows: Floats) -> tuple[float, int, float, str]:
        """Test whether several combinations of all design columns are all zero.

        Parameters
        ----------
        rows : ndarray, shape (k, design columns)
            Some may follow from the others.

        Returns
        -------
        tuple of (F, its numerator degrees of freedom, its denominator's, note)
        """
        kept = rows[:, list(self.basis.kept)]
        turned, shifted = kept @ self.basis.back, kept @ self.basis.response_shift
        left, lengths, _ = np.linalg.svd(turned)
        q = int(np.count_nonzero(lengths > SAME * lengths.max(initial=0.0)))
        if not self._determined(rows).all() or self.reason or q == 0:
            return np.nan, q, np.nan, self.reason or UNDETERMINED
        turned, shifted = left.T[:q] @ turned, left.T[:q] @ shifted
        with np.errstate(all="ignore"):
            statistic, df = self._joint(turned, turned @ self.inner + shifted)
        [note] = self._notes(np.array([statistic]), np.array([df]))
        return (np.nan, q, np.nan, note) if note else (statistic, q, df, "")

    def _joint(self, turned: Floats, difference: Floats) -> tuple[float, float]:
        """F of independent combinations of the stand-ins, and its denominator's degrees of freedom (as lmerTest)."""
        lengths, axes = np.linalg.eigh(turned @ self.covariance @ turned.T)
        statistic = float(np.mean((axes.T @ difference) ** 2 / lengths))
        slopes = np.einsum("ij,rjk,ik->ir", axes.T @ turned, self.jacobian, axes.T @ turned)
        each = lengths**2 / np.einsum("ir,rs,is->i", slopes, self.parameter_inverse, slopes)
        if np.ptp(each) < SAME:
            return statistic, float(each.mean())
        if not (each > 2.0).all():
            return statistic, 2.0
        expected = float(np.sum(each / (each - 2.0)))
        return statistic, 2.0 * expected / (expected - len(each))

    def _combined(self, kept: Floats) -> tuple[Floats, Floats, Floats, list[str]]:
        """Estimates, standard errors, degrees of freedom and notes of combinations of the kept columns."""
        turned = kept @ self.basis.back
        estimate = turned @ self.inner + kept @ self.basis.response_shift
        variance, corrected = (
            np.einsum("ij,jk,ik->i", turned, matrix, turned) for matrix in (self.covariance, self.errors)
        )
        slopes = np.einsum("ij,rjk,ik->ir", turned, self.jacobian, turned)
        with np.errstate(all="ignore"):
            std_error = np.sqrt(corrected)
            df = variance**2 / np.einsum("ir,rs,is->i", slopes, self.parameter_inverse, slopes)
        notes = self._notes(std_error, df)
        without = np.array([bool(note) for note in notes], dtype=bool)
        std_error[without], df[without] = np.nan, np.nan
        return estimate, std_error, df, notes

    def _notes(self, std_error: Floats, df: Floats) -> list[str]:
        """Why each combination has no error, or empty."""
        if self.reason:
            return [self.reason] * len(df)
        known = np.isfinite(std_error) & (std_error > 0) & np.isfinite(df)
        few = df < 1.0 - 1e-6
        return [NO_ERROR if not k else TOO_FEW_DEGREES if f else "" for k, f in zip(known, few, strict=True)]


def fixed_effects(basis: Basis, likelihood: Likelihood, ratios: Floats, reason: str = "") -> FixedEffects:
    """Fixed effects at given variance ratios.

    Parameters
    ----------
    basis : Basis
    likelihood : Likelihood
        In the basis' stand-in columns.
    ratios : ndarray
        Variance ratios at the optimum.
    reason : str
        Why standard errors cannot be given, if so.

    Notes
    -----
    Satterthwaite: with ``v(par)`` the variance of a combination, ``df = 2 v^2 / (g' Var(par) g)``, ``g`` its gradient
    and ``Var(par)`` twice the inverse Hessian of the deviance (Giesbrecht and Burns 1985; as lmerTest does).
    Parameters are the logarithms of the ratios that are not zero and of the residual variance; the result does not
    depend on how they are chosen. A ratio of zero has no gradient, as in lmerTest.
    """
    f = likelihood.profile(ratios)
    nu = likelihood.degrees
    active = np.flatnonzero(ratios > 0)
    variance = f.rss / nu if nu > 0 else np.nan
    scale = ratios[active]
    steps = [-variance * r * f.inverse @ f.dm[k] @ f.inverse for k, r in zip(active, scale, strict=True)]
    jacobian = np.array([*steps, variance * f.inverse])
    hessian = np.empty((len(active) + 1,) * 2)
    if nu > 0 and f.rss > 0:
        _, _, hessian = likelihood.full(active.tolist())(
            np.append(np.log(scale * variance), np.log(variance))
        )
        chain = np.eye(len(hessian))
        chain[:-1, -1] = 1.0  # from log variances to log ratios and the log residual variance
        hessian = chain.T @ hessian @ chain
        inverse = np.asarray(np.linalg.pinv(hessian, hermitian=True), dtype=np.float64)
    else:
        inverse = np.full_like(hessian, np.nan)
        reason = reason or "no residual variation is left"
    jacobian = jacobian / basis.response_scale**2
    return FixedEffects(basis, f.beta / basis.response_scale, jacobian[-1], jacobian, inverse, reason)


def tidy(
    labels: dict[str, Any],
    combined: tuple[Floats, Floats, Floats, list[str]],
    conf_level: float,
    *,
    test: bool,
) -> pd.DataFrame:
    """Tidy frame of estimates with t intervals, and a `note` column where a row cannot be estimated.

    Parameters
    ----------
    labels : dict
        Leading columns.
    combined : tuple
        What :meth:`FixedEffects.combine` returns.
    conf_level : float
        For instance 0.95.
    test : bool
        Add `statistic` and `p_value` (against zero).
    """
    estimate, std_error, df, notes = combined
    half = special.stdtrit(df, 0.5 + conf_level / 2.0) * std_error
    frame: dict[str, Any] = {**labels, "estimate": estimate, "std_error": std_error, "df": df}
    if test:
        with np.errstate(all="ignore"):
            statistic = estimate / std_error
        frame |= {"statistic": statistic, "p_value": 2.0 * special.stdtr(df, -np.abs(statistic))}
    frame |= {"conf_low": estimate - half, "conf_high": estimate + half}
    if any(notes):
        frame["note"] = notes
    return pd.DataFrame(frame)
