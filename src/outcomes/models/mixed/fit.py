"""Random-intercept models from moments: REML and ML, as lme4, lmerTest and emmeans compute them.

:func:`fit_mixed` takes a formula and a table, reduces the table and fits; :class:`MixedFit` holds the results as tidy
frames. Refused with an `OutcomesError`: formulas that cannot be computed from a reduction, unknown methods, factors
and levels. What cannot be estimated is a row of missing values with a note, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from outcomes.errors import EstimationError
from outcomes.models.mixed.basis import Basis, choose_basis
from outcomes.models.mixed.boundary import judged
from outcomes.models.mixed.column_sums import Floats
from outcomes.models.mixed.likelihood import Likelihood
from outcomes.models.mixed.marginal_means import contrasts, marginal_means
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.nested import outer_table
from outcomes.models.mixed.predict import predict_patients, predict_population
from outcomes.models.mixed.profile import variance_intervals
from outcomes.models.mixed.reduce import reduce_moments
from outcomes.models.mixed.satterthwaite import FixedEffects, fixed_effects, tidy
from outcomes.models.mixed.summary import summary_html, summary_text
from outcomes.record.outcomes import with_outcomes

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
        raise EstimationError(
            f"The confidence level has to be between 0 and 1, such as 0.95; found {conf_level!r}."
        )


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
    verdict = judged(moments, basis, likelihood)
    effects = fixed_effects(basis, likelihood, verdict.ratios, verdict.no_errors)
    return MixedFit(
        moments,
        method,
        conf_level,
        basis,
        likelihood,
        verdict.ratios,
        verdict.deviance,
        effects,
        verdict.notes,
        verdict.unknown,
        verdict.no_residual,
    )


def likelihood_of(moments: Moments, basis: Basis, *, reml: bool) -> Likelihood:
    """The likelihood of a model, in its basis' stand-in columns.

    An outer grouping of one group, or of one patient in each, cannot be told apart and is left out.
    """
    turn = basis.map
    classes = turn.T @ moments.classes @ turn
    total = turn.T @ moments.total @ turn
    within = total - np.tensordot(1.0 / moments.sizes, classes, axes=1)
    constant = np.abs(np.diag(within)) <= 1e-13 * np.abs(np.diag(total))
    within[constant, :] = 0.0
    within[:, constant] = 0.0
    outer = moments.outer
    told = outer is not None and 1 < len(outer.labels) < moments.n_patients
    table = outer_table(outer, outer.sums @ turn) if outer is not None and told else None
    return Likelihood(within, moments.sizes, moments.patients, classes, moments.n_sessions, reml, table)


@dataclass(frozen=True, eq=False, repr=False)
class MixedFit:
    """A fitted mixed model.

    Attributes
    ----------
    moments : Moments
        What it was fitted from.
    method : str
        ``"REML"`` or ``"ML"``.
    conf_level : float
        Level of every interval.
    basis : Basis
        Which columns were estimated.
    likelihood : Likelihood
        The likelihood in these columns.
    ratios : ndarray
        Each random variance over the residual variance, the patients' first.
    deviance : float
        Minus twice the log-likelihood (restricted, under REML).
    effects : FixedEffects
        Coefficients and their errors.
    notes : tuple of str
        What a reader has to know: a variance of zero, terms dropped, what could not be estimated.
    """

    moments: Moments
    method: str
    conf_level: float
    basis: Basis
    likelihood: Likelihood
    ratios: Floats
    deviance: float
    effects: FixedEffects
    notes: tuple[str, ...]
    unknown_variances: tuple[str, ...]
    no_residual: bool = False

    # --- what it rests on ---

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

    # --- estimates ---

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects: ``term, estimate, std_error, df, statistic, p_value, conf_low, conf_high``.

        A `note` column is there where something could not be estimated. Degrees of freedom are Satterthwaite's.
        """
        return tidy({"term": list(self.basis.terms)}, self.effects.each(), self.conf_level, test=True)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Variances and covariances of the coefficients, labelled by term."""
        terms = list(self.basis.terms)
        values = np.full_like(self.effects.vcov, np.nan) if self.effects.reason else self.effects.vcov
        return pd.DataFrame(values, index=terms, columns=terms)

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return float(np.sqrt(self._variances[-1]))

    @cached_property
    def _variances(self) -> Floats:
        """Variances of the groupings, the patients' first, then of the residual."""
        nu = self.likelihood.degrees
        if self.no_residual:
            return np.append(np.full_like(self.ratios, np.nan), 0.0)
        rss = max(self.likelihood.profile(self.ratios).rss, 0.0)
        residual = rss / nu / self.basis.response_scale**2 if nu > 0 else np.nan
        return np.append(self.ratios * residual, residual)

    @cached_property
    def variances(self) -> pd.DataFrame:
        """Variances without their intervals, which take longest: ``group, variance, std_dev``.

        Groups are named as lme4 names them, the patients' first and ``Residual`` last. A `note` column is there where
        something could not be estimated.
        """
        variances, reasons = self._variances.copy(), self._reasons
        variances[:-1][reasons[:-1] != ""] = np.nan
        groups = [*reversed(self._group_labels), "Residual"]
        frame = pd.DataFrame({"group": groups, "variance": variances, "std_dev": np.sqrt(variances)})
        return frame.assign(note=reasons) if any(reasons) else frame

    @cached_property
    def variance_components(self) -> pd.DataFrame:
        """Variances: ``group, variance, std_dev, conf_low, conf_high``, the limits those of the variance.

        :attr:`variances` with profile-likelihood intervals of the full likelihood, as lme4's ``confint`` gives after
        REML too.
        """
        frame = self.variances.copy()
        limits = self._limits(range(len(frame)))
        frame.insert(3, "conf_low", limits[:, 0])
        frame.insert(4, "conf_high", limits[:, 1])
        return frame

    def variance_interval(self, group: str) -> tuple[float, float]:
        """Profile-likelihood interval of one variance, named as in :attr:`variances`; missing where it is not known."""
        low, high = self._limits([self.variances["group"].tolist().index(group)])[0]
        return float(low), float(high)

    def _limits(self, places: Sequence[int]) -> Floats:
        """Limits of some of the variances, in their order."""
        limits = np.full((len(self._reasons), 2), np.nan)
        known = [place for place in places if not self._reasons[place]]
        if known:
            full = likelihood_of(self.moments, self.basis, reml=False)
            last = len(self._reasons) - 1
            there = {place: place for place in range(full.n_ratios)} | {last: full.n_ratios}
            known = [place for place in known if place in there]
            found = variance_intervals(full, self.conf_level, [there[place] for place in known])
            limits[known] = np.array(found).reshape(-1, 2) / self.basis.response_scale**2
        return limits[list(places)]

    @cached_property
    def _reasons(self) -> npt.NDArray[np.object_]:
        """Why each variance, the residual's last, cannot be told; empty where it can."""
        told = self.effects.reason or (self.unknown_variances[0] if len(self.ratios) == 1 else "")
        return np.array([*self.unknown_variances, told], dtype=object)

    @cached_property
    def _group_labels(self) -> tuple[str, ...]:
        """Labels of the groupings, the outer one first."""
        labels = self.moments.formula.labels
        outer = self.moments.outer
        if self.moments.formula.nested_by_data and outer is not None and outer.column != labels[0]:
            return labels[::-1]
        return labels

    @property
    def intraclass_correlation(self) -> float:
        """Share of the variance that lies between patients (and outer groups), given the fixed effects."""
        told_apart = len(set(self.unknown_variances)) > 1 or not self.unknown_variances[0]
        if self.effects.reason or (len(self.ratios) == 1 and self.unknown_variances[0]) or not told_apart:
            return float("nan")
        return float(self.ratios.sum() / (1.0 + self.ratios.sum()))

    def marginal_means(self, name: str, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Mean of each level of a factor, at the average of the numbers and with equal weight to other factors' levels.

        Parameters
        ----------
        name : str
            A factor of the formula.
        at : mapping, optional
            Other values to hold: a number for a numeric column (or a mapping of each level of ``name`` to its own), a
            level (or list of levels) for a factor.

        Returns
        -------
        pandas.DataFrame
            ``name, estimate, std_error, df, conf_low, conf_high, patients, sessions``.
        """
        return marginal_means(self.moments, self.effects, name, at, self.conf_level)

    def contrasts(
        self,
        name: str,
        against: Any = "grand_mean",
        adjust: str = "holm",
        *,
        at: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Differences between marginal means.

        Parameters
        ----------
        name : str
            A factor of the formula.
        against : {"grand_mean", "pairwise"} or a level
            What each level is compared with.
        adjust : {"holm", "none", "fdr_bh"}
            Adjustment of the p-values within this family. Intervals are never adjusted.
        at : mapping, optional
            As for :meth:`marginal_means`.

        Returns
        -------
        pandas.DataFrame
            ``contrast, estimate, std_error, df, statistic, p_value, conf_low, conf_high``.
        """
        return contrasts(
            self.moments,
            self.effects,
            name,
            against=against,
            adjust=adjust,
            at=at,
            conf_level=self.conf_level,
        )

    # --- likelihood ---

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the optimum, restricted under REML, with every constant (as R's ``logLik``)."""
        return -0.5 * self.deviance

    @property
    def n_parameters(self) -> int:
        """Fixed effects and variances."""
        return len(self.basis.kept) + len(self.ratios) + 1

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.deviance + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Bayesian information criterion, with the number of sessions as lme4 has it."""
        return self.deviance + float(np.log(self.n_sessions)) * self.n_parameters

    def compare(self, other: MixedFit) -> pd.DataFrame:
        """Likelihood-ratio test of two nested models of the same records.

        Parameters
        ----------
        other : MixedFit
            A model that contains this one or is contained in it; which is which does not matter.

        Returns
        -------
        pandas.DataFrame
            One row: ``smaller, larger, log_likelihood_smaller, log_likelihood_larger, statistic, df, p_value``.

        Raises
        ------
        EstimationError
            If the fits are of different records or methods, or REML fits have different fixed parts.
        """
        return likelihood_ratio(self, other)

    # --- records ---

    def predict(self, table: Any, level: str = "population") -> pd.Series[float]:
        """Predict the response for the rows of a table.

        Parameters
        ----------
        table : pandas.DataFrame or ibis Table
            With the columns of the fixed part; for patients also the response and the grouping columns.
        level : {"population", "patient"}
            The fixed part alone, or with each patient's best linear unbiased prediction, from the rows of that
            patient in this table that have a response.

        Returns
        -------
        pandas.Series
            Named ``predicted``, on the table's index; missing where a predictor is missing.
        """
        if level not in {"population", "patient"}:
            raise EstimationError(f"`level` has to be 'population' or 'patient', found {level!r}.")
        frame = frame_for(self.moments, table)
        predicted = predict_population(self.moments, self.effects, frame)
        if level == "patient":
            predicted = predict_patients(self.moments, self.ratios, frame, predicted)
        return pd.Series(predicted, index=frame.index, name="predicted")

    # --- for people ---

    def summary(self) -> str:
        """A page of text: what was fitted, on what, and the estimates."""
        return summary_text(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<MixedFit {self.formula!r} by {self.method}: {self.n_sessions} sessions, {self.n_patients} patients>"

    def _repr_html_(self) -> str:
        return summary_html(self)


def likelihood_ratio(a: MixedFit, b: MixedFit) -> pd.DataFrame:
    """Likelihood-ratio test of two fits; see :meth:`MixedFit.compare`."""
    if not isinstance(b, MixedFit):
        raise EstimationError(f"A fit is compared with another fit, found {type(b).__name__}.")
    if a.method != b.method:
        raise EstimationError(f"One fit is by {a.method}, the other by {b.method}: fit both by ML.")
    if (a.n_sessions, a.moments.formula.response) != (b.n_sessions, b.moments.formula.response):
        raise EstimationError(
            f"The fits are of different records: {a.n_sessions} sessions of `{a.moments.formula.response}` and "
            f"{b.n_sessions} of `{b.moments.formula.response}`. Leave out the same rows from both."
        )
    if a.method == "REML" and a.basis.terms != b.basis.terms:
        raise EstimationError(
            "Restricted likelihoods of models with different fixed parts cannot be compared: "
            'refit both with method="ML".'
        )
    smaller, larger = (a, b) if a.n_parameters <= b.n_parameters else (b, a)
    df = larger.n_parameters - smaller.n_parameters
    statistic = 2.0 * (larger.log_likelihood - smaller.log_likelihood) if df else np.nan
    row = {
        "smaller": [smaller.formula],
        "larger": [larger.formula],
        "log_likelihood_smaller": [smaller.log_likelihood],
        "log_likelihood_larger": [larger.log_likelihood],
        "statistic": [statistic],
        "df": [df],
        "p_value": [float(special.chdtrc(df, max(statistic, 0.0))) if df else np.nan],
    }
    if not df:
        row["note"] = ["both models have as many parameters: neither contains the other"]
    return pd.DataFrame(row)


def frame_for(moments: Moments, table: Any) -> pd.DataFrame:
    """The columns a formula needs of a table, as a pandas frame."""
    table = with_outcomes(table, moments.formula.columns)
    if isinstance(table, pd.DataFrame):
        return table
    present = [name for name in moments.formula.columns if name in table.columns]
    frame: pd.DataFrame = table.select(*present).to_pyarrow().to_pandas()
    return frame
