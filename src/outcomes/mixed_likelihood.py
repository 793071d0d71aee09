"""The likelihood of a random-intercept model as a function of its variance ratios, from moments alone.

With ``W = [X y]`` and variance ratios ``lam`` (patient, and for nested groupings the outer group, each over the
residual variance), ``A(lam) = W' V^-1 W`` and ``log |V|`` follow from the moments, and with them the deviance and its
first two derivatives. Optima are polished by Newton steps, so they are exact to rounding, and the cost does not depend
on the number of sessions. See docs/methods/mixed-models.md for the algebra.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from outcomes.moment_sums import Floats, OuterSums, Whole

__all__ = ["Likelihood", "Optimum", "OuterTable", "minimise", "outer_table"]

Function: TypeAlias = Callable[[Floats], tuple[float, Floats, Floats]]

LOG_LOW, LOG_HIGH = -25.0, 20.0
"""Bounds of the logarithm of a variance ratio that is not zero."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """``A`` and ``log |V|`` at some variance ratios, with first and second derivatives in them.

    Attributes
    ----------
    a : ndarray, shape (q, q)
    da : ndarray, shape (k, q, q)
    dda : ndarray, shape (k, k, q, q)
    logdet : float
    dlogdet : ndarray, shape (k,)
    ddlogdet : ndarray, shape (k, k)
    """

    a: Floats
    da: Floats
    dda: Floats
    logdet: float
    dlogdet: Floats
    ddlogdet: Floats


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
    """A minimum of the deviance: its variance ratios, its value, and whether the deviance does not depend on them."""

    ratios: Floats
    deviance: float
    flat: bool


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
    """

    within: Floats
    sizes: Whole
    patients: Whole
    classes: Floats
    n_sessions: int
    reml: bool
    outer: OuterTable | None = None

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

    def crossproduct(self, ratios: Floats) -> tuple[Floats, float]:
        """``A`` and ``log |V|``."""
        n = self.sizes
        weights = 1.0 / (n * (1.0 + ratios[0] * n))
        a = self.within + np.tensordot(weights, self.classes, axes=1)
        logdet = float(self.patients @ np.log1p(ratios[0] * n))
        if self.outer is not None and ratios[1] > 0:
            shares = 1.0 / (1.0 + ratios[0] * self.outer.sizes)
            u, d = self.outer.by_group(shares)
            scaled = u * np.sqrt(ratios[1] / (1.0 + ratios[1] * d))[:, None]
            a = a - scaled.T @ scaled
            logdet += float(self.outer.weight @ np.log1p(ratios[1] * d))
        return a, logdet

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
        added = _outer_pieces(self.outer, ratios)
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
        a, logdet = self.crossproduct(ratios)
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

    def optimum(self) -> Optimum:
        """The variance ratios of least deviance, zero allowed.

        A coarse grid finds the valley, Newton steps its floor; each set of ratios held at zero is tried, so that a
        minimum on the boundary is exactly zero.
        """
        best, values = self._grid()
        finite = values[np.isfinite(values)]
        flat = len(finite) > 0 and float(np.ptp(finite)) <= 1e-8 * max(1.0, self.n_sessions)
        zero = np.zeros(self.n_ratios)
        candidates = [(self.deviance(zero), zero)]
        if not flat:
            candidates.extend(self._polished(best))
        value, ratios = min(candidates, key=lambda pair: pair[0])
        return Optimum(ratios, value, flat)

    def _grid(self) -> tuple[Floats, Floats]:
        """Best point of a coarse grid of ratios that are not zero, and the deviance at every point."""
        axis = 10.0 ** (np.linspace(-4, 8, 25) if self.n_ratios == 1 else np.linspace(-3, 3, 7))
        points = [np.array(point) for point in itertools.product(axis, repeat=self.n_ratios)]
        values = self._deviances(axis) if self.outer is None else None
        if values is None:
            values = np.array([self.deviance(point) for point in points])
        return points[int(np.argmin(values))], values

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
        """Minima for each choice of ratios that are not zero."""
        every = range(self.n_ratios)
        for active in (s for size in every for s in itertools.combinations(every, size + 1)):
            logs = _found(self.profiled(active), np.log(start[list(active)]))
            ratios = np.zeros(self.n_ratios)
            ratios[list(active)] = np.exp(logs)
            yield self.deviance(ratios), ratios


