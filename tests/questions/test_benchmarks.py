"""Every benchmark of no effect, held against some 20,000 simulated sessions in which nothing happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc


@pytest.fixture(scope="module")
def nothing() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(7600, seed=31, scenario="null")[0])


def _distances(rows: pd.DataFrame, estimate: str, expected: str, slack: float) -> pd.Series[float]:
    """Errors between estimate and benchmark; of the distance, ``slack`` is what a benchmark may leave out."""
    error = (rows["conf_high"] - rows["conf_low"]) / 3.92
    apart = (rows[estimate] - rows[expected]).abs() - slack
    return (apart.clip(lower=0.0) / error).dropna()


def test_there_are_20000_sessions_with_both_readings(nothing):
    assert nothing[["pain_post", "pain_48h"]].notna().all(axis=1).sum() > 19_000


ASKED = [
    (lambda s: oc.relation.within_between_slopes(s), "estimate", "null_benchmark", 0.01, 3),
    (lambda s: oc.relation.condition_slopes(s), "estimate_unshrunk", "null_benchmark", 0.02, 10),
    (lambda s: oc.immediate_to_two_day(s).head(1).assign(
        estimate=lambda d: d["slope"], conf_low=lambda d: d["slope_conf_low"],
        conf_high=lambda d: d["slope_conf_high"]), "estimate", "null_benchmark", 0.01, 1),
    (lambda s: oc.relation.correlation(s), "correlation", "null_benchmark", 0.01, 2),
    (lambda s: oc.change.relief(s, overall=True), "estimate", "expected_change", 0.02, 2),
    (lambda s: oc.change.relief(s), "estimate", "expected_change", 0.03, 20),
    (lambda s: oc.change.gained_later(s, overall=True), "estimate", "null_benchmark", 0.02, 1),
    (lambda s: oc.thresholds.responder_shares(s, by=None), "proportion", "null_benchmark", 0.01, 4),
    (lambda s: oc.kept_relief.relief_kept(s).tail(1), "estimate", "null_benchmark", 0.02, 1),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "estimate", "expected", "slack", "least"), ASKED)
def test_what_nothing_gives_is_what_the_benchmark_says(nothing, ask, estimate, expected, slack, least):
    """Beyond four errors none; what floor and ceiling of the scale do to a slope is the slack."""
    distances = _distances(ask(nothing), estimate, expected, slack)
    assert len(distances) >= least
    assert np.max(distances) < 4
