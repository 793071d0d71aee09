"""Kenward and Roger's errors and degrees of freedom of a mixed model fitted by REML, from its reductions alone.

In come a basis, a likelihood at its optimum and the fixed effects; out come the same estimates, whose covariance is
corrected for the variances being estimated, with degrees of freedom of one combination or of several together. What
has no errors has none here either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from outcomes.models import Floats
from outcomes.models.mixed.boundary import Verdict
from outcomes.models.mixed.likelihood import Likelihood
from outcomes.models.mixed.satterthwaite import FixedEffects

__all__ = ["KenwardRogerEffects", "kenward_roger"]


@dataclass(frozen=True, eq=False, kw_only=True)
class KenwardRogerEffects(FixedEffects):
    """Coefficients whose errors allow for the variances being estimates.

    `jacobian` and `parameter_inverse` are in the variances themselves, and expected instead of observed.

    Attributes
    ----------
    adjusted : ndarray, shape (p, p)
        The corrected covariance of the stand-ins' coefficients.
    """

    adjusted: Floats
    kind: ClassVar[str] = "kenward-roger"
    title: ClassVar[str] = "Kenward–Roger"

    @property
    def errors(self) -> Floats:
        """The corrected covariance."""
        return self.adjusted

    def _joint(self, turned: Floats, difference: Floats) -> tuple[float, float]:
        wald = float(difference @ np.linalg.solve(turned @ self.adjusted @ turned.T, difference))
        degrees, scale = self._degrees(turned)
        return scale * wald / len(turned), degrees

    def _degrees(self, turned: Floats) -> tuple[float, float]:
        """Denominator degrees of freedom of several independent combinations together, and what scales their F."""
        q = len(turned)
        among = turned @ self.covariance @ turned.T
        # Theta of the paper times each derivative of the covariance, in the space of the combinations.
        steps = np.linalg.solve(among, turned @ self.jacobian @ turned.T)
        spread = 2.0 * self.parameter_inverse
        traces = np.trace(steps, axis1=1, axis2=2)
        a1 = float(traces @ spread @ traces)
        a2 = float(np.einsum("ij,iab,jba->", spread, steps, steps))
        if q == 1:
            return 2.0 / a2, 1.0
        b = (a1 + 6.0 * a2) / (2.0 * q)
        g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2)
        room = 3.0 * q + 2.0 * (1.0 - g)
        v0, v1, v2 = 1.0 + g / room * b, 1.0 - (q - g) / room * b, 1.0 - (q + 2.0 - g) / room * b
        rho = (1.0 - a2 / q) ** 2 * v0 / (q * v1**2 * v2)
        degrees = 4.0 + (q + 2.0) / (q * rho - 1.0)
        return degrees, degrees * (1.0 - a2 / q) / (degrees - 2.0)


def kenward_roger(effects: FixedEffects, likelihood: Likelihood, verdict: Verdict) -> KenwardRogerEffects:
    """Correct the errors of fixed effects fitted by REML.

    Parameters
    ----------
    effects : FixedEffects
    likelihood : Likelihood
        Restricted, in the stand-in columns of the effects' basis.
    verdict : Verdict
        Where its variance ratios ended. One estimated as zero counts as a parameter, as in pbkrtest; one that the
        records cannot tell does not.

    Returns
    -------
    KenwardRogerEffects

    Notes
    -----
    Kenward and Roger [1]_ with the variances as parameters: the covariance of the records is linear in them, so its
    second derivatives are zero, and all else they ask for is the first and second derivatives of ``X' V^-1 X`` and of
    ``log |V|``, which the likelihood takes from its sums. See docs/methods/mixed-models.md.

    References
    ----------
    .. [1] Kenward & Roger (1997), Biometrics 53:983.
    .. [2] Halekoh & Højsgaard (2014), J Stat Softw 59(9).
    """
    p, ratios = likelihood.n_fixed, verdict.ratios
    first, second, log_second = _in_variances(likelihood, ratios, _told(likelihood, verdict))
    first, second = first[:, :p, :p], second[:, :, :p, :p]
    phi = likelihood.profile(ratios).inverse
    turned = phi @ first
    information = (
        np.einsum("kij,lji->kl", turned, turned) - np.einsum("ij,klji->kl", phi, second) - log_second
    )
    spread = 2.0 * _inverse(information)
    inner = second / 2.0 - np.einsum("kab,lbc->klac", first, turned)
    correction = phi @ np.einsum("kl,klab->ab", spread, inner) @ phi
    # Everything so far is with a residual variance of one; covariances scale with it, degrees of freedom do not.
    scale = effects.covariance[0, 0] / phi[0, 0] if p else 1.0
    return KenwardRogerEffects(
        effects.basis,
        effects.inner,
        effects.covariance,
        -scale * turned @ phi,
        spread / 2.0,
        effects.reason,
        adjusted=effects.covariance + scale * (correction + correction.T),
    )


def _told(likelihood: Likelihood, verdict: Verdict) -> list[int]:
    """Variance ratios that the records can tell."""
    if likelihood.outer is None:
        return [] if likelihood.sizes.tolist() == [1] else [0]
    return [place for place in likelihood.free if not verdict.unknown[place]]


def _in_variances(likelihood: Likelihood, ratios: Floats, active: list[int]) -> tuple[Floats, Floats, Floats]:
    """Derivatives of ``W' V^-1 W`` (first, second) and of ``log |V|`` (second) in the variances.

    The residual's stands last, and is one: with ``f = A(tau / s) / s`` and ``log |V| = N log s + L(tau / s)`` each is a
    sum of those in the ratios.
    """
    pieces, k, r = likelihood.pieces(ratios), len(active), ratios[active]
    a, da, dda = pieces.a, pieces.da[active], pieces.dda[np.ix_(active, active)]
    first, second = np.empty((k + 1, *a.shape)), np.empty((k + 1, k + 1, *a.shape))
    along = np.tensordot(r, dda, axes=1)
    first[:k], first[k] = da, -(a + np.tensordot(r, da, axes=1))
    second[:k, :k] = dda
    second[:k, k] = second[k, :k] = -(2.0 * da + along)
    second[k, k] = 2.0 * a + 4.0 * np.tensordot(r, da, axes=1) + np.tensordot(r, along, axes=1)
    slopes, bends = pieces.dlogdet[active], pieces.ddlogdet[np.ix_(active, active)]
    log_second = np.empty((k + 1, k + 1))
    log_second[:k, :k] = bends
    log_second[:k, k] = log_second[k, :k] = -(slopes + bends @ r)
    log_second[k, k] = -likelihood.n_sessions + 2.0 * float(r @ slopes) + float(r @ bends @ r)
    return first, second, log_second


def _inverse(information: Floats) -> Floats:
    """Inverse of an information matrix, whatever the units of its parameters."""
    with np.errstate(all="ignore"):
        unit = 1.0 / np.sqrt(np.diag(information))
    if not np.isfinite(unit).all():
        return np.full_like(information, np.nan)
    scaled = information * np.outer(unit, unit)
    return np.asarray(np.linalg.pinv(scaled, hermitian=True) * np.outer(unit, unit))
