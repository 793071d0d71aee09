"""How sore and how long: hand-made curves, known truth, and what was never asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import soreness
from outcomes.words import NOT_RECORDED, TOO_FEW, causal_claims


def frame_of(hours: list[float], ongoing: list[bool] | None = None, **columns) -> pd.DataFrame:
    """One session a patient, in order of the given hours."""
    n = len(hours)
    base = {
        "patient_id": [f"p{i:03d}" for i in range(n)],
        "condition": "neck_pain",
        "session_number": 1,
        "soreness_h": hours,
        "soreness_ongoing": pd.array(ongoing or [False] * n, dtype="boolean"),
    }
    return pd.DataFrame(base | columns)


def shares(frame: pd.DataFrame, **options) -> pd.DataFrame:
    return soreness.soreness_shares(frame, **options).set_index("threshold")


def test_shares_of_uncensored_hours_are_plain_shares():
    frame = frame_of([0.0, 0.0, 6.0, 12.0, 24.0, 30.0, 48.0, 60.0, 72.0, 96.0])
    found = shares(frame)["proportion"]
    assert found.to_dict() == pytest.approx({0: 0.8, 24: 0.5, 48: 0.3, 72: 0.1})


def test_a_session_that_was_not_asked_is_never_a_session_without_soreness():
    asked = [0.0, 12.0, 30.0, 50.0] * 5
    frame = frame_of([*asked, *[np.nan] * 20])
    found = shares(frame)
    assert found.loc[0, "proportion"] == pytest.approx(0.75)
    assert found.loc[0, "sessions"] == 20
    assert found.loc[0, "sessions_eligible"] == 40
    assert found.loc[0, "capture_rate"] == pytest.approx(0.5)


def test_those_still_sore_when_last_asked_count_until_then():
    frame = frame_of([12.0] * 10 + [30.0] * 10 + [36.0] * 20, [False] * 20 + [True] * 20)
    found = shares(frame)
    assert found.loc[24, "proportion"] == pytest.approx(0.75)
    assert np.isnan(found.loc[48, "proportion"])
    assert found.loc[48, "note"] == "too few were followed to 48 h to say"


def test_a_share_is_told_where_enough_are_still_watched_or_hardly_any_was_lost():
    watched = frame_of([12.0] * 20 + [40.0] * 10 + [60.0] * 8, [False] * 20 + [True] * 18)
    assert shares(watched).loc[48, "proportion"] == pytest.approx(18 / 38)
    hardly = frame_of([12.0] * 39 + [30.0, 50.0], [False] * 39 + [True, False])
    assert shares(hardly).loc[48, "proportion"] == pytest.approx(2 / 41)


def test_intervals_of_shares_are_those_of_the_curve_turned_over():
    frame = frame_of([0.0, 12.0, 30.0, 50.0, 60.0] * 6)
    summary = oc.soreness_summary(frame).iloc[0]
    row = shares(frame).loc[48]
    assert row["conf_low"] == pytest.approx(1 - summary["resolved_48h_conf_high"])
    assert row["conf_high"] == pytest.approx(1 - summary["resolved_48h_conf_low"])
    assert row["conf_low"] < row["proportion"] < row["conf_high"]


def test_any_soreness_reads_all_three_columns():
    frame = frame_of(
        [0.0, 0.0, 5.0, np.nan], [False, True, False, False], soreness_free_h=[np.nan] * 3 + [12.0]
    )
    assert soreness.with_soreness(frame)["sore_any"].tolist() == [0.0, 1.0, 1.0, 1.0]
    assert "sore_any" not in frame


@pytest.mark.parametrize("drop", [["soreness_h"], ["soreness_h", "soreness_ongoing"]])
def test_without_soreness_on_record_every_frame_says_so(drop):
    frame = frame_of([5.0] * 12).drop(columns=drop)
    assert set(soreness.soreness_shares(frame)["note"]) == {NOT_RECORDED}
    assert set(soreness.everyone_sore(frame)["note"]) == {NOT_RECORDED}
    assert set(soreness.soreness_peaks(frame)["note"]) == {NOT_RECORDED}
    assert set(soreness.soreness_groups(frame)["note"]) == {NOT_RECORDED}
    assert set(soreness.soreness_ratios(frame)["note"]) == {NOT_RECORDED}
    assert soreness.share_sentences(soreness.everyone_sore(frame)) == ["Soreness: not recorded."]
    assert "not recorded" in soreness.ratio_sentences(soreness.soreness_ratios(frame))[0]


def test_conditions_with_too_few_patients_keep_their_row():
    frame = pd.concat([frame_of([5.0] * 12), frame_of([5.0] * 3, condition="jaw_pain")])
    found = soreness.soreness_shares(frame)
    few = found[found["condition"] == "jaw_pain"]
    assert len(few) == 4
    assert set(few["note"]) == {TOO_FEW}
    assert few["proportion"].isna().all()
    said = soreness.condition_sentences(found)[1]
    assert said == "No figure for more than 48 hours: jaw pain."


def test_worst_soreness_is_the_plain_mean_where_patients_come_once():
    frame = frame_of([5.0] * 12, soreness_peak=np.arange(12.0))
    row = soreness.soreness_peaks(frame).iloc[0]
    assert row["estimate"] == pytest.approx(5.5)
    assert row["std_error"] == pytest.approx(np.arange(12).std(ddof=1) / np.sqrt(12), rel=1e-6)


def test_first_sessions_stand_beside_later_ones():
    frame = pd.concat([frame_of([60.0] * 10), frame_of([5.0] * 10, session_number=2)], ignore_index=True)
    found = soreness.soreness_groups(frame)
    rows = found[found["variable"] == "session"].set_index("value")["proportion"]
    assert rows.to_dict() == {"first": 1.0, "later": 0.0}
    assert found[found["variable"] == "sex"]["note"].tolist() == [NOT_RECORDED]
    assert "By sex: not recorded." in soreness.group_sentences(found)


def test_ratios_find_what_goes_with_longer_soreness_other_things_equal():
    rng = np.random.default_rng(11)
    patients, each = 300, 4
    who = np.repeat(np.arange(patients), each)
    female = rng.integers(0, 2, patients)[who]
    twitch = rng.poisson(5 + 3 * female)
    hours = np.exp(
        2.5 + 0.4 * female + 0.05 * twitch + rng.normal(0, 0.3, patients)[who] + rng.normal(0, 0.3, len(who))
    )
    frame = pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in who],
            "condition": "neck_pain",
            "session_number": np.tile(np.arange(1, each + 1), patients),
            "soreness_h": hours,
            "sex": np.where(female == 1, "female", "male"),
            "twitch_count": twitch.astype(float),
        }
    )
    found = soreness.soreness_ratios(frame).query("outcome == 'hours of soreness'").set_index("quantity")
    for quantity, true in {
        "women against men": np.exp(0.4),
        "ten more twitches": np.exp(0.5),
        "a later session against the first, same patient": 1.0,
    }.items():
        assert found.loc[quantity, "conf_low"] < true < found.loc[quantity, "conf_high"]
    assert "ten more insertions" not in found.index
    said = soreness.ratio_sentences(soreness.soreness_ratios(frame))
    assert "we see no clear link" in said[0]
    assert "soreness lasted longer (1.5" in said[1]
    assert not causal_claims(" ".join(said))


def test_everyone_is_said_in_words_people_use():
    frame = frame_of([0.0, 0.0, 12.0, 30.0, 30.0, 60.0, 60.0, 60.0, 90.0, 90.0] * 4)
    said = soreness.share_sentences(soreness.everyone_sore(frame))
    assert "Sore at all: about 8 in 10 (80%; 95% CI" in said[0]
    assert "Over two days: about 5 in 10 (50%; 95% CI" in said[0]
    assert "40 patients, 40 sessions; asked in 100% of sessions" in said[1]


def test_shares_for_reading_have_a_column_per_number_of_hours():
    frame = pd.concat([frame_of([5.0, 60.0] * 6), frame_of([5.0] * 3, condition="jaw_pain")])
    table = soreness.soreness_shares(frame)
    table.attrs["protected_for"] = "owner"
    words = soreness.shares_in_words(table)
    assert list(words.columns)[-4:] == ["any soreness", "more than 24 h", "more than 48 h", "more than 72 h"]
    assert words.set_index("condition").loc["neck_pain", "more than 48 h"].startswith("50%")
    assert words.set_index("condition").loc["jaw_pain", "more than 48 h"] == "too few patients"
    assert words.attrs == table.attrs
    assert {"time_h", "still_sore"} <= set(soreness.as_curve(table).columns)


def test_the_frames_pass_the_gate():
    sessions, _ = oc.simulate_sessions(150, seed=2)
    for estimator in (
        oc.soreness_shares,
        oc.everyone_sore,
        oc.soreness_peaks,
        oc.soreness_groups,
        oc.soreness_ratios,
    ):
        shown = oc.protect(estimator(sessions), audience="owner").table
        told = shown[shown["patients"].notna()]
        assert len(told) > 0
        assert not told["patients"].between(1, 10).any()


@pytest.mark.parametrize(("watched", "flagged"), [(4, True), (5, False)])
def test_a_share_that_rests_on_five_at_risk_is_not_marked(watched, flagged):
    frame = frame_of([12.0] * 40 + [80.0] * watched + [6.0], [False] * (40 + watched) + [True])
    note = soreness.everyone_sore(frame).set_index("threshold").loc[72, "note"]
    assert ("fewer than five" in note) is flagged


def test_a_share_that_rests_on_fewer_than_five_at_risk_is_marked():
    """One lost at once, three still under watch at 72 h: the share stands, and is flagged."""
    frame = frame_of([12.0] * 40 + [80.0] * 3 + [6.0])
    ongoing = frame["soreness_h"] == 6.0
    frame = frame.assign(soreness_ongoing=pd.array(ongoing, dtype="boolean"))
    rows = soreness.everyone_sore(frame).set_index("threshold")
    assert rows.loc[72, "proportion"] > 0
    assert rows.loc[72, "note"] == "fewer than five sessions were still followed at 72 h"
    assert "fewer than five" not in rows.loc[0, "note"]
    shown = soreness.shares_in_words(rows.reset_index()).iloc[0]
    assert shown["more than 72 h"].endswith("*")
    assert not shown["any soreness"].endswith("*")
