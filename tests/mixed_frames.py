"""Tables drawn for tests of the mixed model, the formulas asked of them, and when two fits are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

FORMULAS = [
    "y ~ 1 + (1 | g)",
    "y ~ x + (1 | g)",
    "y ~ a * x + b + (1 | g)",
    "y ~ 0 + a:b + x:z + I(x**2) + log(z) + (1 | g)",
    "sqrt(z) ~ C(n) + flag * a + I((x - 1) / (z + 2)) + (1 | g)",
    "y ~ x + a + (1 | c/g)",
    "y ~ x + a + (1 | c) + (1 | g)",
]


quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(seed, n=160, patients=24, offset=0.0):
    rng = np.random.default_rng(seed)
    g = rng.integers(0, patients, n)
    clinic = rng.integers(0, 5, patients)
    frame = pd.DataFrame(
        {
            "g": [f"p{i}" for i in g],
            "c": [f"c{clinic[i]}" for i in g],
            "a": rng.choice(list("uvw"), n, p=[0.2, 0.5, 0.3]),
            "b": rng.choice(["left", "right"], n),
            "n": rng.integers(1, 4, n),
            "flag": rng.random(n) > 0.4,
            "x": np.round(rng.normal(size=n), 3) + offset,
            "z": rng.uniform(1, 9, n),
        }
    )
    frame["y"] = (
        frame["x"] + rng.normal(size=patients)[g] + rng.normal(size=n) + 0.7 * rng.normal(size=5)[clinic[g]]
    )
    return frame


def same_fit(a, b, rtol=1e-9):
    """Fits equal but for rounding; the statistic's own digits set the absolute tolerance."""
    assert a.coefficients["term"].tolist() == b.coefficients["term"].tolist()
    for name in ("estimate", "std_error", "df"):
        scale = a.coefficients["std_error"].to_numpy() if name == "estimate" else 0.0
        difference = np.abs(a.coefficients[name] - b.coefficients[name])
        assert (difference <= rtol * (np.abs(a.coefficients[name]) + scale)).all(), name
    assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=rtol)
    np.testing.assert_allclose(a._variances, b._variances, rtol=10 * rtol, atol=1e-12)
    assert (a.n_sessions, a.n_patients) == (b.n_sessions, b.n_patients)
