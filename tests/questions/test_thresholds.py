"""Responder curves and shares: counting by hand, the library's own benchmark, and R's ratio of means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.chance.variation import on_bad_days
from outcomes.models.proportions.rules import rule_shares
from outcomes.questions import kept_relief, thresholds
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import ResponderRule
from outcomes.words import causal_claims


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(150, seed=4)[0]


def _relief(sessions: pd.DataFrame, time: str) -> pd.DataFrame:
    frame = oc.with_outcomes(sessions, [f"pain_relief_{time}"])
    return frame[(frame["pain_pre"] >= 3) & frame[f"pain_relief_{time}"].notna()]


@pytest.mark.parametrize("time", ["post", "48h"])
def test_the_curve_counts_sessions_with_at_least_so_much_relief(sessions, time):
    curve = thresholds.responder_curve(sessions, times=[time]).set_index("threshold")
    known = _relief(sessions, time)
    for value in (-2.0, 0.0, 2.0, 5.0):
        share = (known[f"pain_relief_{time}"] >= value).mean()
        assert curve.loc[value, "proportion"] == pytest.approx(share)
    assert (curve["sessions"] == len(known)).all()
    assert (np.diff(curve["proportion"]) <= 1e-12).all()
    assert ((curve["conf_low"] <= curve["proportion"]) & (curve["proportion"] <= curve["conf_high"])).all()


def test_the_curve_in_percent_counts_against_the_pain_before(sessions):
    known = _relief(sessions, "48h")
    curve = thresholds.responder_curve(sessions, times=["48h"], unit="percent").set_index("threshold")
    share = (known["pain_relief_48h"] / known["pain_pre"] >= 0.5 - 1e-12).mean()
    assert curve.loc[50.0, "proportion"] == pytest.approx(share)


@pytest.mark.parametrize("time", ["post", "48h"])
@pytest.mark.parametrize("by", [None, "condition"])
def test_every_rules_benchmark_is_the_librarys_own(sessions, time, by):
    rules = [ResponderRule(), ResponderRule(50.0, 0.0, 3.0), ResponderRule(0.0, 3.5, 4.0)]
    found = rule_shares(sessions, time, rules, by=by)
    for place, rule in enumerate(rules):
        expected = oc.responders(sessions, f"pain_responder_{time}", by, rule=rule, variation=on_bad_days())
        mine = found[found["order"] == place]
        if by:
            expected = expected.assign(condition=expected["condition"].astype("str"))
            mine, expected = (frame.set_index("condition").sort_index() for frame in (mine, expected))
        for end in ("null_benchmark", "null_benchmark_flare"):
            assert mine[end].tolist() == pytest.approx(expected[end].tolist())
        assert mine["responders"].tolist() == expected["responders"].tolist()
        shown = mine["proportion"].notna().to_numpy()
        assert mine["conf_low"][shown].tolist() == pytest.approx(expected["conf_low"][shown].tolist())


def test_shares_by_rule_hold_every_published_rule(sessions):
    found = thresholds.shares_by_rule(sessions)
    assert len(found) == 2 * len(published_rules())
    known = _relief(sessions, "48h")
    met = (
        (known["pain_relief_48h"] >= 2) & (known["pain_relief_48h"] >= 0.3 * known["pain_pre"] - 1e-9)
    ).mean()
    row = found[(found["rule"] == "percent_30_points_2") & (found["time"] == "48h")].iloc[0]
    assert row["proportion"] == pytest.approx(met)


def test_worse_stands_beside_better(sessions):
    found = thresholds.responder_shares(sessions, by=None).set_index(["outcome", "time"])
    known = _relief(sessions, "48h")
    change = known["pain_relief_48h"]
    worse = ((change <= -2) & (-change >= 0.3 * known["pain_pre"] - 1e-9)).mean()
    assert found.loc[("worse", "48h"), "proportion"] == pytest.approx(worse)
    assert (found["null_benchmark_flare"] - found["null_benchmark"])[("better", "48h")] > 0


def test_an_unknown_unit_is_refused(sessions):
    with pytest.raises(EstimationError, match="points or percent"):
        thresholds.responder_curve(sessions, unit="stones")


def test_nothing_recorded_and_too_few_are_answers(sessions):
    absent = sessions.assign(pain_post=np.nan)
    curve = thresholds.responder_curve(absent)
    assert curve[curve["time"] == "post"]["note"].tolist() == ["not recorded"]
    shares = thresholds.responder_shares(absent, by=None)
    assert "Right after: not recorded." in thresholds.share_sentences(shares)
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:5])]
    rows = thresholds.responder_curve(few, times=["48h"])
    assert set(rows["note"]) == {"too few patients to say"}
    assert rows["proportion"].isna().all()
    assert "not recorded" in kept_relief.kept_sentences(kept_relief.relief_kept(absent))[0]


def test_shares_say_in_how_many_of_the_eligible_sessions_they_were_recorded(sessions):
    found = thresholds.responder_shares(sessions).set_index(["condition", "outcome", "time"])
    one = sessions[(sessions["condition"] == "neck_pain") & (sessions["pain_pre"] >= 3)]
    row = found.loc[("neck_pain", "better", "48h")]
    assert row["sessions_eligible"] == len(one)
    assert row["capture_rate"] == pytest.approx(row["sessions"] / len(one))
    overall = thresholds.responder_shares(sessions, by=None, times=["48h"])
    assert overall["sessions_eligible"].tolist() == [(sessions["pain_pre"] >= 3).sum()] * 2
    assert "follow-up in" in thresholds.share_sentences(overall)[0]


def test_groups_are_held_against_what_no_effect_gives_each():
    rows = pd.DataFrame(
        {
            "variable": "pain before",
            "group": ["mild", "severe"],
            "patients": [80, 90],
            "proportion": [0.30, 0.05],
            "conf_low": [0.25, 0.03],
            "conf_high": [0.35, 0.08],
            "null_benchmark": [0.31, 0.04],
        }
    )
    said = kept_relief.worse_sentences(rows, "later")[0]
    assert said == "Worse later, by pain before: mild 30% (31% expected); severe 5% (4% expected)."
    unknown = kept_relief.worse_sentences(rows.assign(null_benchmark=np.nan), "later")[0]
    assert unknown == "Worse later, by pain before: mild 30%; severe 5%."


def test_sentences_never_claim_a_cause_and_name_the_readings(sessions):
    times = {"post": "after treatment", "48h": "a month later"}
    said = [
        *thresholds.share_sentences(thresholds.responder_shares(sessions, by=None), times),
        *thresholds.curve_sentences(thresholds.responder_curve(sessions), times),
        *kept_relief.kept_sentences(kept_relief.relief_kept(sessions), times),
        *kept_relief.worse_sentences(kept_relief.who_got_worse(sessions), times["48h"]),
    ]
    text = " ".join(said)
    assert "month later" in text
    assert "2 days" not in text
    assert causal_claims(text) == []
