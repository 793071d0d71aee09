"""Why a verdict is what it is, in words."""

from __future__ import annotations

from outcomes.questions.criteria import UNKNOWN, Claim, Evidence, p_beyond, verdict_on
from outcomes.questions.sentences.claims import why


def claim(**changes) -> Claim:
    base = {
        "claim": "C0", "statement": "s", "measure": "share of sessions", "model": "m", "criterion": "c",
        "estimator": "twitch_seen", "direction": "above", "support": 0.5, "contradict": 0.5, "scale": "logit",
        "needs": (), "untestable": "", "wording": "w", "wording_supported": "ws",
    }  # fmt: skip
    return Claim(**(base | changes))


def found(estimate: float, low: float, high: float, **more) -> Evidence:
    return Evidence(estimate, low, high, **({"df": 50.0, "patients": 51, "sessions": 90} | more))


def test_within_chance_of_so_many_claims_no_verdict_is_given():
    near = found(0.6, 0.51, 0.684)
    assert verdict_on(claim(), near, 0.2, 0.95) == UNKNOWN
    assert "allow for checking so many claims" in why(claim(), near, UNKNOWN)


def test_between_two_bounds_nothing_can_be_told_and_that_is_said():
    asked = claim(scale="identity", support=0.0, contradict=0.0, measure="points")
    between = found(-0.5, -0.6, -0.4, contradict=-1.1)
    assert verdict_on(asked, between, p_beyond(asked, between, 0.95), 0.95) == UNKNOWN
    assert "between −1.1 and 0.0, which settles nothing" in why(asked, between, UNKNOWN)
