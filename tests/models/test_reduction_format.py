"""The files of reductions, read with the standard library alone as `docs/reduction-format.md` says."""

from __future__ import annotations

import json
from itertools import combinations_with_replacement
from math import sqrt

import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    path = tmp_path_factory.mktemp("records") / "visits.parquet"
    simulate_sessions(150, seed=4)[0].to_parquet(path)
    return path


def reduced(records, tmp_path, *options):
    assert main(["reduce", str(records), str(tmp_path / "out.json"), *options, "--i-am-inside"]) == 0
    return json.loads((tmp_path / "out.json").read_text("utf-8"))


def test_a_slope_at_a_given_ratio_of_variances_follows_from_the_sums(records, tmp_path):
    formula = "pain_post ~ pain_pre + (1 | patient_id)"
    held = reduced(records, tmp_path, "--formula", formula)
    fit = oc.fit_mixed(formula, oc.read_sessions(records))
    parts = fit.variance_components.set_index("group")["variance"]
    ratio = parts["patient_id"] / parts["Residual"]

    # plain Python from here: X'V^-1X of the columns 1, pain_pre, pain_post about their centres
    sums = list(held["total"])
    for size, of_class in zip(held["sizes"], held["classes"], strict=True):
        sums = [a - ratio / (1 + size * ratio) * b for a, b in zip(sums, of_class, strict=True)]
    named = dict(zip(combinations_with_replacement("1xy", 2), sums, strict=True))
    one, x, y, xx, xy = (named[pair] for pair in (("1", "1"), ("1", "x"), ("1", "y"), ("x", "x"), ("x", "y")))
    slope = (one * xy - x * y) / (one * xx - x * x)
    level = (y - slope * x) / one + held["centres"]["pain_post"] - slope * held["centres"]["pain_pre"]

    effects = fit.coefficients.set_index("term")["estimate"]
    assert slope == pytest.approx(effects["pain_pre"], rel=1e-9)
    assert level == pytest.approx(effects["Intercept"], rel=1e-9)
    assert sum(held["patients"]) == fit.n_patients


def test_sessions_and_a_share_still_sore_follow_from_the_cells(records, tmp_path):
    held = reduced(records, tmp_path, "--soreness", "--by", "condition")
    sessions = oc.read_sessions(records)
    at = held["groups"]["condition"].index("neck_pain")
    cells = [c for c in zip(*held["cells"].values(), strict=True) if c[0] == at]
    going_on = sum(n for _, low, high, n in cells if high is None)
    mine = sessions[sessions["condition"] == "neck_pain"]
    assert going_on == int((mine["soreness_h"].notna() & mine["soreness_ongoing"].fillna(False)).sum()) > 0
    assert sum(n for *_, n in cells) == held["groups"]["sessions"][at]
    own = [p for a, b, p in zip(*held["pairs"].values(), strict=True) if a == b]
    assert min(own) >= 1


def test_a_share_and_its_error_follow_from_six_sums(records, tmp_path):
    held = reduced(records, tmp_path, "--flag", "pain_responder_48h", "--by", "sex")["groups"]
    rows = oc.responders(oc.read_sessions(records), "pain_responder_48h", by="sex").set_index("sex")
    for at, sex in enumerate(held["sex"]):
        n, r = held["sessions"][at], held["responders"][at]
        share = r / n
        squares = held["responders_squared"][at] - 2 * share * held["cross"][at]
        error = sqrt(squares + share**2 * held["sessions_squared"][at]) / n
        assert share == pytest.approx(rows.loc[sex, "proportion"], rel=1e-12)
        assert error <= rows.loc[sex, "std_error"] <= 1.1 * error, "which is corrected for few patients"
