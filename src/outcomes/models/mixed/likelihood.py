"""The likelihood of a random-intercept model as a function of its variance ratios, from moments alone.

With ``W = [X y]`` and variance ratios ``lam`` (patient, and for nested groupings the outer group, each over the
residual variance), ``A(lam) = W' V^-1 W`` and ``log |V|`` follow from the moments, and with them the deviance and its
first two derivatives. Optima are polished by Newton steps, so they are exact to rounding, and the cost does not depend
on the number of sessions. See docs/methods/mixed-models.md for the algebra.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from outcomes.models import Floats, Whole
from outcomes.models.mixed.basis import Basis
from outcomes.models.mixed.nested import OuterTable, Pieces, outer_pieces, outer_table
from outcomes.models.mixed.sums import Sums
from outcomes.models.newton import Function, minimum

__all__ = ["Likelihood", "Optimum", "Profile", "likelihood_of"]


@dataclass(frozen=True, eq=False)
class Profile:
    """What the deviance is made of at some variance ratios.

    Attributes
    ----------
    beta : ndarray, shape (p,)
    inverse : ndarray, shape (p, p)
        Inverse of ``X' V^-1 X``.
    rss, drss, ddrss
        ``(y - Xb)' V^-1 (y - Xb)`` and its derivatives.
    logdet, dlogdet, ddlogdet
        ``log |V|``, with ``log |X' V^-1 X|`` added under REML, and derivatives.
    dm : ndarray, shape (k, p, p)
        Derivatives of ``X' V^-1 X``.
    """

    beta: Floats
    inverse: Floats
    rss: float
    drss: Floats
    ddrss: Floats
    logdet: float
    dlogdet: Floats
    ddlogdet: Floats
    dm: Floats


@dataclass(frozen=True, eq=False)
class Optimum:
    """A minimum of the deviance: its variance ratios, its value, and the ratios it does not depend on."""

    ratios: Floats
    deviance: float
    flat: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Deviance (minus twice the log-likelihood, constants left out) of one model.

    Attributes
    ----------
    within : ndarray, shape (q, q)
        Cross-product of ``W`` within patients, ``T - sum C_n / n``.
    sizes, patients : ndarray of int, shape (c,)
    classes : ndarray, shape (c, q, q)
    n_sessions : int
    reml : bool
    outer : OuterTable or None
        With `sums` in the same columns as `classes`.
    held : tuple of int
        Ratios that stay at zero, because the records cannot tell them from the residual or from the fixed effects.
    """

    within: Floats
    sizes: Whole
    patients: Whole
    classes: Floats
    n_sessions: int
    reml: bool
    outer: OuterTable | None = None
    held: tuple[int, ...] = ()

    @property
    def n_ratios(self) -> int:
        """How many variance ratios there are."""
        return 1 if self.outer is None else 2

    @property
    def n_fixed(self) -> int:
        """Columns of X."""
        return len(self.within) - 1

    @property
    def degrees(self) -> int:
        """Sessions, less the fixed effects under REML."""
        return self.n_sessions - (self.n_fixed if self.reml else 0)

    # --- the sums at given ratios ---

    def crossproducts(self, inner: float, own: Iterable[float]) -> list[tuple[Floats, float]]:
        """``A`` and ``log |V|`` at a ratio of the patients and some of the outer groups (zero where there are none)."""
        n = self.sizes
        weights = 1.0 / (n * (1.0 + inner * n))
        a = self.within + np.tensordot(weights, self.classes, axes=1)
        logdet = float(self.patients @ np.log1p(inner * n))
        if self.outer is None:
            return [(a, logdet) for _ in own]
        [(u, d)] = self.outer.by_group(1.0 / (1.0 + inner * self.outer.sizes))
        found = []
        for ratio in own:
            scaled = u * np.sqrt(ratio / (1.0 + ratio * d))[:, None]
            found.append((a - scaled.T @ scaled, logdet + float(self.outer.weight @ np.log1p(ratio * d))))
        return found

    def pieces(self, ratios: Floats) -> Pieces:
        """``A`` and ``log |V|`` with their derivatives."""
        n, q = self.sizes.astype(np.float64), len(self.within)
        share = 1.0 / (1.0 + ratios[0] * n)
        weights = np.array([share / n, -(share**2), 2.0 * n * share**3])
        a, a1, a11 = np.tensordot(weights, self.classes, axes=1)
        m = self.patients
        log1, log11 = float(m @ (n * share)), -float(m @ ((n * share) ** 2))
        logdet = float(m @ np.log1p(ratios[0] * n))
        a = a + self.within
        if self.outer is None:
            return Pieces(a, a1[None], a11[None, None], logdet, np.array([log1]), np.array([[log11]]))
        added = outer_pieces(self.outer, ratios)
        da, dda = np.zeros((2, q, q)), np.zeros((2, 2, q, q))
        da[0], dda[0, 0] = a1, a11
        first, second = np.array([log1, 0.0]), np.array([[log11, 0.0], [0.0, 0.0]])
        return Pieces(
            a + added.a,
            da + added.da,
            dda + added.dda,
            logdet + added.logdet,
            first + added.dlogdet,
            second + added.ddlogdet,
        )

    # --- deviance ---

    def deviance(self, ratios: Floats) -> float:
        """Deviance with the residual variance profiled out; infinite where it cannot be computed."""
        own = ratios[1] if self.outer is not None else 0.0
        return self._deviance(*self.crossproducts(float(ratios[0]), [float(own)])[0])

    def _deviance(self, a: Floats, logdet: float) -> float:
        p = self.n_fixed
        try:
            factor = np.linalg.cholesky(a)
        except np.linalg.LinAlgError:
            return np.inf
        diagonal = np.log(np.diag(factor))
        if self.reml:
            logdet += 2.0 * float(diagonal[:p].sum())
        nu = self.degrees
        return logdet + nu * (2.0 * float(diagonal[p]) + float(np.log(2.0 * np.pi / nu)) + 1.0)

    def profile(self, ratios: Floats) -> Profile:
        """Everything the deviance is made of, with derivatives in the ratios."""
        pieces, p = self.pieces(ratios), self.n_fixed
        inverse = _inverse(pieces.a[:p, :p])
        beta = inverse @ pieces.a[:p, p]
        e = np.append(-beta, 1.0)
        rss = float(e @ pieces.a @ e)
        steps = pieces.da @ e
        slopes = steps[:, :p]
        drss = steps @ e
        ddrss = pieces.dda @ e @ e - 2.0 * slopes @ inverse @ slopes.T
        logdet, first, second = pieces.logdet, pieces.dlogdet, pieces.ddlogdet
        dm = pieces.da[:, :p, :p]
        if self.reml and p:
            turned = inverse @ dm
            logdet += float(np.linalg.slogdet(pieces.a[:p, :p])[1])
            first = first + np.trace(turned, axis1=1, axis2=2)
            second = second + np.einsum("ij,klji->kl", inverse, pieces.dda[:, :, :p, :p])
            second = second - np.einsum("kij,lji->kl", turned, turned)
        return Profile(beta, inverse, rss, drss, ddrss, logdet, first, second, dm)

    def profiled(self, active: Sequence[int]) -> Function:
        """Deviance, gradient and Hessian in the logarithms of some ratios, the others zero."""
        if self.outer is not None and 1 not in active:
            return replace(self, outer=None).profiled(active)
        index, nu = list(active), self.degrees

        def function(logs: Floats) -> tuple[float, Floats, Floats]:
            ratios = np.zeros(self.n_ratios)
            ratios[index] = np.exp(logs)
            f = self.profile(ratios)
            scale = ratios[index]
            slope = f.drss / f.rss
            gradient = (f.dlogdet + nu * slope)[index] * scale
            hessian = f.ddlogdet + nu * (f.ddrss / f.rss - np.outer(slope, slope))
            hessian = hessian[np.ix_(index, index)] * np.outer(scale, scale) + np.diag(gradient)
            value = f.logdet + nu * (np.log(2.0 * np.pi * f.rss / nu) + 1.0) if f.rss > 0 else np.inf
            return float(value), gradient, hessian

        return function

    def full(self, active: Sequence[int]) -> Function:
        """Deviance, gradient and Hessian in the logarithms of the active variances, then of the residual variance."""
        if self.outer is not None and 1 not in active:
            return replace(self, outer=None).full(active)
        index, nu = list(active), self.degrees
        k = len(index)
        chain = np.eye(k + 1)
        chain[:k, k] = -1.0

        def function(logs: Floats) -> tuple[float, Floats, Floats]:
            ratios = np.zeros(self.n_ratios)
            ratios[index] = np.exp(logs[:k] - logs[k])
            f = self.profile(ratios)
            scale, inverse = ratios[index], np.exp(-logs[k])
            gradient = np.append((f.dlogdet + f.drss * inverse)[index] * scale, nu - f.rss * inverse)
            hessian = np.empty((k + 1, k + 1))
            block = (f.ddlogdet + f.ddrss * inverse)[np.ix_(index, index)]
            hessian[:k, :k] = block * np.outer(scale, scale) + np.diag(gradient[:k])
            hessian[:k, k] = hessian[k, :k] = -(f.drss * inverse)[index] * scale
            hessian[k, k] = f.rss * inverse
            value = f.logdet + nu * (np.log(2.0 * np.pi) + logs[k]) + f.rss * inverse
            return float(value), chain.T @ gradient, chain.T @ hessian @ chain

        return function

    # --- optimum ---

    @property
    def within_degrees(self) -> int:
        """Degrees of freedom of the sessions within patients, after the columns of X that differ within patients."""
        p = self.n_fixed
        lengths = np.sqrt(np.diag(self.within)[:p])
        some = lengths > 0
        alike = self.within[:p, :p][np.ix_(some, some)] / np.outer(lengths[some], lengths[some])
        rank = int(np.count_nonzero(np.linalg.eigvalsh(alike) > 1e-10)) if some.any() else 0
        return self.n_sessions - int(self.patients.sum()) - rank

    @property
    def free(self) -> list[int]:
        """Ratios that may differ from zero."""
        return [place for place in range(self.n_ratios) if place not in self.held]

    def optimum(self) -> Optimum:
        """The variance ratios of least deviance, zero allowed.

        A coarse grid finds the valley, Newton steps its floor; each set of ratios held at zero is tried, so that a
        minimum on the boundary is exactly zero. The deviance is flat if it does not change from a ratio of 0.0001 to
        one of 1,000; beyond, rounding might hide that.
        """
        best, values = self._grid()
        zero = np.zeros(self.n_ratios)
        candidates = [(self.deviance(zero), zero)]
        if self._alike(values):
            return Optimum(zero, candidates[0][0], tuple(self.free))
        candidates.extend(self._polished(best))
        value, ratios = min(candidates, key=lambda pair: pair[0])
        return Optimum(ratios, value, tuple(k for k in self.free if self._alike(self._along(k, ratios))))

    def _alike(self, values: Floats) -> bool:
        """Whether deviances differ by no more than rounding."""
        finite = values[np.isfinite(values)]
        return len(finite) > 0 and float(np.ptp(finite)) <= 1e-8 * max(1.0, self.n_sessions)

    def _along(self, place: int, ratios: Floats) -> Floats:
        """Deviances with one ratio moved from 0.001 to 1,000 and the others where they are."""
        moved = np.tile(ratios, (7, 1))
        moved[:, place] = 10.0 ** np.arange(-3.0, 4.0)
        return np.array([self.deviance(point) for point in moved])

    def _grid(self) -> tuple[Floats, Floats]:
        """Best point of a coarse grid of the free ratios, none zero, and the deviance where none is above 1,000."""
        axis = 10.0 ** (np.linspace(-4, 8, 25) if len(self.free) == 1 else np.linspace(-3, 3, 7))
        axes = [axis if place in self.free else np.zeros(1) for place in range(self.n_ratios)]
        points = np.array(list(itertools.product(*axes)))
        values = self._deviances(axis) if self.outer is None else None
        if values is None:
            own = axes[1] if self.outer is not None else [0.0]
            values = np.array(
                [self._deviance(*pair) for inner in axes[0] for pair in self.crossproducts(float(inner), own)]
            )
        return points[int(np.argmin(values))], values[points.max(axis=1) <= 1e3]

    def _deviances(self, ratios: Floats) -> Floats | None:
        """Deviance at many patient ratios at once, or None if one of them cannot be computed."""
        n, p, nu = self.sizes, self.n_fixed, self.degrees
        spread = 1.0 + np.outer(ratios, n)
        a = self.within + np.tensordot(1.0 / (n * spread), self.classes, axes=1)
        try:
            diagonal = np.log(np.diagonal(np.linalg.cholesky(a), axis1=1, axis2=2))
        except np.linalg.LinAlgError:
            return None
        logdet = np.log(spread) @ self.patients + (2.0 * diagonal[:, :p].sum(axis=1) if self.reml else 0.0)
        return np.asarray(logdet + nu * (2.0 * diagonal[:, p] + np.log(2.0 * np.pi / nu) + 1.0))

    def _polished(self, start: Floats) -> Iterator[tuple[float, Floats]]:
        """Minima for each choice of free ratios that are not zero."""
        sizes = range(1, len(self.free) + 1)
        for active in (some for size in sizes for some in itertools.combinations(self.free, size)):
            logs = minimum(self.profiled(active), np.log(start[list(active)]))
            ratios = np.zeros(self.n_ratios)
            ratios[list(active)] = np.exp(logs)
            yield self.deviance(ratios), ratios


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a positive definite matrix."""
    if len(matrix) == 0:
        return np.zeros((0, 0))
    root = np.linalg.inv(np.linalg.cholesky(matrix))
    return np.asarray(root.T @ root)


def likelihood_of(sums: Sums, basis: Basis, *, reml: bool) -> Likelihood:
    """The likelihood of a model, in its basis' stand-in columns.

    An outer grouping of one group, or of one patient in each, cannot be told apart and is left out.
    """
    turn = basis.map
    classes = turn.T @ sums.classes @ turn
    total = turn.T @ sums.total @ turn
    within = total - np.tensordot(1.0 / sums.sizes, classes, axes=1)
    constant = np.abs(np.diag(within)) <= 1e-13 * np.abs(np.diag(total))
    within[constant, :] = 0.0
    within[:, constant] = 0.0
    outer = sums.outer
    identified = outer is not None and 1 < len(outer.labels) < sums.n_patients
    table = outer_table(outer, outer.sums @ turn) if outer is not None and identified else None
    held = (0,) if table is not None and sums.sizes.tolist() == [1] else ()
    return Likelihood(within, sums.sizes, sums.patients, classes, sums.n_sessions, reml, table, held)
