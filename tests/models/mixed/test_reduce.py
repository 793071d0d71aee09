"""Moments: they add, travel through files, and are the same from every engine."""

from __future__ import annotations

import json
import warnings

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.errors import EstimationError, FormulaError, ReductionError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import Moments, reduce_moments

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


# --- properties ---


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS))
def test_row_order_does_not_matter(seed, formula):
    frame = made(seed)
    same_fit(fit_mixed(formula, frame), fit_mixed(formula, frame.sample(frac=1, random_state=seed)))


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS), k=st.integers(2, 6))
def test_reducing_in_parts_and_adding_is_reducing_at_once(seed, formula, k):
    frame = made(seed)
    by = "c" if "c" in formula.split("~")[1].replace("C(", "") else "g"
    part_of = pd.factorize(frame[by])[0] % k
    parts = [reduce_moments(formula, frame[part_of == i]) for i in range(k) if (part_of == i).any()]
    pooled = parts[0]
    for part in parts[1:]:
        pooled = pooled + part
    same_fit(pooled.fit(), fit_mixed(formula, frame))
    assert pooled.level_patients == reduce_moments(formula, frame).level_patients


@quick
@given(
    seed=st.integers(0, 10**6),
    up=st.sampled_from([1e-6, 0.1, 1e3, 1e7]),
    shift=st.sampled_from([0.0, -3.0, 1e4]),
)
def test_units_of_response_and_covariate_rescale(seed, up, shift):
    frame = made(seed)
    plain = fit_mixed("y ~ x * a + (1 | g)", frame)
    moved = fit_mixed("y ~ x * a + (1 | g)", frame.assign(y=frame["y"] * up, x=frame["x"] * 8 + shift))
    slopes = plain.coefficients["term"].str.contains("x")
    ratio = moved.coefficients.loc[slopes, "estimate"] / plain.coefficients.loc[slopes, "estimate"]
    np.testing.assert_allclose(ratio, up / 8, rtol=1e-6)
    np.testing.assert_allclose(
        moved.coefficients.loc[slopes, "df"], plain.coefficients.loc[slopes, "df"], rtol=1e-6
    )
    np.testing.assert_allclose(moved._variances, plain._variances * up**2, rtol=1e-7, atol=1e-12 * up**2)
    means = [fit.marginal_means("a")[["estimate", "std_error", "df"]].to_numpy() for fit in (plain, moved)]
    np.testing.assert_allclose(means[1] / [up, up, 1], means[0], rtol=1e-6, atol=1e-9)


@quick
@given(seed=st.integers(0, 10**6))
def test_names_of_patients_and_levels_do_not_matter(seed):
    frame = made(seed)
    renamed = frame.assign(
        g=pd.factorize(frame["g"])[0] * 7 - 3, a=frame["a"].map({"u": "A", "v": "B", "w": "C"})
    )
    plain, other = (fit_mixed("y ~ x + a + (1 | g)", f) for f in (frame, renamed))
    np.testing.assert_allclose(plain.coefficients.iloc[:, 1:], other.coefficients.iloc[:, 1:], rtol=1e-8)


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


@quick
@given(seed=st.integers(0, 10**6), formula=st.sampled_from(FORMULAS), method=st.sampled_from(["REML", "ML"]))
def test_the_optimum_is_one(seed, formula, method):
    """No other variance ratios, near or far, give less deviance than those found."""
    fit = fit_mixed(formula, made(seed, n=90, patients=15), method=method)
    likelihood, best = fit.likelihood, fit.likelihood.deviance(fit.ratios)
    for ratio in [0.0, *np.geomspace(1e-4, 1e3, 40)]:
        others = [
            ratio * np.eye(len(fit.ratios))[i] + fit.ratios * (np.arange(len(fit.ratios)) != i)
            for i in range(len(fit.ratios))
        ]
        for point in [*others, fit.ratios * (1 + 0.01 * np.sin(ratio)), np.full(len(fit.ratios), ratio)]:
            assert likelihood.deviance(point) >= best - 1e-9 * max(1.0, abs(best))


# --- adding ---


def test_levels_are_united_and_centres_moved():
    frame = made(1).assign(x=lambda d: d["x"] + np.where(d["g"] < "p2", 1e3, 0.0))
    first, second = frame[frame["g"] < "p2"], frame[frame["g"] >= "p2"]
    second = second[second["a"] != "u"]
    pooled = reduce_moments("y ~ x * a + (1 | g)", first) + reduce_moments("y ~ x * a + (1 | g)", second)
    same_fit(pooled.fit(), fit_mixed("y ~ x * a + (1 | g)", pd.concat([first, second])), rtol=1e-7)
    assert pooled.seen_levels()["a"] == ["u", "v", "w"]


def test_declared_orders_are_kept():
    order = pd.CategoricalDtype(["w", "v", "u"])
    frame = made(2).astype({"a": order})
    first, second = frame[(frame["g"] < "p2") & (frame["a"] != "w")], frame[frame["g"] >= "p2"]
    pooled = reduce_moments("y ~ a + (1 | g)", first) + reduce_moments("y ~ a + (1 | g)", second)
    same_fit(pooled.fit(), fit_mixed("y ~ a + (1 | g)", pd.concat([first, second])))


