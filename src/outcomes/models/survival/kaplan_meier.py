"""Right-censored counts in, a Kaplan-Meier curve out, with errors that respect the patient.

The variance is the infinitesimal jackknife summed within patients, as R's ``survfit(cluster=)`` computes it.
With ``S`` the curve, ``C(t) = sum d / (r (r - d))`` up to ``t``, a session that ended at ``u`` moves the curve by
``-S(t) e`` once ``t >= u``, where ``e = event / (r - d) - C(u)``, and by ``S(t) C(t)`` before. The square of a
patient's sum is then a sum over pairs of that patient's cells, so the products of an event table carry it
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models import Flags, Floats, Ints

__all__ = ["KaplanMeier", "Pairs", "Point", "kaplan_meier"]


@dataclass(frozen=True)
class Pairs:
    """Pairs of cells ``a <= b`` and ``product``, the sum over patients of the product of their sessions there."""

    a: Ints
    b: Ints
    product: Floats

    @property
    def weight(self) -> Floats:
        """Products, twice where the cells differ: what a full quadratic form needs."""
        return np.where(self.a == self.b, 1.0, 2.0) * self.product

    def quadratic(self, influence: Floats) -> float:
        """Sum over patients of the square of their summed influence, given each cell's influence."""
        return float(max(np.sum(self.weight * influence[self.a] * influence[self.b]), 0.0))


@dataclass(frozen=True)
class Point:
    """An estimate, its standard error, and what is to be said about it (blank if nothing)."""

    estimate: float
    std_error: float
    note: str = ""


@dataclass(frozen=True)
class KaplanMeier:
    """A fitted curve: one entry per distinct hour.

    Attributes
    ----------
    time_h, from_h : numpy.ndarray
        Hour of each step, and where the step may have begun (the same hour here).
    at_risk, resolved, censored : numpy.ndarray
        Sessions still sore and under observation just before, resolved at, and last asked at the hour.
    still_sore, std_error : numpy.ndarray
        Share still sore after the hour, and its standard error.
    """

    time_h: Floats
    at_risk: Floats
    resolved: Floats
    censored: Floats
    still_sore: Floats
    std_error: Floats
    pairs: Pairs
    cell_time: Ints
    leverage: Floats
    greenwood: Floats

    @property
    def from_h(self) -> Floats:
        """Where each step may have begun: known to the hour."""
        return self.time_h

    @property
    def note(self) -> str:
        """Nothing is to be said about the curve as a whole."""
        return ""

    @property
    def known_until(self) -> float:
        """Hour up to which the curve is determined; infinite where it reached zero."""
        return float("inf") if self.still_sore[-1] == 0 else float(self.time_h[-1])

    def at(self, hour: float) -> Point:
        """Share still sore after ``hour``."""
        if hour > self.known_until:
            return Point(np.nan, np.nan, f"no session was followed to {hour:g} h")
        index = int(np.searchsorted(self.time_h, hour, side="right")) - 1
        if index < 0:
            return Point(1.0, 0.0)
        return Point(float(self.still_sore[index]), float(self.std_error[index]))

    def restricted_mean(self, limit: float) -> Point:
        """Mean hours of soreness counted up to ``limit``: the area under the curve."""
        if limit > self.known_until:
            return Point(np.nan, np.nan, f"no session was followed to {limit:g} h")
        edges = np.minimum(np.concatenate([[0.0], self.time_h, [np.inf]]), limit)
        width = np.diff(edges)
        area = width * np.concatenate([[1.0], self.still_sore])
        tail = np.concatenate([np.cumsum(area[::-1])[::-1], [0.0]])
        before = np.concatenate([[0.0], np.cumsum(area * np.concatenate([[0.0], self.greenwood]))])
        step = self.cell_time + 1
        influence = before[step] - self.leverage * tail[step]
        return Point(float(area.sum()), float(np.sqrt(self.pairs.quadratic(influence))))


def kaplan_meier(time: Floats, event: Flags, count: Floats, pairs: Pairs) -> KaplanMeier:
    """Fit the curve from cells of (hour, event) with their counts and pair products.

    Parameters
    ----------
    time : numpy.ndarray, shape (k,)
        Hours, ascending.
    event : numpy.ndarray of bool, shape (k,)
        Whether soreness ended then (else still sore when last asked).
    count : numpy.ndarray, shape (k,)
        Sessions in each cell.
    pairs : Pairs
        Products of the cells within patients.

    Returns
    -------
    KaplanMeier

    References
    ----------
    .. [1] Kaplan & Meier (1958), J Am Stat Assoc 53:457.
    .. [2] Therneau & Grambsch (2000), Modeling Survival Data, chapter 7 (the infinitesimal jackknife).
    """
    hours, cell_time = np.unique(time, return_inverse=True)
    cell_time = cell_time.astype(np.int64)
    resolved: Floats = np.bincount(cell_time, weights=count * event, minlength=len(hours)).astype(float)
    ended: Floats = np.bincount(cell_time, weights=count, minlength=len(hours)).astype(float)
    at_risk: Floats = np.cumsum(ended[::-1])[::-1]
    left = at_risk - resolved
    survivors = np.where(left > 0, left, np.inf)
    greenwood = np.cumsum(resolved / (at_risk * survivors))
    still_sore = np.asarray(np.cumprod(left / at_risk), dtype=np.float64)
    leverage = event / survivors[cell_time] - greenwood[cell_time]
    variance = _relative_variance(pairs, cell_time, leverage, greenwood)
    return KaplanMeier(
        time_h=hours,
        at_risk=at_risk,
        resolved=resolved,
        censored=ended - resolved,
        still_sore=still_sore,
        std_error=still_sore * np.sqrt(variance),
        pairs=pairs,
        cell_time=cell_time,
        leverage=leverage,
        greenwood=greenwood,
    )


def _relative_variance(pairs: Pairs, cell_time: Ints, leverage: Floats, greenwood: Floats) -> Floats:
    """Clustered variance of log S at each hour, from cumulative sums over the pairs."""
    size, weight = len(greenwood), pairs.weight
    first, second = cell_time[pairs.a], cell_time[pairs.b]
    early, late = leverage[pairs.a], leverage[pairs.b]

    def by_time(at: Ints, value: Floats) -> Floats:
        return np.bincount(at, weights=value, minlength=size).astype(float)

    neither = weight.sum() - np.cumsum(by_time(first, weight))
    one = np.cumsum(by_time(first, weight * early) - by_time(second, weight * early))
    both = np.cumsum(by_time(second, weight * early * late))
    return np.asarray(np.maximum(greenwood**2 * neither - greenwood * one + both, 0.0))
