"""The Kaplan-Meier curve and its jackknife, told the slow way: leave weight on each patient and differentiate."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.survival.kaplan_meier import Pairs, kaplan_meier


def curve(time, event, weight, grid):
    """Product limit by its definition."""
    s = np.ones(len(grid))
    for t in np.unique(time[event]):
        at_risk = weight[time >= t].sum()
        s = np.where(grid >= t, s * (1 - weight[(time == t) & event].sum() / at_risk), s)
    return s


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(4)
    n, patients = 60, 9
    time, event = rng.integers(0, 14, n).astype(float), rng.random(n) < 0.7
    who = rng.integers(0, patients, n)
    cells, cell = np.unique(np.column_stack([time, ~event]), axis=0, return_inverse=True)
    table = np.zeros((patients, len(cells)))
    np.add.at(table, (who, cell), 1)
    a, b = np.triu_indices(len(cells))
    pairs = Pairs(a, b, (table.T @ table)[a, b])
    fit = kaplan_meier(cells[:, 0], cells[:, 1] == 0, table.sum(axis=0), pairs)
    return time, event, who, patients, fit


def jackknife(case, functional):
    """Square root of the sum over patients of squared derivatives with respect to their sessions' weight."""
    time, event, who, patients, _ = case
    h = 1e-5
    up, down = (
        np.array([functional(time, event, np.where(who == i, 1 + sign * h, 1.0)) for i in range(patients)])
        for sign in (1, -1)
    )
    return np.sqrt((((up - down) / (2 * h)) ** 2).sum(axis=0))


def test_curve_and_error_are_those_of_the_definition(case):
    time, event, *_, fit = case
    np.testing.assert_allclose(fit.still_sore, curve(time, event, np.ones(len(time)), fit.time_h), rtol=1e-12)
    slow = jackknife(case, lambda t, e, w: curve(t, e, w, fit.time_h))
    np.testing.assert_allclose(fit.std_error, slow, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("limit", [0.5, 5.0, 7.5, 13.0])
def test_restricted_mean_and_error_are_those_of_the_definition(case, limit):
    time, event, *_, fit = case
    grid = np.unique(np.concatenate([[0.0], fit.time_h[fit.time_h < limit]]))
    width = np.diff(np.append(grid, limit))

    def area(t, e, w):
        return np.array([curve(t, e, w, grid) @ width])

    point = fit.restricted_mean(limit)
    assert point.estimate == pytest.approx(area(time, event, np.ones(len(time)))[0], rel=1e-12)
    assert point.std_error == pytest.approx(jackknife(case, area)[0], rel=1e-6)


def test_beyond_the_last_hour_nothing_is_said(case):
    fit = case[-1]
    if fit.still_sore[-1] > 0:
        assert np.isnan(fit.at(fit.time_h[-1] + 1).estimate)
    assert fit.at(-1.0).estimate == 1
    assert fit.at(fit.time_h[3] + 0.5).estimate == fit.still_sore[3]
