"""Courses of which some stop in, the mean that all who began would have out: by weights, and with its error.

Who goes on to session ``k + 1`` stands for those like them who do not. The weights are those of a logistic model of
going on, fitted so that those who went on, weighted, have the same mean of every column of the design as all who were
there at ``k`` (calibrated weights: Tan 2020, Biometrika 107:137; Imai & Ratkovic 2014, JRSS B 76:243). They are right
where going on depends on what is in the design, and also where the reading is linear in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.errors import EstimationError
from outcomes.models import Flags, Floats, Whole
from outcomes.models.newton import minimise
from outcomes.models.ratio import clustered_error

__all__ = ["Courses", "weights_to_go_on"]

RIDGE = 1.0
"""Slopes of the model of going on are held as by a normal of this precision, so that there is always a solution."""


def weights_to_go_on(design: Floats, went_on: Flags, weights: Floats) -> Floats:
    """One over the chance of going on, calibrated.

    Parameters
    ----------
    design : ndarray, shape (n, p)
        The first column is the constant.
    went_on : ndarray of bool, shape (n,)
    weights : ndarray, shape (n,)
        How many each stands for already.

    Returns
    -------
    ndarray, shape (n,)
        At least 1. Weighted by it, the means of the design of those who went on are those of all, but for the ridge.

    Raises
    ------
    EstimationError
        If nobody went on, or no solution is found.
    """
    on = went_on.astype(np.float64)
    if not on.any():
        raise EstimationError("no course goes on")
    if on.all():
        return np.ones(len(on))
    held = np.full(design.shape[1], RIDGE)
    held[0] = 0.0

    def loss(slopes: Floats) -> tuple[float, Floats, Floats]:
        line = design @ slopes
        odds = np.exp(-line) * on
        value = float(weights @ (odds + (1.0 - on) * line) + 0.5 * held @ slopes**2)
        gradient = design.T @ (weights * (1.0 - on - odds)) + held * slopes
        return value, gradient, (design * (weights * odds)[:, None]).T @ design + np.diag(held)

    start = np.zeros(design.shape[1])
    start[0] = np.log((weights @ on) / (weights @ (1.0 - on)))
    found = minimise(loss, start, bounded=False)
    if found is None:
        raise EstimationError("these sessions do not tell who comes again")
    return 1.0 + np.exp(-design @ found)


@dataclass(frozen=True)
class Courses:
    """Sessions of courses that begin together.

    Attributes
    ----------
    course, number, patient : ndarray of int, shape (n,)
        Codes of the course and the patient; the session's number in the course, from 1 on without a gap.
    design : ndarray, shape (n, p)
        What going on may depend on, known at the session; the first column is the constant.
    """

    course: Whole
    number: Whole
    patient: Whole
    design: Floats

    @cached_property
    def _at(self) -> dict[int, Whole]:
        """Row of every course at a number, ordered by course."""
        order = np.argsort(self.course, kind="stable")
        return {int(k): order[self.number[order] == k] for k in np.unique(self.number)}

    @cached_property
    def weights(self) -> Floats:
        """How many of those who began each session stands for.

        Raises
        ------
        EstimationError
            As :func:`weights_to_go_on`.
        """
        found = np.ones(len(self.course))
        for number in list(self._at)[:-1]:
            here, there = self._at[number], self._at[number + 1]
            went_on = np.isin(self.course[here], self.course[there])
            found[there] = (found[here] * weights_to_go_on(self.design[here], went_on, found[here]))[went_on]
        return found

    def mean(self, values: Floats, number: int) -> tuple[float, float]:
        """Weighted mean of a reading at a session, and its standard error.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Missing where the session has none; that is taken to tell nothing.
        number : int

        Notes
        -----
        The error is that of the influence function: the reading as a regression on the design of the session before
        predicts it, that as one on the session before, and so on; each deviation counts as often as its weight, with
        the leverage of its own session taken out as the jackknife does, and all of one patient are summed.
        """
        rows = self._at[number]
        rows = rows[np.isfinite(values[rows])]
        weight = self.weights[rows]
        mean = float(weight @ values[rows] / weight.sum())
        part, predicted = np.zeros(len(self.course)), values[rows]
        for before in range(number - 1, 0, -1):
            here = self._at[before]
            was = here[np.isin(self.course[here], self.course[rows])]
            slopes, leverage = _regression(self.design[was], predicted, weight)
            deviation = (predicted - self.design[was] @ slopes) / (1.0 - np.minimum(leverage, 0.9))
            part[was] += deviation * weight * (self.weights[here].sum() / weight.sum())
            rows, weight, predicted = here, self.weights[here], self.design[here] @ slopes
        part[rows] += predicted - predicted.mean()
        counted = np.isin(self.course, self.course[rows])
        return mean, clustered_error(part[counted], self.patient[counted]) / len(rows)


def _regression(design: Floats, values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Slopes of a weighted regression, and how far each value predicts itself."""
    root = np.sqrt(weight)[:, None]
    inverse = np.linalg.pinv(design * root)
    return inverse @ (values * root[:, 0]), np.einsum("ij,ji->i", design * root, inverse)
