"""What some of the sessions show: the figures of a choice are those of the sessions chosen, and no verdict is given."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import explore
from pages.said import TRUE_ANYWAY, directional


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(120, seed=4)[0])


def test_sessions_can_be_chosen_by_what_was_recorded_only(sessions):
    answers = explore.answers_to(sessions.drop(columns="technique"))
    assert list(answers) == [name for name in explore.CUTS if name != "technique"]
    assert answers["session"] == ["first", "later"]
    assert answers["chronicity"] == ["under_6_weeks", "6_to_12_weeks", "3_to_12_months", "over_a_year"]
    assert set(answers["condition"]) == set(sessions["condition"].astype(str))


def test_a_choice_keeps_the_sessions_with_all_the_answers(sessions):
    choice = {"sex": "female", "session": "later", "condition": "neck_pain"}
    by_hand = sessions.query("sex == 'female' and session_number > 1 and condition == 'neck_pain'")
    kept = explore.chosen(sessions, choice)
    assert len(kept) == len(by_hand) > 10
    assert kept["patient_id"].nunique() == by_hand["patient_id"].nunique()
    assert kept["pain_pre"].tolist() == by_hand["pain_pre"].tolist()


def test_the_figures_of_a_choice_are_those_of_its_sessions_alone(sessions):
    kept = explore.chosen(sessions, {"sex": "male"})
    alone = oc.read_sessions(sessions[sessions["sex"] == "male"].reset_index(drop=True))
    pd.testing.assert_frame_equal(
        oc.change.relief(kept, overall=True), oc.change.relief(alone, overall=True), check_dtype=False
    )
    pd.testing.assert_frame_equal(oc.everyone_sore(kept), oc.everyone_sore(alone), check_dtype=False)
    counted = alone["twitch_count"].dropna()
    found = explore.twitches_counted(kept).iloc[0]
    assert found["sessions"] == len(counted)
    assert found["condition"] == "all"
    assert found["conf_low"] < found["estimate"] < found["conf_high"]


def test_a_question_that_sessions_cannot_be_chosen_by_is_refused(sessions):
    with pytest.raises(oc.OutcomesError, match="by 'shoe_size'; choose by one of condition, activity"):
        explore.chosen(sessions, {"shoe_size": "44"})


def test_each_question_in_turn_gives_the_figures_of_its_choices(sessions):
    relief, sore = explore.relief_cuts(sessions), explore.soreness_cuts(sessions)
    twitches = explore.twitch_cuts(sessions)
    first = explore.chosen(sessions, {"session": "first"})
    alone = oc.change.relief(first, overall=True).set_index("time")
    cut = relief[(relief["variable"] == "session") & (relief["value"] == "first")].set_index("time")
    assert list(cut.index) == ["post", "48h"]
    assert cut["estimate"].to_numpy() == pytest.approx(alone["estimate"].to_numpy(), rel=1e-12)
    assert cut["conf_low"].to_numpy() == pytest.approx(alone["conf_low"].to_numpy(), rel=1e-9)
    over = oc.everyone_sore(first).set_index("threshold")["proportion"]
    longer = sore[(sore["variable"] == "session") & (sore["value"] == "first")].iloc[0]
    assert longer["proportion"] == pytest.approx(over[longer["threshold"]], rel=1e-12)
    counted = twitches[(twitches["variable"] == "session") & (twitches["value"] == "first")].iloc[0]
    assert counted["estimate"] == pytest.approx(explore.twitches_counted(first)["estimate"][0], rel=1e-12)


def test_the_words_hold_no_verdict_and_every_figure(sessions):
    relief, sore = explore.relief_cuts(sessions), explore.soreness_cuts(sessions)
    twitches = explore.twitch_cuts(sessions)
    words = explore.cuts_in_words(relief, sore, twitches)
    groups = relief[["variable", "value"]].drop_duplicates()
    assert len(words) == len(groups)
    assert list(words.columns[2:]) == [
        "Relief right after", "Relief at 2 days", "Sore for more than 48 hours", "Twitches per session",
    ]  # fmt: skip
    said = explore.cut_sentences(relief)
    known = relief[relief["estimate"].notna()].drop_duplicates(["variable", "value"])
    assert f"{len(known)} groups of sessions" in said[0]
    assert not directional(said, but=TRUE_ANYWAY)
    one = explore.figures_in_words(
        oc.change.relief(sessions, overall=True),
        oc.everyone_sore(sessions),
        explore.twitches_counted(sessions),
    )
    assert len(one) == 2 + 4 + 1
    assert one["expected"].tolist()[2:] == ["—"] * 5
    assert not directional([*one["found"], *one["figure"]], but=TRUE_ANYWAY)


def test_a_chart_has_the_rows_of_one_question_called_by_their_answers(sessions):
    relief = explore.relief_cuts(sessions)
    rows = explore.cut_rows(relief, "age_band")
    assert len(rows) == (relief["variable"] == "age band").sum() > 4
    assert set(explore.cut_rows(relief, "session")["condition"]) == {"First sessions", "Later sessions"}


def test_records_that_say_little_are_cut_by_little():
    sessions = pd.DataFrame(
        {
            "session_id": ["s1", "s2"],
            "patient_id": ["a", "b"],
            "condition": "neck_pain",
            "pain_pre": [4.0, 5.0],
        }
    )
    assert list(explore.answers_to(sessions)) == ["condition"]
    relief = explore.relief_cuts(sessions)
    assert explore.cut_sentences(relief) == ["Relief by group: not recorded."]
    words = explore.cuts_in_words(relief, explore.soreness_cuts(sessions), explore.twitch_cuts(sessions))
    assert len(words) == len(explore.CUTS) - 1
    assert (words.drop(columns=["variable", "value"]) == "not recorded").all(axis=None)
