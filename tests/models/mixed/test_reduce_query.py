"""Tables of an engine reduce as frames do, and are refused as frames are."""

from __future__ import annotations

import warnings

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixed_frames import FORMULAS, made, quick, same_fit
from outcomes.errors import EstimationError, FormulaError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments


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
