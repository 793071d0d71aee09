"""Moments add, travel in files, and hold no patient."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixed_frames import FORMULAS, made, quick, same_fit
from outcomes.errors import ReductionError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import Moments, reduce_moments


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


def test_a_level_that_the_first_part_lacks_is_the_reference_as_in_all_records():
    frame = made(2)
    first, second = frame[(frame["g"] < "p2") & (frame["a"] != "u")], frame[frame["g"] >= "p2"]
    parts = [part.assign(a=part["a"].astype("category")) for part in (first, second)]
    parts = [part.assign(a=part["a"].cat.remove_unused_categories()) for part in parts]
    pooled = reduce_moments("y ~ a + (1 | g)", parts[0]) + reduce_moments("y ~ a + (1 | g)", parts[1])
    whole = fit_mixed("y ~ a + (1 | g)", pd.concat([first, second]))
    same_fit(pooled.fit(), whole)
    assert pooled.fit().coefficients["term"].tolist() == whole.coefficients["term"].tolist()


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
