"""A mixed model fitted from sums, by REML or ML, as lme4, lmerTest and emmeans compute it: tidy frames, and text.

:func:`fit_moments` fits; :class:`MixedFit` holds the results. Refused with an `OutcomesError`: unknown methods, factors
and levels. What cannot be estimated is a row of missing values with a note, never an exception.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats
from outcomes.models.mixed.basis import Basis, choose_basis
from outcomes.models.mixed.boundary import Verdict, verdict_of
from outcomes.models.mixed.comparison import compared
from outcomes.models.mixed.formula import without_numbers
from outcomes.models.mixed.kenward_roger import kenward_roger
from outcomes.models.mixed.likelihood import Likelihood, likelihood_of
from outcomes.models.mixed.marginal_means import contrasts, joint_test, marginal_means
from outcomes.models.mixed.predict import frame_for, predict_patients, predict_population
from outcomes.models.mixed.satterthwaite import FixedEffects, fixed_effects, tidy
from outcomes.models.mixed.sums import Sums
from outcomes.models.mixed.text import page_of_html, page_of_text
from outcomes.models.mixed.variances import Variances

__all__ = ["MixedFit", "check_settings", "fit_moments"]


def check_settings(method: str, conf_level: float, df: str = "satterthwaite") -> None:
    """Refuse an unknown method, an impossible confidence level, and degrees of freedom that are not offered."""
    if method not in {"REML", "ML"}:
        raise EstimationError(f"The method has to be 'REML' or 'ML', found {method!r}.")
    if not 0.0 < conf_level < 1.0:
        raise EstimationError(
            f"The confidence level has to be between 0 and 1, such as 0.95; found {conf_level!r}."
        )
    if df not in {"satterthwaite", "kenward-roger"}:
        raise EstimationError(
            f"Degrees of freedom (`df`) are 'satterthwaite' or 'kenward-roger', found {df!r}."
        )
    if df == "kenward-roger" and method != "REML":
        raise EstimationError(
            f"Kenward and Roger's errors are those of a REML fit, found method={method!r}: "
            "use method='REML', or df='satterthwaite'."
        )


def fit_moments(
    moments: Sums, *, method: str = "REML", conf_level: float = 0.95, df: str = "satterthwaite"
) -> MixedFit:
    """Fit a mixed model to moments; :func:`outcomes.fit_mixed` reduces a table and ends here.

    Parameters
    ----------
    moments : Sums
    method, conf_level, df
        As for :func:`outcomes.fit_mixed`.

    Returns
    -------
    MixedFit
    """
    check_settings(method, conf_level, df)
    basis = choose_basis(moments)
    likelihood = likelihood_of(moments, basis, reml=method == "REML")
    verdict = verdict_of(moments, basis, likelihood)
    effects = fixed_effects(basis, likelihood, verdict.ratios, verdict.no_errors)
    if df == "kenward-roger":
        effects = kenward_roger(effects, likelihood, verdict)
    return MixedFit(moments, method, conf_level, basis, likelihood, verdict, effects)


@dataclass(frozen=True, eq=False, repr=False)
class MixedFit:
    """A fitted mixed model.

    Attributes
    ----------
    moments : Sums
        What it was fitted from.
    method : str
        ``"REML"`` or ``"ML"``.
    conf_level : float
        Level of every interval.
    basis : Basis
        Which columns were estimated.
    likelihood : Likelihood
        The likelihood in these columns.
    verdict : Verdict
        Where the variance ratios ended, and what that means.
    effects : FixedEffects
        Coefficients and their errors.
    """

    moments: Sums
    method: str
    conf_level: float
    basis: Basis
    likelihood: Likelihood
    verdict: Verdict
    effects: FixedEffects

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

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know: a variance of zero, terms dropped, what could not be estimated."""
        return self.verdict.notes

    # --- estimates ---

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects: ``term, estimate, std_error, df, statistic, p_value, conf_low, conf_high``.

        Degrees of freedom are Satterthwaite's unless others were asked for. A `note` says what cannot be estimated.
        """
        return self.coefficients_of(self.basis.terms)

    def coefficients_of(self, terms: Collection[str]) -> pd.DataFrame:
        """Fixed effects of those of these terms it has: with clustered errors each takes a pass over all sessions."""
        places = [at for at, term in enumerate(self.basis.terms) if term in terms]
        labels = {"term": [self.basis.terms[at] for at in places]}
        return tidy(labels, self.effects.each(places), self.conf_level, test=True)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Variances and covariances of the coefficients, labelled by term."""
        terms = list(self.basis.terms)
        values = np.full_like(self.effects.vcov, np.nan) if self.effects.reason else self.effects.vcov
        return pd.DataFrame(values, index=terms, columns=terms)

    # --- variances ---

    @property
    def ratios(self) -> Floats:
        """Each random variance over the residual variance, the patients' first."""
        return self.verdict.ratios

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return float(np.sqrt(self._variances[-1]))

    @property
    def _variances(self) -> Floats:
        """Variances of the groupings, the patients' first, then of the residual."""
        return self._components.values

    @cached_property
    def _components(self) -> Variances:
        return Variances(self.moments, self.basis, self.likelihood, self.verdict, self.effects.reason)

    @cached_property
    def variances(self) -> pd.DataFrame:
        """Variances without their intervals, which take longest: ``group, variance, std_dev``.

        Groups are named as lme4 names them, the patients' first and ``Residual`` last. A `note` column is there where
        something could not be estimated.
        """
        return self._components.frame()

    @cached_property
    def variance_components(self) -> pd.DataFrame:
        """Variances: ``group, variance, std_dev, conf_low, conf_high``, the limits those of the variance.

        :attr:`variances` with profile-likelihood intervals of the full likelihood, as lme4's ``confint`` gives after
        REML too.
        """
        return self._components.with_limits(self.conf_level)

    def variance_interval(self, group: str) -> tuple[float, float]:
        """Profile-likelihood interval of one variance, named as in :attr:`variances`; missing where it is not known."""
        place = self._components.groups.index(group)
        low, high = self._components.limits([place], self.conf_level)[0]
        return float(low), float(high)

    @property
    def intraclass_correlation(self) -> float:
        """Share of the variance that lies between patients (and outer groups), given the fixed effects."""
        return self._components.intraclass_correlation

    # --- means and contrasts ---

    def marginal_means(
        self, name: str, at: Mapping[str, Any] | None = None, *, baseline_error: bool = False
    ) -> pd.DataFrame:
        """Mean of each level of a factor, at the average of the numbers and with equal weight to other factors' levels.

        Parameters
        ----------
        name : str
            A factor of the formula.
        at : mapping, optional
            Other values to hold: a number for a numeric column (or a mapping of each level of ``name`` to its own), a
            level (or list of levels) for a factor.
        baseline_error : bool
            Read each level at its own average of the numbers that `at` does not name, as people in it are, and let the
            interval hold the error of these averages. The numbers are left out for that: at a group's own average their
            slopes cancel, and what they explain is part of how the group's mean varies.

        Returns
        -------
        pandas.DataFrame
            ``name, estimate, std_error, df, conf_low, conf_high, patients, sessions``.
        """
        if baseline_error:
            return self._without_numbers(at or {}).marginal_means(name, at)
        return marginal_means(self.moments, self.effects, name, at, self.conf_level)

    def _without_numbers(self, kept: Collection[str]) -> MixedFit:
        """The fit, to the same sessions, of the model without its numbers but for some."""
        smaller = self.moments.narrowed(without_numbers(self.moments.formula, self.moments.categorical, kept))
        return fit_moments(smaller, method=self.method, conf_level=self.conf_level, df=self.effects.kind)

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

    def joint_test(self, name: str) -> pd.DataFrame:
        """Test whether the marginal means of a factor differ at all: all its contrasts together.

        Parameters
        ----------
        name : str
            A factor of the formula.

        Returns
        -------
        pandas.DataFrame
            One row: ``term, statistic, numerator_df, df, p_value``, an F test as lmerTest and pbkrtest make it.
        """
        return joint_test(self.moments, self.effects, name)

    # --- likelihood ---

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the optimum, restricted under REML, with every constant (as R's ``logLik``)."""
        return -0.5 * self.verdict.deviance

    @property
    def n_parameters(self) -> int:
        """Fixed effects and variances."""
        return len(self.basis.kept) + len(self.ratios) + 1

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.verdict.deviance + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Bayesian information criterion, with the number of sessions as lme4 has it."""
        return self.verdict.deviance + float(np.log(self.n_sessions)) * self.n_parameters

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
        return compared(self, other)

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
        return page_of_text(self._heading(), self._tables(), self.notes)

    def _tables(self) -> dict[str, pd.DataFrame]:
        level = f"{100 * self.conf_level:g} %"
        return {
            f"Fixed effects ({level} intervals, {self.effects.title} degrees of freedom)": self.coefficients,
            f"Variances ({level} profile-likelihood intervals)": self.variance_components,
        }

    def _heading(self) -> list[str]:
        how = "restricted maximum likelihood" if self.method == "REML" else "maximum likelihood"
        kind = "Restricted log-likelihood" if self.method == "REML" else "Log-likelihood"
        return [
            f"Linear mixed model by {how}: {self.formula}",
            f"{self._size}; {self.n_missing} rows left out for missing values",
            f"{kind} {self.log_likelihood:.3f}, AIC {self.aic:.1f}, BIC {self.bic:.1f}; "
            f"share of variance between {self.moments.formula.unit}s {self.intraclass_correlation:.3f}",
        ]

    @property
    def _size(self) -> str:
        return f"{self.n_sessions} sessions of {self.n_patients} {self.moments.formula.unit}s"

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<MixedFit {self.formula!r} by {self.method}: {self._size}>"

    def _repr_html_(self) -> str:
        return page_of_html(self._heading(), self._tables(), self.notes)
