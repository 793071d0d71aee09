"""The likelihood from sums against the one of the whole covariance matrix, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.basis import choose_basis
from outcomes.models.mixed.likelihood import likelihood_of
from outcomes.models.mixed.reduce import reduce_moments

PLAIN, NESTED = "y ~ x + (1 | patient_id)", "y ~ x + (1 | clinic_id/patient_id)"


@pytest.fixture
def frame(rng):
    person = np.repeat(np.arange(14), rng.integers(1, 5, 14))
    x = rng.normal(5.0, 2.0, len(person))
    clinic = person % 4
    y = 0.5 * x + rng.normal(size=4)[clinic] + rng.normal(size=14)[person] + rng.normal(size=len(person))
    return pd.DataFrame({"patient_id": person, "clinic_id": clinic, "x": x, "y": y})


def written_out(frame: pd.DataFrame, ratios: list[float], *, reml: bool) -> float:
    """Minus twice the profiled log-likelihood, constants left out, from V itself."""
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    y, n = frame["y"].to_numpy(), len(frame)
    v = np.eye(n)
    for ratio, name in zip(ratios, ["patient_id", "clinic_id"], strict=False):
        z = (frame[name].to_numpy()[:, None] == frame[name].unique()).astype(float)
        v += ratio * z @ z.T
    inside = np.linalg.inv(v)
    m = x.T @ inside @ x
    rest = y - x @ np.linalg.solve(m, x.T @ inside @ y)
    nu = n - 2 if reml else n
    log = np.linalg.slogdet(v)[1] + (np.linalg.slogdet(m)[1] if reml else 0.0)
    return float(log + nu * np.log(rest @ inside @ rest))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(
    ("formula", "ratios"), [(PLAIN, [[0.0], [0.4], [3.0]]), (NESTED, [[0.3, 0.2], [2.0, 0.0]])]
)
def test_differences_of_the_deviance_are_those_of_the_whole_matrix(frame, formula, ratios, reml):
    """Constants and the scale of the stand-ins drop out of differences."""
    sums = reduce_moments(formula, frame)
    likelihood = likelihood_of(sums, choose_basis(sums), reml=reml)
    start = [0.7] * len(ratios[0])
    ours = [likelihood.deviance(np.array(r)) - likelihood.deviance(np.array(start)) for r in ratios]
    theirs = [written_out(frame, r, reml=reml) - written_out(frame, start, reml=reml) for r in ratios]
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("formula", "at"), [(PLAIN, [-0.3]), (NESTED, [-0.3, -1.2])])
def test_the_derivatives_are_those_of_finite_differences(frame, formula, at):
    sums = reduce_moments(formula, frame)
    likelihood = likelihood_of(sums, choose_basis(sums), reml=True)
    function = likelihood.profiled(range(len(at)))
    point, h = np.array(at), 1e-4
    _, gradient, hessian = function(point)
    steps = h * np.eye(len(at))
    slopes = [(function(point + s)[0] - function(point - s)[0]) / (2 * h) for s in steps]
    curves = [(function(point + s)[1] - function(point - s)[1]) / (2 * h) for s in steps]
    assert gradient == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-6)
    assert hessian == pytest.approx(np.array(curves), rel=1e-5, abs=1e-5)


def test_the_optimum_is_no_higher_than_anywhere_on_a_fine_grid(frame):
    sums = reduce_moments(PLAIN, frame)
    likelihood = likelihood_of(sums, choose_basis(sums), reml=True)
    best = likelihood.optimum()
    grid = [likelihood.deviance(np.array([r])) for r in np.r_[0.0, np.geomspace(1e-3, 1e3, 400)]]
    assert best.flat == ()
    assert best.deviance == pytest.approx(likelihood.deviance(best.ratios), rel=1e-12)
    assert best.deviance <= min(grid) + 1e-10


def test_many_ratios_of_the_outer_groups_give_what_each_gives_alone(frame):
    sums = reduce_moments(NESTED, frame)
    likelihood = likelihood_of(sums, choose_basis(sums), reml=True)
    together = likelihood.crossproducts(0.5, [0.0, 0.3, 2.0])
    alone = [likelihood.crossproducts(0.5, [ratio])[0] for ratio in (0.0, 0.3, 2.0)]
    assert [log for _, log in together] == pytest.approx([log for _, log in alone], rel=1e-13)
    assert np.allclose([a for a, _ in together], [a for a, _ in alone], rtol=1e-12)
