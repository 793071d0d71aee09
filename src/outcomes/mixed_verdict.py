"""What the records of a mixed model can say about its variances, and what has to be said when they cannot.

In come moments and a likelihood, out comes a :class:`Verdict`: the variance ratios to use, the notes a reader needs,
and the reasons, if any, why standard errors or variances are missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.basis import Basis
from outcomes.mixed_likelihood import Likelihood
from outcomes.moment_sums import Floats, Moments

__all__ = ["Verdict", "judged"]

PERFECT = 1e-13
"""Share of the response's sum of squares below which its residual is rounding."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """Where a model's variance ratios ended, and what that means.

    Attributes
    ----------
    ratios : ndarray
    deviance : float
        Minus twice the log-likelihood, in the units of the records.
    notes : tuple of str
    no_errors : str
        Why there are no standard errors, or empty.
    no_variances : str
        Why the random variances are unknown, or empty.
    """

    ratios: Floats
    deviance: float
    notes: tuple[str, ...]
    no_errors: str = ""
    no_variances: str = ""


def judged(moments: Moments, basis: Basis, likelihood: Likelihood) -> Verdict:
    """Find the variance ratios, or say why they cannot be found.

    Parameters
    ----------
    moments : Moments
    basis : Basis
    likelihood : Likelihood

    Returns
    -------
    Verdict
    """
    notes = _first_notes(moments, basis)
    zero = np.zeros(likelihood.n_ratios)
    fixed = likelihood.n_fixed
    if likelihood.degrees <= 0 or likelihood.n_sessions <= fixed:
        reason = f"{likelihood.n_sessions} sessions leave no residual for {fixed} coefficients"
        return Verdict(zero, np.nan, (*notes, reason), reason, reason)
    if likelihood.profile(zero).rss <= PERFECT:
        reason = "a perfect fit: no residual variation is left"
        return Verdict(zero, np.nan, (*notes, reason), reason, reason)
    if moments.n_patients == 1:
        reason = (
            "one patient: how patients differ cannot be estimated, so nothing can be said beyond this patient"
        )
        return Verdict(zero, _deviance(likelihood, basis, zero), (*notes, reason), reason, reason)
    if moments.outer is None and moments.sizes.tolist() == [1]:
        reason = (
            "one session per patient: variation between patients cannot be told from the residual; "
            "fitted as ordinary least squares, and the residual holds both"
        )
        return Verdict(zero, _deviance(likelihood, basis, zero), (*notes, reason), "", reason)
    return _optimal(moments, basis, likelihood, notes)


def _first_notes(moments: Moments, basis: Basis) -> tuple[str, ...]:
    notes = []
    if basis.aliased:
        notes.append(f"dropped, because earlier terms span them: {', '.join(basis.aliased)}")
    if moments.n_missing:
        notes.append(f"{moments.n_missing} rows with a missing value were left out")
    for name, factor in moments.categorical.items():
        empty = [str(level) for level in factor.levels if not moments.level_patients[name].get(level, 0)]
        if empty:
            notes.append(f"no session at these levels of {name}: {', '.join(empty)}")
    return tuple(notes)


def _optimal(moments: Moments, basis: Basis, likelihood: Likelihood, notes: tuple[str, ...]) -> Verdict:
    """The optimum, with notes on a boundary."""
    found = likelihood.optimum()
    deviance = _deviance(likelihood, basis, found.ratios)
    if found.flat:
        reason = (
            "the fixed effects leave nothing between patients, so how patients differ cannot be estimated"
        )
        return Verdict(found.ratios, deviance, (*notes, reason), reason, reason)
    if likelihood.profile(found.ratios).rss / likelihood.degrees * found.ratios.max(initial=0.0) > 0 and (
        found.ratios.max(initial=0.0) >= 1e8
    ):
        reason = "no variation within patients is left: their sessions repeat one another"
        return Verdict(found.ratios, deviance, (*notes, reason), reason, reason)
    labels = list(reversed(moments.formula.labels))
    said = [
        f"the variance of {label} is estimated as zero, at its boundary"
        for label, ratio in zip(labels, found.ratios, strict=True)
        if ratio == 0
    ]
    if moments.outer is not None and len(moments.outer.labels) == 1:
        said.append(f"one {moments.outer.column}: how they differ cannot be estimated")
    return Verdict(found.ratios, deviance, (*notes, *said))


def _deviance(likelihood: Likelihood, basis: Basis, ratios: Floats) -> float:
    """Deviance with the stand-ins' scales taken back out."""
    value = likelihood.deviance(ratios) - 2.0 * likelihood.degrees * float(np.log(basis.response_scale))
    return value - (basis.log_scale if likelihood.reml else 0.0)