def minimise(function: Function, start: Floats, *, bounded: bool = True) -> Floats | None:
    """Newton's method with damped steps.

    Parameters
    ----------
    function : callable
        Value, gradient and Hessian at a point.
    start : ndarray, shape (k,)
    bounded : bool
        Keep within the bounds of a log ratio, and stop once one is as good as zero. Otherwise stop as soon as the
        value no longer changes, for that is all a profile needs.

    Returns
    -------
    ndarray, shape (k,), or None
        The minimum, or None if none was found within a hundred steps.
    """
    if len(start) == 0:
        return start
    point = start
    value, gradient, hessian = _attempt(function, point)
    for _ in range(100):
        if not np.isfinite(value):
            return None
        step = -_solved(hessian, gradient)
        step *= min(1.0, 3.0 / float(np.abs(step).max() or 1.0))
        for _ in range(40):
            trial = np.clip(point + step, LOG_LOW, LOG_HIGH) if bounded else point + step
            following = _attempt(function, trial)
            close = abs(following[0] - value) <= 1e-11 * (1.0 + abs(value))
            if following[0] <= value or (close and np.abs(step).max() < 1e-3):
                break
            step = step / 2.0
        else:
            return point
        moved, gained = float(np.abs(trial - point).max()), value - following[0]
        point, (value, gradient, hessian) = trial, following
        if moved <= 1e-11 or (not bounded and abs(gained) <= 1e-12 * (1.0 + abs(value))):
            return point
        if bounded and point.min() <= LOG_LOW:
            return point
        if moved <= 1e-7 and float(np.abs(_solved(hessian, gradient)).max()) >= moved:
            return point  # rounding: Newton no longer improves
    return None


def _attempt(function: Function, point: Floats) -> tuple[float, Floats, Floats]:
    """The function at a point, infinite where rounding leaves no likelihood."""
    try:
        return function(point)
    except np.linalg.LinAlgError:
        return np.inf, np.zeros(len(point)), np.eye(len(point))


def _found(function: Function, start: Floats) -> Floats:
    """The minimum by Newton's method, or by a slower one where that does not settle."""
    point = minimise(function, start)
    if point is not None:
        return point
    from scipy import optimize

    def value(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return function(at)[0]

    bounds = optimize.Bounds(np.full(len(start), LOG_LOW), np.full(len(start), LOG_HIGH))
    slower = optimize.minimize(
        value, start.reshape(-1), method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9}
    )
    return np.asarray(slower.x, dtype=np.float64)


