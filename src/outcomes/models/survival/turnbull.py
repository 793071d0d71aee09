"""Interval-censored counts in, the Turnbull curve out, with errors that respect the patient.

The nonparametric maximum-likelihood estimate puts mass only on the innermost intervals of the records. Each
record covers a run of them, so every sum over records is a difference of cumulative sums, and the cost of a step
does not depend on how many sessions stand behind a count. Expectation-maximisation brings the masses near; a
Newton step with non-negative least squares then ends at the Karush-Kuhn-Tucker conditions.

Errors are the sandwich (infinitesimal jackknife) of the masses above zero, summed within patients. For records
that are all exact or right-censored it is the Kaplan-Meier one, digit for digit. Masses at zero are held there,
so with few sessions the errors are somewhat small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.models import Floats, Ints
from outcomes.models.survival.kaplan_meier import Pairs, Point

__all__ = ["Support", "Turnbull", "masses", "support_of", "turnbull"]

LARGEST = 1500
KKT = 1e-12


@dataclass(frozen=True)
class Support:
    """Innermost intervals, and the run of them that each record covers.

    Attributes
    ----------
    start_h, end_h : numpy.ndarray, shape (m,)
        Intervals ``(start_h, end_h]``; a point where both are equal; the last may be endless.
    first, last : numpy.ndarray, shape (k,)
        Record ``c`` covers intervals ``first[c]`` up to but not including ``last[c]``.
    """

    start_h: Floats
    end_h: Floats
    first: Ints
    last: Ints

    def covered(self, values: Floats) -> Floats:
        """Sum ``values`` (shape (m,) or (m, t)) over the intervals each record covers."""
        total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
        return np.asarray(total[self.last] - total[self.first])

    def spread(self, weight: Floats) -> Floats:
        """Sum ``weight`` of the records that cover each interval."""
        size = len(self.start_h) + 1
        opened = np.bincount(self.first, weights=weight, minlength=size)
        closed = np.bincount(self.last, weights=weight, minlength=size)
        return np.cumsum(opened - closed)[:-1]

    def spread_twice(self, weight: Floats) -> Floats:
        """Sum ``weight`` of the records that cover both of two intervals, shape (m, m)."""
        size = len(self.start_h)
        corner = np.bincount(self.first * (size + 1) + self.last, weights=weight, minlength=size * (size + 1))
        opened = np.cumsum(corner.reshape(size, size + 1), axis=0)
        both = np.cumsum(opened[:, ::-1], axis=1)[:, ::-1][:, 1:]
        upper = np.triu(both)
        return np.asarray(upper + np.triu(upper, 1).T)


def support_of(lower: Floats, upper: Floats) -> Support:
    """Find the innermost intervals of records ``(lower, upper]`` (a point where both are equal).

    Hours are laid on a line where each distinct hour and each gap between two has a place, so that open and
    closed ends need no rule of their own.
    """
    hours = np.unique(np.concatenate([lower, upper[np.isfinite(upper)]]))
    exact = lower == upper
    begin = 2 * np.searchsorted(hours, lower) + np.where(exact, 0, 1)
    end = np.where(np.isinf(upper), 2 * len(hours) - 1, 2 * np.searchsorted(hours, upper))
    begins, ends = np.unique(begin), np.unique(end)
    nearest = begins[np.searchsorted(begins, ends, side="right") - 1]
    inner = np.concatenate([[-1], ends[:-1]]) < nearest
    a, b = nearest[inner], ends[inner]
    edge = np.concatenate([hours, [np.inf]])
    return Support(
        start_h=edge[a // 2],
        end_h=np.where(b % 2 == 0, edge[b // 2], np.inf),
        first=np.searchsorted(a, begin, side="left").astype(np.int64),
        last=np.searchsorted(b, end, side="right").astype(np.int64),
    )


def masses(support: Support, count: Floats) -> tuple[Floats, float]:
    """Maximise the likelihood over the masses.

    Returns
    -------
    numpy.ndarray, shape (m,)
        Masses, summing to one.
    float
        Largest violation of the Karush-Kuhn-Tucker conditions, relative to the number of sessions.
    """
    n, m = count.sum(), len(support.start_h)
    mass = np.full(m, 1.0 / m)
    large = m > LARGEST
    for _ in range(3000 if large else 30):
        mass = mass * support.spread(count / support.covered(mass)) / n
    for _ in range(0 if large else 200):
        if _violation(support, count, mass) < KKT:
            break
        mass = _newton_step(support, count, mass)
    mass = mass / mass.sum()
    return mass, _violation(support, count, mass)


def _violation(support: Support, count: Floats, mass: Floats) -> float:
    slope = support.spread(count / support.covered(mass)) / count.sum() - 1.0
    return float(max(slope.max(initial=0.0), np.abs(slope[mass > 0]).max(initial=0.0)))


def _newton_step(support: Support, count: Floats, mass: Floats) -> Floats:
    """Maximise the quadratic approximation over non-negative masses, then halve the step until it climbs."""
    from scipy.optimize import nnls

    n = count.sum()
    covered = support.covered(mass)
    slope = support.spread(count / covered)
    use = np.flatnonzero((mass > 1e-13) | (slope > n))
    curvature = support.spread_twice(count / covered**2)[np.ix_(use, use)]
    ridge = 1e-13 * np.trace(curvature) / len(use)
    factor = np.linalg.cholesky(curvature + ridge * np.eye(len(use)))
    target = np.linalg.solve(factor, 2.0 * slope[use] - n + ridge * mass[use])
    wanted = np.zeros_like(mass)
    free = np.linalg.solve(factor.T, target)
    wanted[use] = free if free.min() >= 0 else nnls(factor.T, target, maxiter=50 * len(use))[0]
    height = _log_likelihood(support, count, mass)
    step = 1.0
    for _ in range(40):
        moved = wanted if step == 1.0 else mass + step * (wanted - mass)
        if _log_likelihood(support, count, moved) >= height - 1e-13 * abs(height):
            return moved
        step /= 2.0
    return mass


def _log_likelihood(support: Support, count: Floats, mass: Floats) -> float:
    covered = support.covered(mass)
    if np.any(covered <= 0):
        return -np.inf
    return float(count @ np.log(covered) - count.sum() * mass.sum())


@dataclass(frozen=True)
class Turnbull:
    """A fitted curve: one entry per step and per hour at which someone was last asked.

    Attributes
    ----------
    time_h, from_h : numpy.ndarray
        The curve is at ``still_sore`` from ``time_h`` on; it fell somewhere in ``(from_h, time_h]``.
    at_risk, resolved : numpy.ndarray
        Expected numbers of sessions, given all records.
    censored : numpy.ndarray
        Sessions last asked at the hour while still sore.
    still_sore, std_error : numpy.ndarray
        Share still sore after the hour, and its patient-clustered standard error.
    note : str
        What is to be said about the whole curve.
    """

    time_h: Floats
    from_h: Floats
    at_risk: Floats
    resolved: Floats
    censored: Floats
    still_sore: Floats
    std_error: Floats
    note: str
    support: Support
    mass: Floats
    count: Floats
    pairs: Pairs

    @property
    def known_until(self) -> float:
        """Hour up to which the curve is determined; infinite where it reached zero."""
        endless = np.isinf(self.support.end_h) & (self.mass > 0)
        return float(self.support.start_h[endless][0]) if endless.any() else float("inf")

    def at(self, hour: float) -> Point:
        """Share still sore after ``hour``; read off a straight line where it is only known at both sides."""
        if hour > self.known_until:
            return Point(np.nan, np.nan, f"no session was followed to {hour:g} h")
        start, end = self.support.start_h, self.support.end_h
        open_here = (start < hour) & (hour < end) & (self.mass > 0)
        width = np.where(open_here, end - start, 1.0)
        left = np.where(open_here, (end - hour) / width, (end > hour).astype(float))
        note = ""
        if open_here.any():
            j = int(np.flatnonzero(open_here)[0])
            note = f"at {hour:g} h the share is read off a line from {start[j]:g} to {end[j]:g} h"
        return Point(float(left @ self.mass), self._error(left), note)

    def restricted_mean(self, limit: float) -> Point:
        """Mean hours of soreness counted up to ``limit``, each mass spread evenly over its interval."""
        if limit > self.known_until:
            return Point(np.nan, np.nan, f"no session was followed to {limit:g} h")
        start, end = np.minimum(self.support.start_h, limit), np.minimum(self.support.end_h, limit)
        width = np.where(np.isinf(self.support.end_h), 0.0, self.support.end_h) - self.support.start_h
        inside = np.where(width > 0, (end - start) / np.where(width > 0, width, 1.0), 0.0)
        hours = np.where(inside > 0, inside * (start + end) / 2.0 + (1.0 - inside) * limit, start)
        low, high = float(start @ self.mass), float(end @ self.mass)
        note = ""
        if high - low > 1e-9:
            note = f"the records fix the mean to {limit:g} h only to between {low:.1f} and {high:.1f} h"
        return Point(float(hours @ self.mass), self._error(hours), note)

    def median(self) -> Point:
        """Hour by which half had resolved; on a straight line inside an interval nobody was asked in."""
        here = np.flatnonzero(self.mass > 0)
        reached = np.cumsum(self.mass[here])
        j = int(np.argmax(reached >= 0.5 - 1e-8))
        start, end = self.support.start_h[here], self.support.end_h[here]
        if abs(reached[j] - 0.5) < 1e-8 and j + 1 < len(here):
            return Point(float((end[j] + start[j + 1]) / 2.0), np.nan)
        if np.isinf(end[j]):
            return Point(np.nan, np.nan)
        share = (0.5 - (reached[j] - self.mass[here][j])) / self.mass[here][j]
        note = (
            "" if start[j] == end[j] else f"the median is known only to lie from {start[j]:g} to {end[j]:g} h"
        )
        return Point(float(start[j] + share * (end[j] - start[j])), np.nan, note)

    def _error(self, functional: Floats) -> float:
        return float(self._spread.std_errors(functional[:, None])[0])

    @cached_property
    def _spread(self) -> _Spread:
        return _Spread.of(self.support, self.mass, self.count, self.pairs)


def turnbull(lower: Floats, upper: Floats, count: Floats, pairs: Pairs) -> Turnbull:
    """Fit the curve from cells ``(lower, upper]`` with their counts and pair products.

    Parameters
    ----------
    lower, upper : numpy.ndarray, shape (k,)
        Hours; equal where the hour is known, ``upper`` infinite where still sore when last asked.
    count : numpy.ndarray, shape (k,)
        Sessions in each cell.
    pairs : Pairs
        Products of the cells within patients.

    Returns
    -------
    Turnbull

    References
    ----------
    .. [1] Turnbull (1976), J R Stat Soc B 38:290.
    .. [2] Wang (2007), J R Stat Soc B 69:185 (the constrained Newton method).
    """
    support = support_of(lower, upper)
    mass, violation = masses(support, count)
    ended = np.isfinite(upper)
    covered = support.covered(mass)
    resolved = mass * support.spread(np.where(ended, count / covered, 0.0))
    steps = (mass > 0) & np.isfinite(support.end_h)
    hours = np.unique(np.concatenate([support.end_h[steps], lower[~ended]]))
    step = np.searchsorted(hours, support.end_h[steps])
    resolved_at = np.bincount(step, weights=resolved[steps], minlength=len(hours)).astype(float)
    last_asked = np.searchsorted(hours, lower[~ended])
    censored = np.bincount(last_asked, weights=count[~ended], minlength=len(hours)).astype(float)
    after = (support.end_h[:, None] > hours[None, :]).astype(np.float64)
    start = hours.copy()
    start[step] = support.start_h[steps]
    return Turnbull(
        time_h=hours,
        from_h=start,
        at_risk=np.cumsum((resolved_at + censored)[::-1])[::-1],
        resolved=resolved_at,
        censored=censored,
        still_sore=np.where(mass @ after < 1e-14, 0.0, mass @ after),
        std_error=_Spread.of(support, mass, count, pairs).std_errors(after),
        note=_remark(support, violation),
        support=support,
        mass=mass,
        count=count,
        pairs=pairs,
    )


def _remark(support: Support, violation: float) -> str:
    if len(support.start_h) > LARGEST:
        return f"more than {LARGEST} distinct intervals: errors are left out"
    return "the curve did not settle; read it with care" if violation > 1e-8 else ""


@dataclass(frozen=True)
class _Spread:
    """What the patient-clustered error of any linear functional of the masses needs, worked out once a curve.

    ``inverse`` is that of the curvature of the masses above zero, shape (m, m); None where there are too many.
    """

    support: Support
    mass: Floats
    sessions: float
    covered: Floats
    inverse: Floats | None
    pairs: Pairs

    @classmethod
    def of(cls, support: Support, mass: Floats, count: Floats, pairs: Pairs) -> _Spread:
        covered, inverse = support.covered(mass), None
        if len(mass) <= LARGEST:
            here = np.flatnonzero(mass > 0)
            curvature = support.spread_twice(count / covered**2)[np.ix_(here, here)]
            inverse = np.zeros((len(mass), len(mass)))
            inverse[np.ix_(here, here)] = np.linalg.pinv(curvature, rcond=1e-13, hermitian=True)
        return cls(support, mass, float(count.sum()), covered, inverse, pairs)

    def std_errors(self, functionals: Floats) -> Floats:
        """Standard errors of linear functionals (columns, shape (m, t)) of the masses."""
        if self.inverse is None:
            return np.full(functionals.shape[1], np.nan)
        solved = self.inverse @ functionals
        centre = self.mass @ functionals / self.sessions
        variance = np.empty(functionals.shape[1])
        a, b, weight = self.pairs.a, self.pairs.b, self.pairs.weight
        width = max(1, 2_000_000 // max(len(a), len(self.covered), 1))
        for at in range(0, len(variance), width):
            span = slice(at, at + width)
            influence = self.support.covered(solved[:, span]) / self.covered[:, None] - centre[span]
            variance[span] = weight @ (influence[a] * influence[b])
        return np.sqrt(np.maximum(variance, 0.0))
