"""What the records of a mixed model can say about its variances, and what has to be said when they cannot.

In come moments and a likelihood, out comes a :class:`Verdict`: the variance ratios to use, the notes a reader needs,
and the reasons, if any, why standard errors or variances are missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outcomes.models import Floats
from outcomes.models.mixed.basis import Basis
from outcomes.models.mixed.likelihood import Likelihood, Optimum
from outcomes.models.mixed.sums import Sums

__all__ = ["Verdict", "verdict_of"]

PERFECT = 1e-13
"""Share of the response's sum of squares below which its residual is rounding."""

STEADY = 1e8
"""Ratio of variances between and within patients above which what is left within is rounding."""

NOTHING_WITHIN = 1e3
"""The same where sessions of a patient leave no degree of freedom, so that hardly anything bounds the ratio."""

_ONE_SESSION = (
    "one session per {unit}: variation between {unit}s cannot be told from the residual, which holds both"
)


@dataclass(frozen=True, eq=False)
class Verdict:
    """Where a model's variance ratios ended, and what that means.

    Attributes
    ----------
    ratios : ndarray
        Each random variance over the residual's, the patients' first.
    deviance : float
        Minus twice the log-likelihood, in the units of the records.
    notes : tuple of str
    no_errors : str
        Why there are no standard errors, or empty.
    unknown : tuple of str
        For each random variance, why it is unknown, or empty.
    no_residual : bool
        No residual variation is left.
    residual_known : bool
        The residual variance can be told from the others.
    """

    ratios: Floats
    deviance: float
    notes: tuple[str, ...]
    no_errors: str
    unknown: tuple[str, ...]
    no_residual: bool = False
    residual_known: bool = True


def verdict_of(moments: Sums, basis: Basis, likelihood: Likelihood) -> Verdict:
    """Find the variance ratios, or say why they cannot be found.

    Parameters
    ----------
    moments : Sums
    basis : Basis
    likelihood : Likelihood

    Returns
    -------
    Verdict
    """
    notes = _first_notes(moments, basis)
    zero = np.zeros(len(moments.formula.groups))
    sessions, fixed, unit = likelihood.n_sessions, likelihood.n_fixed, moments.formula.unit

    def without(reason: str, deviance: float, *, errors: bool = False, residual: bool = True) -> Verdict:
        every = (reason,) * len(zero)
        return Verdict(zero, deviance, (*notes, reason), "" if errors else reason, every, not residual)

    if sessions <= fixed:
        return without(f"as many coefficients ({fixed}) as sessions ({sessions}) leave no residual", np.nan)
    if likelihood.profile(zero).rss <= PERFECT:
        return without("a perfect fit: no residual variation is left", np.nan, residual=False)
    at_zero = _deviance(likelihood, basis, zero)
    if moments.n_patients == 1:
        return without(
            f"one {unit}: how {unit}s differ cannot be estimated, so neither can any error", at_zero
        )
    if likelihood.outer is None and moments.sizes.tolist() == [1]:
        alone = f"{_ONE_SESSION.format(unit=unit)}; fitted as ordinary least squares"
        return without(alone, at_zero, errors=True)
    return _optimal(moments, basis, likelihood, notes)


def _first_notes(moments: Sums, basis: Basis) -> tuple[str, ...]:
    notes = []
    if basis.aliased:
        notes.append(f"dropped, because earlier terms span them: {', '.join(basis.aliased)}")
    if moments.n_missing:
        notes.append(f"rows left out for a missing value: {moments.n_missing}")
    for name, factor in moments.categorical.items():
        empty = [str(level) for level in factor.levels if not moments.level_patients[name].get(level, 0)]
        if empty:
            notes.append(f"no session at these levels of {name}: {', '.join(empty)}")
    return tuple(notes)


def _optimal(moments: Sums, basis: Basis, likelihood: Likelihood, notes: tuple[str, ...]) -> Verdict:
    """The optimum, with notes on a boundary and on what cannot be told apart."""
    found = likelihood.optimum()
    clinics_flat = found.flat == (1,)
    if clinics_flat:
        found = replace(likelihood, held=(*likelihood.held, 1)).optimum()
    ratios = np.append(found.ratios, np.zeros(len(moments.formula.groups) - likelihood.n_ratios))
    deviance = _deviance(likelihood, basis, found.ratios)
    reason, no_residual, residual_known = _no_errors(moments, likelihood, found)
    if reason:
        every = (reason,) * len(ratios)
        return Verdict(ratios, deviance, (*notes, reason), reason, every, no_residual, residual_known)
    unknown = _unknown(moments, len(ratios), clinics_flat=clinics_flat)
    labels = list(reversed(moments.formula.labels))
    said = [
        f"the variance of {label} is estimated as zero, at its boundary"
        for label, ratio, reason in zip(labels, ratios, unknown, strict=True)
        if ratio == 0 and not reason
    ]
    return Verdict(ratios, deviance, (*notes, *said, *dict.fromkeys(r for r in unknown if r)), "", unknown)


def _no_errors(moments: Sums, likelihood: Likelihood, found: Optimum) -> tuple[str, bool, bool]:
    """Why there can be no errors, or empty; whether no residual variation is left; whether it can be told at all."""
    unit, nothing_within = moments.formula.unit, likelihood.within_degrees < 1
    if found.flat and nothing_within:
        why = (
            f"no degree of freedom is left within {unit}s: how they vary cannot be told from how they differ"
        )
        return why, False, False
    if found.flat:
        why = f"the fixed effects leave nothing between {unit}s, so how {unit}s differ cannot be estimated"
        return why, False, True
    if found.ratios.max() >= STEADY or (nothing_within and found.ratios[0] >= NOTHING_WITHIN):
        why = f"no variation within {unit}s is left: their sessions repeat one another, or are fitted exactly"
        return why, True, True
    return "", False, True


def _unknown(moments: Sums, n_ratios: int, *, clinics_flat: bool) -> tuple[str, ...]:
    """For each random variance, why the records cannot tell it, or empty."""
    outer, unit = moments.outer, moments.formula.unit
    if outer is None:
        return ("",) * n_ratios
    if len(outer.labels) == moments.n_patients:
        alike = f"one {unit} in each {outer.column}"
        return (f"{alike}: their variances cannot be told apart, only their sum is used",) * 2
    inner = _ONE_SESSION.format(unit=unit) if moments.sizes.tolist() == [1] else ""
    if len(outer.labels) == 1:
        return inner, f"one {outer.column}: how they differ cannot be estimated, and the errors leave it out"
    if clinics_flat:
        between = f"the fixed effects leave nothing between groups of {outer.column}"
        return inner, f"{between}: how they differ cannot be estimated, and the errors leave it out"
    return inner, ""


def _deviance(likelihood: Likelihood, basis: Basis, ratios: Floats) -> float:
    """Deviance with the stand-ins' scales taken back out."""
    value = likelihood.deviance(ratios) - 2.0 * likelihood.degrees * float(np.log(basis.response_scale))
    return value - (basis.log_scale if likelihood.reml else 0.0)