def test_a_clinic_in_both_parts_is_one_clinic():
    frame = made(3)
    formula = "y ~ x + (1 | c/g)"
    half = frame["g"].str[1:].astype(int) % 2 == 0
    pooled = reduce_moments(formula, frame[half]) + reduce_moments(formula, frame[~half])
    same_fit(pooled.fit(), fit_mixed(formula, frame))


def test_what_does_not_belong_together_is_refused():
    frame = made(4)
    moments = reduce_moments("y ~ x + (1 | g)", frame)
    with pytest.raises(ReductionError, match="different formulas"):
        moments + reduce_moments("y ~ z + (1 | g)", frame)
    with pytest.raises(ReductionError, match="factor in one"):
        moments + reduce_moments("y ~ x + (1 | g)", frame.assign(x=frame["x"].astype(str)))
    with pytest.raises(ReductionError, match="text in one"):
        reduce_moments("y ~ C(n) + (1 | g)", frame) + reduce_moments(
            "y ~ C(n) + (1 | g)", frame.astype({"n": str})
        )
    with pytest.raises(TypeError):
        moments + 1


def test_adding_changes_neither_part():
    frame = made(5)
    a, b = (reduce_moments("y ~ x + a + (1 | g)", part) for part in (frame.iloc[:80], frame.iloc[80:]))
    before = a.total.copy(), b.total.copy(), dict(a.level_patients["a"])
    _ = a + b
    np.testing.assert_array_equal(a.total, before[0])
    np.testing.assert_array_equal(b.total, before[1])
    assert a.level_patients["a"] == before[2]


# --- what they hold, and files ---


@pytest.mark.parametrize("formula", FORMULAS)
def test_files_lose_no_digit(tmp_path, formula):
    moments = reduce_moments(formula, made(6))
    moments.to_json(tmp_path / "m.json")
    back = Moments.from_json(tmp_path / "m.json")
    pd.testing.assert_frame_equal(back.fit().coefficients, moments.fit().coefficients, check_exact=True)
    assert back.keys == moments.keys
    assert back.level_patients == moments.level_patients
    same_fit((back + moments).fit(), (moments + back).fit())


def test_size_does_not_depend_on_patients(tmp_path):
    sizes = []
    for patients in (50, 5_000):
        frame = pd.DataFrame({"g": np.repeat(np.arange(patients), 4), "x": np.tile([1.0, 2, 3, 4], patients)})
        frame["y"] = np.random.default_rng(1).normal(size=len(frame))
        reduce_moments("y ~ x + (1 | g)", frame).to_json(tmp_path / "m.json")
        sizes.append((tmp_path / "m.json").stat().st_size)
    assert sizes[1] < 1.3 * sizes[0]


def test_no_patient_is_named_in_a_file(tmp_path):
    reduce_moments("y ~ x + a + (1 | c/g)", made(7)).to_json(tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    assert not any(f'"p{i}"' in text for i in range(24))


def test_small_classes_are_shown():
    frame = pd.DataFrame({"g": list("aaabbbccccc"), "y": np.arange(11.0) ** 2})
    classes = reduce_moments("y ~ 1 + (1 | g)", frame).small_classes
    assert classes[["sessions_per_patient", "patients"]].values.tolist() == [[5, 1], [3, 2]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: "not json {",
        lambda c: "[1, 2]",
        lambda c: json.dumps({"format": "something else"}),
        lambda c: json.dumps(c | {"version": 99}),
        lambda c: json.dumps({k: v for k, v in c.items() if k != "total"}),
        lambda c: json.dumps(c | {"total": c["total"][:-1]}),
        lambda c: json.dumps(c | {"formula": "y ~ spline(x)"}),
        lambda c: json.dumps(c | {"sizes": [0]}),
        lambda c: json.dumps(c | {"columns": []}),
        lambda c: json.dumps(c | {"total": [float("nan")] * len(c["total"])}),
    ],
)
def test_other_files_are_refused(tmp_path, damage):
    path = tmp_path / "m.json"
    reduce_moments("y ~ x + (1 | g)", made(8)).to_json(path)
    path.write_text(damage(json.loads(path.read_text())))
    with pytest.raises(ReductionError):
        Moments.from_json(path)
    with pytest.raises(ReductionError):
        Moments.from_json(tmp_path / "absent.json")


# --- Ibis tables ---


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


@pytest.mark.parametrize("groups", ["g", "c/g"])
@pytest.mark.parametrize("fixed", ["1", "x", "0 + a", "x + b", "a + x"])
def test_a_smaller_model_follows_from_the_moments_of_a_larger_one(fixed, groups):
    frame = made(3).dropna(subset=["y", "x", "a", "b"])
    larger, smaller = f"y ~ x + a + b + (1 | {groups})", f"y ~ {fixed} + (1 | {groups})"
    narrowed = reduce_moments(larger, frame).narrowed(smaller)
    direct = reduce_moments(smaller, frame)
    assert narrowed.keys == direct.keys
    np.testing.assert_allclose(narrowed.total, direct.total, rtol=1e-12, atol=1e-9)
    pd.testing.assert_frame_equal(narrowed.fit().coefficients, direct.fit().coefficients, rtol=1e-9)


def test_moments_do_not_give_a_model_they_lack_the_sums_of():
    moments = reduce_moments("y ~ x + a + (1 | g)", made(3))
    for formula in ("y ~ z + (1 | g)", "y ~ x:a + (1 | g)", "y ~ x + (1 | c)"):
        with pytest.raises(ReductionError, match="do not hold"):
            moments.narrowed(formula)
