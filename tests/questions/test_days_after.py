"""The days after: shares and means by hand, and what was not asked."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import days_after
from outcomes.questions.twitches import seen_sentences, twitches_seen
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(200, seed=13)[0])


def test_shares_are_of_the_sessions_asked(sessions) -> None:
    rows = days_after.days_after(sessions).set_index("label")
    limited = sessions["activity_limited"].dropna().astype(object)
    assert rows.loc["Activity limited at all", "proportion"] == pytest.approx(limited.ne("none").mean())
    assert rows.loc["Activity stopped", "proportion"] == pytest.approx(limited.eq("stopped").mean())
    like = sessions["soreness_like_workout"].dropna().astype(object)
    assert rows.loc["Soreness like after a workout", "proportion"] == pytest.approx(like.eq("yes").mean())
    advice = sessions["advice"].dropna().str.split(";")
    assert rows.loc["Stretching", "proportion"] == pytest.approx(
        advice.map(lambda tags: "stretching" in tags).mean()
    )


def test_worst_soreness_by_answer_is_the_mean_of_those_who_gave_it(sessions) -> None:
    rows = days_after.soreness_kinds(sessions).set_index(["variable", "value"])
    some = sessions[sessions["activity_limited"].astype(object) == "some"]["soreness_peak"]
    assert rows.loc[("activity limited", "some"), "estimate"] == pytest.approx(some.mean())
    heat = sessions[sessions["advice"].fillna("").str.contains("heat")]["soreness_peak"]
    assert rows.loc[("advice", "Heat"), "estimate"] == pytest.approx(heat.mean())
    assert list(rows.loc["activity limited"].index) == ["none", "some", "stopped"]


def test_a_twitch_is_seen_in_a_share_of_the_sessions_with_one(sessions) -> None:
    rows = twitches_seen(sessions).set_index("condition")
    neck = sessions[sessions["condition"].astype(str) == "neck_pain"]["twitch_seen"].dropna().astype(object)
    some = neck[neck != "none"]
    assert rows.loc["neck_pain", "sessions"] == len(some)
    assert rows.loc["neck_pain", "proportion"] == pytest.approx(some.eq("seen").mean())
    assert "a twitch was seen in" in seen_sentences(rows.reset_index())[0]


def test_records_that_do_not_ask_say_so(sessions) -> None:
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS])
    after = days_after.days_after(old)
    assert set(after["note"]) == {NOT_RECORDED}
    assert days_after.after_sentences(after)[0].startswith("These records do not ask")
    assert set(days_after.soreness_kinds(old)["note"]) == {NOT_RECORDED}
    assert seen_sentences(twitches_seen(old)) == ["Whether a twitch was seen or only felt: not recorded."]


def test_every_table_passes_the_gate(sessions) -> None:
    tables = {
        "a": days_after.days_after(sessions),
        "k": days_after.soreness_kinds(sessions),
        "s": twitches_seen(sessions),
    }
    shown = oc.protect_all(tables, audience="owner")
    counts = pd.concat([found.table["patients"] for found in shown.values()]).dropna()
    assert not counts.between(1, 10).any()
    assert len(days_after.after_sentences(tables["a"])) == 4
