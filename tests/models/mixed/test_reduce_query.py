"""Tables of an engine reduce as frames do, and are refused as frames are."""

from __future__ import annotations

import warnings

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments

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


def scanned(frame, path):
    """A table read by DuckDB; Ibis 12 still calls a method DuckDB 2 deprecates."""
    frame.to_parquet(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ibis.duckdb.connect().read_parquet(path)


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS), holes=st.booleans())
def test_duckdb_and_pandas_agree(seed, formula, holes):
    frame = made(seed)
    if holes:
        rng = np.random.default_rng(seed)
        frame = frame.mask(rng.random(frame.shape) < 0.02)
        frame["flag"] = frame["flag"].astype("boolean")
        frame["n"] = frame["n"].astype("Int64")
    table = ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
    ours, theirs = reduce_moments(formula, frame), reduce_moments(formula, table)
    assert ours.keys == theirs.keys
    assert ours.n_missing == theirs.n_missing
    assert ours.level_patients == theirs.level_patients
    assert ours.means == pytest.approx(theirs.means, rel=1e-12)
    same_fit(ours.fit(), theirs.fit())


@pytest.fixture
def table(tmp_path):
    return scanned(made(9), tmp_path / "sessions.parquet")


@pytest.mark.parametrize(
    ("formula", "error", "says"),
    [
        ("y ~ xx + (1 | g)", FormulaError, "Did you mean"),
        ("y ~ I(a * 2) + (1 | g)", FormulaError, "number"),
        ("a ~ x + (1 | g)", FormulaError, "number"),
        ("y ~ log(x - x) + (1 | g)", EstimationError, "infinite"),
        ("y ~ I(x / (x - x)) + (1 | g)", EstimationError, "infinite"),
        ("y ~ x + (1 | g) + (1 | a)", FormulaError, "crossed"),
        ("log(-z) ~ x + (1 | g)", EstimationError, "None of the 160 rows"),
    ],
)
def test_tables_are_refused_as_frames_are(table, formula, error, says):
    with pytest.raises(error, match=says):
        reduce_moments(formula, table)
    with pytest.raises(error):
        reduce_moments(formula, made(9))


def test_empty_tables_are_refused(table):
    with pytest.raises(EstimationError, match="no rows"):
        reduce_moments("y ~ x + (1 | g)", table.filter(table.x > 1e9))


def test_patients_with_very_many_sessions(tmp_path):
    """Counts travel as digits of one number; a patient with more sessions than one digit holds widens them."""
    rng = np.random.default_rng(2)
    g = np.repeat(["a", "b", "c", "d"], [700, 5, 40, 300])
    frame = pd.DataFrame({"g": g, "a": rng.choice(list("uvwxyz"), len(g)), "y": rng.normal(size=len(g))})
    table = scanned(frame, tmp_path / "m.parquet")
    ours, theirs = (reduce_moments("y ~ a + (1 | g)", t) for t in (frame, table))
    np.testing.assert_allclose(theirs.classes, ours.classes, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(theirs.sizes, [5, 40, 300, 700])


def test_whole_numbers_are_summed_exactly(table):
    """Centres lie on a binary grid, so sums of whole numbers do not depend on the order of adding."""
    frame = made(9).assign(y=lambda d: np.round(d["y"] * 10), x=lambda d: np.round(d["x"] * 10))
    first = reduce_moments("y ~ x * a + (1 | g)", frame)
    second = reduce_moments("y ~ x * a + (1 | g)", frame.sample(frac=1, random_state=1))
    np.testing.assert_array_equal(first.total, second.total)
    np.testing.assert_array_equal(first.classes, second.classes)


def test_predictions_of_a_table(table):
    fit = fit_mixed("y ~ x + a + (1 | g)", table)
    frame = made(9)
    np.testing.assert_allclose(np.sort(fit.predict(table, "patient")), np.sort(fit.predict(frame, "patient")))
