"""What a claim is held to: criteria fixed in a file, verdicts by hand, p-values of the interval's own scale."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t

from outcomes.questions.criteria import VERDICTS, Claim, Evidence, p_beyond, public_claims, verdict_on
from outcomes.questions.evidence import ESTIMATORS

SUPPORTED, CONTRADICTED, UNKNOWN, UNTESTABLE, DESCRIBED = VERDICTS


def claim(**changes) -> Claim:
    base = {
        "claim": "C0", "statement": "s", "measure": "share of sessions", "model": "m", "criterion": "c",
        "estimator": "twitch_seen", "direction": "above", "support": 0.5, "contradict": 0.5, "scale": "logit",
        "needs": (), "untestable": "", "wording": "w", "wording_supported": "ws",
    }  # fmt: skip
    return Claim(**(base | changes))


def found(estimate: float, low: float, high: float, **more) -> Evidence:
    return Evidence(estimate, low, high, **({"df": 50.0, "patients": 51, "sessions": 90} | more))


def test_every_criterion_is_fixed_in_the_file_not_in_the_code():
    testable = [asked for asked in public_claims() if asked.estimator]
    others = [asked for asked in public_claims() if not asked.estimator]
    assert (len(testable), len(others)) == (11, 8)
    assert all(asked.criterion and asked.model for asked in public_claims())
    assert all(asked.untestable for asked in others)
    assert all(asked.estimator in ESTIMATORS and asked.needs and asked.measure for asked in testable)
    named = [(asked, bound) for asked in testable for bound in (asked.support, asked.contradict) if bound]
    assert len(named) > 5
    assert all(f"{100 * bound:g}%" in asked.criterion for asked, bound in named)


def test_criteria_that_came_with_later_columns_are_fixed_with_their_day():
    before, now = public_claims(), public_claims(lambda _: True)
    later = [asked for asked, was in zip(now, before, strict=True) if asked != was]
    assert [asked.claim for asked in later] == ["C1", "C2", "C11", "C12", "C16", "C17"]
    assert all(asked.fixed and asked.rule.endswith(f"set on {asked.fixed}") for asked in later)
    assert all(asked.estimator in ESTIMATORS and asked.needs and asked.measure for asked in later)
    bounds = [(asked, asked.support) for asked in later if asked.support]
    assert all(f"{100 * bound:g}%" in asked.criterion for asked, bound in bounds)
    assert public_claims(lambda name: name == "needle_felt")[11].estimator == "needle_not_felt"


def test_what_patients_tell_is_counted_and_never_tested():
    told = claim(direction="told", support=None, contradict=None)
    assert verdict_on(told, found(0.8, 0.7, 0.9), np.nan, 0.95) == DESCRIBED
    assert verdict_on(told, Evidence(note="not recorded"), np.nan, 0.95) == UNKNOWN


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (found(0.7, 0.6, 0.8), SUPPORTED),
        (found(0.3, 0.2, 0.4), CONTRADICTED),
        (found(0.55, 0.45, 0.65), UNKNOWN),
        (Evidence(note="not recorded: x"), UNKNOWN),
        (found(0.7, 0.6, 0.8, support=0.75), UNKNOWN),
        (found(0.4, 0.3, 0.45, contradict=0.2), UNKNOWN),
    ],
)
def test_a_verdict_needs_the_whole_interval_beyond_the_bound(evidence, verdict):
    p = p_beyond(claim(), evidence, 0.95)
    assert verdict_on(claim(), evidence, p, 0.95) == verdict


@pytest.mark.parametrize(
    ("direction", "evidence", "verdict"),
    [
        ("below", found(0.05, 0.03, 0.07), SUPPORTED),
        ("below", found(0.28, 0.25, 0.31), CONTRADICTED),
        ("never", found(0.02, 0.01, 0.03), UNKNOWN),
        ("never", found(0.5, 0.4, 0.6), CONTRADICTED),
    ],
)
def test_claims_of_little_and_of_safety_turn_the_bound_round(direction, evidence, verdict):
    asked = claim(direction=direction, support=None if direction == "never" else 0.1, contradict=0.1)
    p = p_beyond(asked, evidence, 0.95)
    assert verdict_on(asked, evidence, p, 0.95) == verdict


def test_p_values_are_those_of_the_interval_on_its_own_scale():
    at, error = logit(0.6), 0.15
    reach = t.ppf(0.975, 50) * error
    share = found(0.6, expit(at - reach), expit(at + reach))
    assert p_beyond(claim(), share, 0.95) == pytest.approx(2 * t.sf(at / error, 50), rel=1e-9)
    slope = found(0.3, 0.3 - 1.959963984540054 * 0.1, 0.3 + 1.959963984540054 * 0.1, df=np.inf)
    asked = claim(scale="identity", support=0.0, contradict=0.0)
    assert p_beyond(asked, slope, 0.95) == pytest.approx(2 * norm.sf(3), rel=1e-9)
    none = found(0.0, 0.0, 0.07)
    assert p_beyond(claim(), none, 0.95) == pytest.approx(2 * 0.5**51)


def test_neither_a_small_p_value_nor_an_interval_alone_is_enough():
    holds_the_bound, beyond = found(0.7, 0.49, 0.8), found(0.7, 0.6, 0.8)
    assert verdict_on(claim(), holds_the_bound, 0.001, 0.95) == UNKNOWN
    assert verdict_on(claim(), beyond, 0.06, 0.95) == UNKNOWN
    assert verdict_on(claim(), beyond, 0.04, 0.95) == SUPPORTED
