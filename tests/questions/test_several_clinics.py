"""Answers from the sums of three clinics against the same questions asked of all their records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.study import Clinics, reduce_study
from several_clinics_data import clinics, put_together

ASK = oc.several_clinics


@pytest.fixture(scope="module")
def each():
    return clinics(70, 90, 110)


@pytest.fixture(scope="module")
def records(each):
    return put_together(each)


@pytest.fixture(scope="module")
def pooled(each):
    studies = tuple(reduce_study(sessions) for sessions in each)
    return Clinics(studies)


def same(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    """Every column both have, row by row."""
    shared = [name for name in found.columns if name in wanted.columns]
    ours, theirs = (frame[shared].set_index(keys).sort_index() for frame in (found, wanted))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-9)


def test_relief_is_that_of_all_records(pooled, records):
    assert list(ASK.relief(pooled)) == [
        name for name in oc.change.relief(records) if name not in ("observed", "better", "same", "worse")
    ]
    same(ASK.relief(pooled), oc.change.relief(records), ["condition", "time"])
    whole = oc.change.relief(records, overall=True)
    same(ASK.relief(pooled, overall=True), whole, ["condition", "time"])


def test_shares_are_those_of_all_records(pooled, records):
    keys = ["condition", "outcome", "time"]
    same(ASK.shares(pooled), oc.thresholds.responder_shares(records), keys)
    whole = oc.thresholds.responder_shares(records, by=None).assign(condition="all")
    same(ASK.shares(pooled, overall=True), whole, keys)


def test_soreness_is_that_of_all_records(pooled, records):
    same(ASK.sore_for(pooled), oc.soreness_shares(records), ["condition", "threshold"])
    same(ASK.sore_for(pooled, overall=True), oc.everyone_sore(records), ["condition", "threshold"])
    curve = oc.soreness_curve(records, by=None).assign(condition="all")
    same(ASK.curve(pooled, overall=True), curve, ["condition", "time_h"])


def test_the_slope_and_other_means_are_those_of_all_records(pooled, records):
    formula = oc.questions.relation.active_plan().model("relation_overall")
    wanted = oc.fit_mixed(formula, records).coefficients.set_index("term").loc["pain_relief_post"]
    found = ASK.links(pooled).iloc[0]
    for name in ("estimate", "std_error", "df", "conf_low", "conf_high"):
        assert found[name] == pytest.approx(wanted[name], rel=1e-7), name
    others = ASK.other_readings(pooled).set_index(["measure", "time"])["estimate"]
    twitches = oc.clustered_means(records, "twitch_count", by=None)["estimate"][0]
    assert others["twitch_count", ""] == pytest.approx(twitches, rel=1e-9)
    assert others["function_gain", "48h"] == pytest.approx(
        oc.clustered_means(records, "function_gain_48h", by=None)["estimate"][0], rel=1e-9
    )


def test_who_is_in_it_is_counted_by_clinic(pooled, each, records):
    who = ASK.who(pooled).set_index("condition")
    assert who.loc["all", ["patients", "sessions", "clinics"]].tolist() == [270, len(records), 3]
    for name in ("neck_pain", "golfers_elbow"):
        having = sum((sessions["condition"] == name).any() for sessions in each)
        mine = records[records["condition"] == name]
        counted = [mine["patient_id"].nunique(), len(mine), having]
        assert who.loc[name, ["patients", "sessions", "clinics"]].tolist() == counted
    assert ASK.who_sentences(ASK.who(pooled)) == [
        f"3 clinics gave sums of {len(records):,} sessions of 270 patients. No clinic gave a record of any patient."
    ]


def test_sessions_by_their_twitches_are_those_of_all_records(pooled, records):
    found = ASK.by_twitches(pooled)
    for outcome in ("soreness_peak", "pain_relief_48h"):
        rows = found[found["outcome"] == outcome]
        assert rows["dose_label"].tolist() == ["0", "1 to 2", "3 to 5", "6 to 9", "10 to 14", "15 or more"]
        of = pd.cut(records["twitch_count"].astype(float), [0, 1, 3, 6, 10, 15, np.inf], right=False)
        wanted = oc.clustered_means(records.assign(of=of.cat.codes.where(of.notna())), outcome, "of")
        for name in ("patients", "sessions", "estimate", "std_error", "df"):
            np.testing.assert_allclose(rows[name].astype(float), wanted[name].astype(float), rtol=1e-9)
    said = ASK.twitch_sentences(found)
    assert said[0].startswith("Worst soreness was ")
    assert "after sessions with 15 or more twitches" in said[0]


def test_what_nobody_recorded_is_said_to_be_so(each):
    bare = [
        sessions.drop(columns=["soreness_h", "soreness_ongoing", "soreness_free_h"]).assign(pain_48h=np.nan)
        for sessions in each
    ]
    studies = tuple(map(reduce_study, bare))
    pooled = Clinics(studies)
    assert set(ASK.sore_for(pooled)["note"]) == {"not recorded"}
    later = ASK.relief(pooled).query("time == '48h'")
    assert set(later["note"]) == {"not recorded"}
    assert (later["sessions_eligible"] > 0).any()
    assert set(ASK.shares(pooled).query("time == '48h'")["note"]) == {"not recorded"}
    assert ASK.links(pooled)["note"].tolist() == ["not recorded"]
    assert ASK.slope_sentences(ASK.links(pooled)) == [
        "Relief right after and relief at 2 days: not recorded."
    ]
    none = ASK.by_twitches(Clinics((replace(pooled.whole, parts={}),)))
    assert set(none["note"]) == {"not recorded"}
    assert ASK.twitch_sentences(none) == ["Worst soreness by number of twitches: not recorded."]
    assert ASK.curve(pooled)["note"].tolist() == ["no session was asked about soreness"]
