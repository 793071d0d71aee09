"""Innermost intervals, the maximum, and the sandwich, each by another road."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from outcomes.models.survival.kaplan_meier import Pairs
from outcomes.models.survival.turnbull import masses, support_of, turnbull

TIMES = st.sampled_from([0.0, 2.0, 6.0, 12.0, 24.0, 48.0])


@st.composite
def records(draw):
    """Exact, interval and right-censored records with counts."""
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        a, b = sorted((draw(TIMES), draw(TIMES)))
        rows.append((a, draw(st.sampled_from([b, np.inf])), draw(st.integers(1, 5))))
    low, high, count = map(np.array, zip(*rows, strict=True))
    return low, high, count.astype(float)


def covers(low, high, start, end) -> bool:
    """Whether (low, high] holds (start, end], a point where both are equal."""
    if low == high:
        return start == end == low
    if start == end:
        return low < start <= high
    return low <= start and end <= high


@settings(max_examples=150, deadline=None)
@given(records())
def test_the_masses_are_the_maximum_of_the_likelihood(case):
    low, high, count = case
    support = support_of(low, high)
    mass, violation = masses(support, count)
    inside = np.array(
        [
            [covers(a, b, s, e) for s, e in zip(support.start_h, support.end_h, strict=True)]
            for a, b in zip(low, high, strict=True)
        ]
    )
    runs = np.zeros_like(inside)
    for i, (first, last) in enumerate(zip(support.first, support.last, strict=True)):
        runs[i, first:last] = True
    np.testing.assert_array_equal(runs, inside)
    assert mass.sum() == pytest.approx(1, abs=1e-12)
    assert violation < 1e-9
    slope = (count / (inside @ mass)) @ inside / count.sum()
    assert slope.max() < 1 + 1e-8  # concave, so that this alone proves the maximum


def test_the_sandwich_is_that_of_numerical_derivatives():
    rng = np.random.default_rng(3)
    hours = rng.choice([3.0, 8.0, 20.0, 30.0, 60.0], 90, p=[0.2, 0.3, 0.2, 0.2, 0.1])
    visits = np.array([0, 6, 12, 24, 48])
    low = np.array([visits[visits < h].max() for h in hours]).astype(float)
    high = np.array([visits[visits >= h].min() if h < 48 else np.inf for h in hours])
    wide = rng.random(90) < 0.3
    low[wide] = 0.0
    who = rng.integers(0, 20, 90)
    cells, cell = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    table = np.zeros((20, len(cells)))
    np.add.at(table, (who, cell), 1)
    a, b = np.triu_indices(len(cells))
    fit = turnbull(cells[:, 0], cells[:, 1], table.sum(axis=0), Pairs(a, b, (table.T @ table)[a, b]))
    assert (fit.mass > 1e-3).all()

    inside = np.zeros((len(cells), len(fit.mass)))
    for i, (first, last) in enumerate(zip(fit.support.first, fit.support.last, strict=True)):
        inside[i, first:last] = 1

    def shares(weight):
        """Maximise by a general optimiser on the logits."""
        count = weight @ table

        def loss(x):
            p = np.append(np.exp(x), 1.0)
            p /= p.sum()
            slope = inside.T @ (count / (inside @ p))
            return -count @ np.log(inside @ p), -(p * (slope - p @ slope))[:-1]

        x = minimize(loss, np.zeros(len(fit.mass) - 1), jac=True, method="BFGS", options={"gtol": 1e-9}).x
        p = np.append(np.exp(x), 1.0)
        return 1 - np.cumsum(p / p.sum())[:-1]

    h = 1e-3
    moves = []
    for i in range(20):
        up, down = np.ones(20), np.ones(20)
        up[i], down[i] = 1 + h, 1 - h
        moves.append((shares(up) - shares(down)) / (2 * h))
    slow = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    np.testing.assert_allclose(fit.still_sore, shares(np.ones(20)), atol=1e-6)
    np.testing.assert_allclose(fit.std_error, slow, rtol=2e-3)


def test_expected_counts_give_the_curve_back():
    low, high = np.array([0.0, 6.0, 6.0, 12.0, 24.0]), np.array([6.0, 6.0, 24.0, np.inf, 48.0])
    count = np.array([3.0, 2.0, 4.0, 2.0, 3.0])
    pairs = Pairs(np.arange(5), np.arange(5), count)
    fit = turnbull(low, high, count, pairs)
    np.testing.assert_allclose(np.cumprod(1 - fit.resolved / fit.at_risk), fit.still_sore, atol=1e-10)
    assert fit.at_risk[0] == pytest.approx(count.sum())
