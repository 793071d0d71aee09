"""Cards: the same shares as the library's, in words, with what no effect would show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions.cards import card, card_note, card_sentences, conditions_shown, not_shown_sentences
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED, TOO_FEW, causal_claims, reason


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(200, seed=6)[0]


@pytest.fixture(scope="module")
def expected(sessions) -> pd.DataFrame:
    return oc.expectations(sessions)


def test_every_condition_has_every_line_in_order(sessions, expected):
    conditions = set(sessions["condition"].astype(str))
    assert set(expected["condition"]) == conditions
    assert len(expected) == 9 * len(conditions)
    old = oc.expectations(sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS]))
    pd.testing.assert_frame_equal(
        old.reset_index(drop=True), expected[expected["label"].isin(old["label"])].reset_index(drop=True)
    )
    assert len(old) == 7 * len(conditions)
    first = expected["label"].head(7).tolist()
    assert first[:2] == ["Clearly less pain right after", "Clearly more pain right after"]
    assert len(set(expected.groupby("condition", sort=False)["label"].apply(tuple))) == 1


@pytest.mark.parametrize(
    ("label", "flag"),
    [
        ("Clearly less pain at 2 days", "pain_responder_48h"),
        ("Clearly more pain right after", "pain_worse_post"),
    ],
)
def test_shares_are_those_of_responders_with_what_no_effect_would_show(sessions, expected, label, flag):
    theirs = oc.responders(sessions, flag).astype({"condition": str}).set_index("condition")
    mine = expected[(expected["label"] == label) & expected["proportion"].notna()].set_index("condition")
    theirs = theirs.loc[mine.index]
    assert len(mine) > 5
    for column in ("proportion", "conf_low", "conf_high", "null_benchmark", "patients", "sessions"):
        np.testing.assert_allclose(mine[column], theirs[column], rtol=1e-12)


def test_the_capture_rate_is_of_sessions_the_rule_applies_to(sessions, expected):
    row = expected[
        (expected["condition"] == "neck_pain") & (expected["label"] == "Clearly less pain at 2 days")
    ].iloc[0]
    own = oc.with_outcomes(sessions[(sessions["condition"] == "neck_pain") & (sessions["pain_pre"] >= 3)])
    assert row["sessions_eligible"] == len(own)
    assert row["capture_rate"] == pytest.approx(own["pain_relief_48h"].notna().mean())


def test_anything_unwanted_counts_all_but_none(sessions, expected):
    own = sessions[sessions["condition"] == "neck_pain"]
    row = expected[
        (expected["condition"] == "neck_pain") & expected["label"].str.startswith("Anything")
    ].iloc[0]
    assert row["proportion"] == pytest.approx((own["adverse_event"].astype(str) != "none").mean())


def test_the_readings_carry_their_labels(sessions):
    labels = {"pre": "before", "post": "at once", "48h": "on day 2"}
    found = oc.expectations(sessions, times=labels)
    assert "Clearly less pain on day 2" in set(found["label"])
    assert "on day 2" in card_note(found, "neck_pain")


def test_what_was_not_recorded_or_rests_on_too_few_says_so(sessions):
    bare = sessions[["session_id", "patient_id", "condition", "session_number", "pain_pre"]]
    found = oc.expectations(bare)
    assert set(found["note"]) == {NOT_RECORDED}
    assert conditions_shown(found) == []
    assert not_shown_sentences(found)[0].endswith(": not recorded.")
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:4])]
    assert set(oc.expectations(few)["note"]) <= {TOO_FEW, NOT_RECORDED}


def test_a_card_says_it_in_words_and_claims_no_cause(expected):
    said = card_sentences(expected, "neck_pain")
    assert said[0].startswith("Neck pain, after a session: clearly less pain right after: ")
    assert "in 10" in said[0]
    assert "Expected without any effect, clearly less pain: " in said[1]
    assert not causal_claims(" ".join(said))
    assert not_shown_sentences(expected[expected["condition"] == "neck_pain"]) == [
        "Every condition in the records has a card."
    ]


def test_a_card_says_every_line_and_its_alt_text_the_first(expected):
    axes = oc.charts.expectation_card(
        card(expected, "neck_pain"), source_note=card_note(expected, "neck_pain")
    )
    alt = oc.charts.alt_text(axes)
    lines = expected.loc[expected["condition"] == "neck_pain", "label"]
    drawn = " ".join(text.get_text().replace("\n", " ") for text in axes.texts)
    assert len(lines) == 9
    assert [label for label in lines if label not in drawn] == []
    assert lines.iloc[0] in alt
    assert len(alt) <= 250


def test_one_direction_that_is_not_shown_hides_the_other(expected):
    frame = expected.copy()
    gone = (frame["condition"] == "neck_pain") & frame["label"].eq("Clearly more pain at 2 days")
    frame.loc[gone, "proportion"] = float("nan")
    shown = card(frame, "neck_pain").set_index("label")
    assert shown["estimate"].isna().sum() == 2
    assert pd.isna(shown.loc["Clearly less pain at 2 days", "estimate"])
    assert reason(shown.loc["Clearly less pain at 2 days", "note"]) == "not shown (privacy)"
    assert card(expected, "neck_pain")["estimate"].notna().all()


def test_small_cells_do_not_pass(expected):
    shown = oc.protect(expected, audience="owner").table
    told = shown[shown["proportion"].notna()]
    count = (told["proportion"] * told["sessions"]).round(6)
    assert len(told) > 10
    assert not count.between(0.5, 10.5).any()
    assert not (told["sessions"] - count).between(0.5, 10.5).any()
    assert told["label"].str.startswith("Sore").any()


def test_a_card_says_what_no_effect_would_show_both_ways():
    rows = pd.DataFrame(
        {
            "condition": "neck_pain",
            "label": ["Clearly less pain at 2 days", "Clearly more pain at 2 days"],
            "proportion": [0.4, 0.2],
            "capture_rate": [0.66, 0.66],
            "null_benchmark": [0.28, 0.16],
        }
    )
    note = card_note(rows, "neck_pain")
    assert "clearly less pain: 28% at 2 days" in note
    assert "clearly more pain: 16% at 2 days" in note
    assert "If people only come on bad days, even more would improve" in note
    assert "Recorded in 66% of sessions at 2 days" in note


@pytest.mark.parametrize("condition", ["neck_pain", "low_back_pain"])
def test_strong_pain_of_the_needling_is_seven_or_more_as_the_card_says(sessions, expected, condition):
    asked = sessions.loc[sessions["condition"] == condition, "pain_during"].dropna().astype(float)
    label = "Strong pain of the needling (7 or more of 10)"
    row = expected[(expected["condition"] == condition) & (expected["label"] == label)].iloc[0]
    assert (asked == 7).any(), "the limit itself is in the records"
    assert row["proportion"] == pytest.approx((asked >= 7).mean())
    assert row["sessions"] == len(asked)
