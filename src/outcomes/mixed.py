"""Random-intercept models from moments: REML and ML, as lme4, lmerTest and emmeans compute them.

:func:`fit_mixed` takes a formula and a table, reduces the table and fits; :class:`MixedFit` holds the results as tidy
frames. Refused with an `OutcomesError`: formulas that cannot be computed from a reduction, unknown methods, factors
and levels. What cannot be estimated is a row of missing values with a note, never an exception.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outcomes.basis import Basis, choose_basis
from outcomes.errors import EstimationError
from outcomes.fixed_effects import FixedEffects, fixed_effects, tidy
from outcomes.likelihood import Likelihood
from outcomes.moment_sums import Floats, Moments
from outcomes.moments import reduce_moments

__all__ = ["MixedFit", "fit_mixed", "fit_moments"]


def fit_mixed(formula: str, table: Any, *, method: str = "REML", conf_level: float = 0.95) -> MixedFit:
    """Fit a linear mixed model with random intercepts.

    Parameters
    ----------
    formula : str
        ``"pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"``; nested groupings are
        ``(1 | clinic_id/patient_id)``.
    table : pandas.DataFrame or ibis Table
        One row per session. Rows with a missing value in the formula are left out and counted.
    method : {"REML", "ML"}
        Restricted or full maximum likelihood.
    conf_level : float
        Level of every interval.

    Returns
    -------
    MixedFit

    Raises
    ------
    FormulaError
        If the formula cannot be read, or not computed from a reduction.
    EstimationError
        If the method or level is unknown, no row is complete, or a value is infinite.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0, 6.0, 8.0], "g": list("aabbcc")})
    >>> fit = fit_mixed("y ~ 1 + (1 | g)", frame)
    >>> fit.coefficients[["term", "estimate", "df"]].round(3).values.tolist()
    [['Intercept', 4.0, 2.0]]
    """
    _check_settings(method, conf_level)
    return fit_moments(reduce_moments(formula, table), method=method, conf_level=conf_level)


def _check_settings(method: str, conf_level: float) -> None:
    if method not in {"REML", "ML"}:
        raise EstimationError(f"The method has to be 'REML' or 'ML', found {method!r}.")
    if not 0.0 < conf_level < 1.0:
        raise EstimationError(f"The confidence level has to be between 0 and 1, such as 0.95; found {conf_level!r}.")


def fit_moments(moments: Moments, *, method: str = "REML", conf_level: float = 0.95) -> MixedFit:
    """Fit a mixed model to moments; :func:`fit_mixed` reduces a table and calls this.

    Parameters
    ----------
    moments : Moments
    method : {"REML", "ML"}
    conf_level : float

    Returns
    -------
    MixedFit
    """
    _check_settings(method, conf_level)
    basis = choose_basis(moments)
    likelihood = likelihood_of(moments, basis, reml=method == "REML")
    return MixedFit(moments=moments, method=method, conf_level=conf_level, basis=basis, likelihood=likelihood)


def likelihood_of(moments: Moments, basis: Basis, *, reml: bool) -> Likelihood:
    """The likelihood of a model, in its basis' stand-in columns."""
    turn = basis.map
    classes = turn.T @ moments.classes @ turn
    total = turn.T @ moments.total @ turn
    within = total - np.tensordot(1.0 / moments.sizes, classes, axes=1)
    constant = np.abs(np.diag(within)) <= 1e-13 * np.abs(np.diag(total))
    within[constant, :] = 0.0
    within[:, constant] = 0.0
    outer = moments.outer
    outer = None if outer is None else dataclasses.replace(outer, sums=outer.sums @ turn)
    return Likelihood(within, moments.sizes, moments.patients, classes, moments.n_sessions, reml, outer)


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted mixed model.

    Attributes
    ----------
    moments : Moments
        What it was fitted from.
    method : str
        ``"REML"`` or ``"ML"``.
    conf_level : float
    basis : Basis
        Which columns were estimated.
    likelihood : Likelihood
    """

    moments: Moments
    method: str
    conf_level: float
    basis: Basis
    likelihood: Likelihood

    @property
    def formula(self) -> str:
        """The formula fitted."""
        return self.moments.formula.text

    @property
    def n_sessions(self) -> int:
        """Sessions used."""
        return self.moments.n_sessions

    @property
    def n_patients(self) -> int:
        """Patients used."""
        return self.moments.n_patients

    @property
    def n_missing(self) -> int:
        """Rows left out because a value was missing."""
        return self.moments.n_missing

    @property
    def aliased(self) -> tuple[str, ...]:
        """Terms dropped because earlier ones span them."""
        return self.basis.aliased

    @cached_property
    def _optimum(self) -> Any:
        return self.likelihood.optimum()

    @cached_property
    def _effects(self) -> FixedEffects:
        return fixed_effects(self.basis, self.likelihood, self._optimum.ratios)

    @property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects."""
        rows = np.zeros((len(self.basis.kept), len(self.basis.columns)))
        rows[np.arange(len(rows)), list(self.basis.kept)] = 1.0
        return tidy({"term": list(self.basis.terms)}, self._effects.combine(rows), self.conf_level, test=True)

    @property
    def sigma(self) -> float:
        f = self.likelihood.profile(self._optimum.ratios)
        return float(np.sqrt(f.rss / self.likelihood.degrees)) / self.basis.response_scale

    @property
    def log_likelihood(self) -> float:
        extra = -self.basis.log_scale if self.method == "REML" else 0.0
        dev = self._optimum.deviance + extra - 2.0 * self.likelihood.degrees * np.log(self.basis.response_scale)
        return -0.5 * dev