def _solved(hessian: Floats, gradient: Floats) -> Floats:
    """Newton direction, turned downhill where the function is not convex."""
    if len(gradient) == 1:
        curvature = abs(float(hessian[0, 0]))
        return gradient / max(curvature, 1e-12 * (1.0 + abs(float(gradient[0]))))
    values, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(values), 1e-10 * max(1e-300, float(np.abs(values).max())))
    return np.asarray(vectors @ ((vectors.T @ gradient) / size))


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a positive definite matrix."""
    if len(matrix) == 0:
        return np.zeros((0, 0))
    root = np.linalg.inv(np.linalg.cholesky(matrix))
    return np.asarray(root.T @ root)


# --- the outer grouping ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class OuterTable:
    """Outer groups as the likelihood needs them.

    Attributes
    ----------
    starts : ndarray of int, shape (groups,)
        First row of each group.
    sizes, patients : ndarray, shape (rows,)
        Sessions per patient, and patients that have so many.
    sums : ndarray, shape (rows, q)
        Their column sums.
    weight : ndarray, shape (groups,)
        How many groups each stands for in ``log |V|``.
    """

    starts: Whole
    sizes: Floats
    patients: Floats
    sums: Floats
    weight: Floats

    def by_group(self, share: Floats) -> tuple[Floats, Floats]:
        """Sums within groups of `share` times the column sums, and times the sessions."""
        u = np.add.reduceat(self.sums * share[:, None], self.starts, axis=0)
        return u, np.add.reduceat(share * self.patients * self.sizes, self.starts)


def outer_table(outer: OuterSums, sums: Floats) -> OuterTable:
    """Lay out outer groups, those of one make-up merged where they are many.

    Groups with the same numbers of patients and sessions enter the likelihood through their cross-product alone, so
    any other rows with that cross-product do as well: a triangular factor has no more rows than columns.

    Parameters
    ----------
    outer : OuterSums
    sums : ndarray, shape (rows, q)
        Its sums in the columns of the likelihood.

    Returns
    -------
    OuterTable
    """
    starts = np.flatnonzero(np.r_[True, np.diff(outer.group) != 0])
    stops = np.r_[starts[1:], len(outer.group)]
    alike: dict[bytes, list[int]] = {}
    for place, (low, high) in enumerate(zip(starts, stops, strict=True)):
        alike.setdefault(outer.sizes[low:high].tobytes() + outer.patients[low:high].tobytes(), []).append(
            place
        )
    parts = []
    for members in alike.values():
        low, rows = starts[members[0]], int(stops[members[0]] - starts[members[0]])
        stacked = sums[starts[members][:, None] + np.arange(rows)].reshape(len(members), -1)
        if len(members) > stacked.shape[1]:
            stacked = np.linalg.qr(stacked, mode="r")
        repeat = len(stacked)
        sizes, patients = (np.tile(v[low : low + rows], repeat) for v in (outer.sizes, outer.patients))
        weight = np.full(repeat, len(members) / repeat)
        parts.append((np.full(repeat, rows), sizes, patients, stacked.reshape(repeat * rows, -1), weight))
    lengths, sizes, patients, columns, weight = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    first = np.r_[0, np.cumsum(lengths)[:-1]].astype(np.intp)
    return OuterTable(first, sizes.astype(np.float64), patients.astype(np.float64), columns, weight)


def _outer_pieces(outer: OuterTable, ratios: Floats) -> Pieces:
    """What the outer grouping adds to ``A`` and ``log |V|``, with derivatives."""
    inner, own = ratios
    n, weight = outer.sizes, outer.weight
    share = 1.0 / (1.0 + inner * n)
    u, d = outer.by_group(share)
    u1, d1 = outer.by_group(-n * share**2)
    u2, d2 = outer.by_group(2.0 * n**2 * share**3)
    room = 1.0 + own * d
    k, kappa = own / room, 1.0 / room**2
    k1, k11 = -(k**2) * d1, 2.0 * k**3 * d1**2 - k**2 * d2
    kappa1, kappa2 = -2.0 * own * d1 / room**3, -2.0 * d / room**3

    def cross(weights: Floats, left: Floats, right: Floats) -> Floats:
        product = (left * weights[:, None]).T @ right
        return np.asarray(product + product.T)

    a = -cross(k, u, u) / 2.0
    first = -(cross(k1, u, u) / 2.0 + cross(k, u1, u))
    second = -(cross(k11, u, u) / 2.0 + 2.0 * cross(k1, u1, u) + cross(k, u2, u) + cross(k, u1, u1))
    da = np.array([first, -cross(kappa, u, u) / 2.0])
    mixed = -(cross(kappa1, u, u) / 2.0 + cross(kappa, u1, u))
    dda = np.array([[second, mixed], [mixed, -cross(kappa2, u, u) / 2.0]])
    dlog = np.array([float(weight @ (k * d1)), float(weight @ (d / room))])
    middle = float(weight @ (kappa * d1))
    inner_inner, own_own = float(weight @ (k * d2 - (k * d1) ** 2)), -float(weight @ ((d / room) ** 2))
    ddlog = np.array([[inner_inner, middle], [middle, own_own]])
    return Pieces(a, da, dda, float(weight @ np.log(room)), dlog, ddlog)
