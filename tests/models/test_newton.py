"""Newton's method on functions whose minima are known."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.newton import LOG_HIGH, LOG_LOW, minimise, minimum


def bowl(at):
    """Of a quadratic form with its minimum at the given point."""
    curved = np.array([[3.0, 1.0], [1.0, 2.0]])[: len(at), : len(at)]

    def function(x):
        rest = x - at
        return float(rest @ curved @ rest) / 2.0 + 7.0, curved @ rest, curved

    return function


@pytest.mark.parametrize("bounded", [True, False])
def test_a_quadratic_is_found_to_the_last_digits(bounded):
    at = np.array([1.25, -4.5])
    found = minimise(bowl(at), np.array([10.0, 10.0]), bounded=bounded)
    assert found == pytest.approx(at, abs=1e-9)


def test_a_step_is_never_longer_than_its_reach():
    seen = []

    def function(x):
        seen.append(x.copy())
        return bowl(np.array([9.0]))(x)

    found = minimise(function, np.array([0.0]), reach=2.0)
    assert found == pytest.approx([9.0], abs=1e-9)
    assert max(np.abs(np.diff(np.concatenate(seen)))) <= 2.0 + 1e-12


def test_log_cosh_is_climbed_where_undamped_newton_diverges():
    def function(x):
        return float(np.log(np.cosh(x)).sum()), np.tanh(x), np.diag(1.0 / np.cosh(x) ** 2)

    assert minimise(function, np.array([3.0]), bounded=False) == pytest.approx([0.0], abs=1e-6)


def test_a_falling_function_ends_at_the_bound():
    def function(x):
        return float(x.sum()), np.ones_like(x), np.zeros((len(x), len(x)))

    assert minimise(function, np.array([0.0])) == pytest.approx([LOG_LOW])


def test_a_hill_is_turned_downhill():
    """Where the function is not convex the step goes down all the same: this one has minima at 1 and -1."""

    def function(x):
        return float(((x**2 - 1) ** 2).sum()), 4 * x * (x**2 - 1), np.diag(12 * x**2 - 4)

    assert np.abs(minimise(function, np.array([0.1]), bounded=False)) == pytest.approx([1.0], abs=1e-6)


def test_nothing_to_minimise_is_where_it_starts():
    assert len(minimise(bowl(np.zeros(0)), np.zeros(0))) == 0


def test_without_a_value_there_is_no_minimum_and_the_slower_way_takes_over():
    """Singular where it starts: Newton gives up, the simplex still finds the minimum."""

    def function(x):
        if x[0] > 4.9:
            raise np.linalg.LinAlgError
        return bowl(np.array([2.0]))(x)

    assert minimise(function, np.array([5.0])) is None
    found = minimum(function, np.array([5.0]))
    assert found == pytest.approx([2.0], abs=1e-4)
    assert LOG_LOW <= found[0] <= LOG_HIGH
