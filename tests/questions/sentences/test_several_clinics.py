"""What is said of several clinics, from frames made by hand."""

from __future__ import annotations

import pandas as pd

from outcomes.questions.sentences.several_clinics import (
    between_sentences,
    slope_sentences,
    twitch_sentences,
    who_sentences,
)

ROW = {"clinics": 5, "sd_between": 0.2, "note": ""}


def test_how_far_clinics_differ_is_said_in_points_and_in_percent():
    points = {"measure": "pain_relief", "time": "48h", "estimate": 0.73, "conf_low": 0.58, "conf_high": 0.89}
    shares = {
        "measure": "pain_responder",
        "time": "post",
        "estimate": 0.4,
        "conf_low": 0.35,
        "conf_high": 0.45,
    }
    ends = {"predicted_low": 0.43, "predicted_high": 1.04}
    few = {"predicted_low": 0.31, "predicted_high": 0.5}
    said = between_sentences(pd.DataFrame([{**ROW, **points, **ends}, {**ROW, **shares, **few}]))
    assert said == [
        "Relief at 2 days: 0.7 points (95% CI 0.6 to 0.9) at the average clinic of 5. At one more clinic like these it "
        "is expected to be 0.4 to 1.0 points.",
        "Relief that matters right after: 40% of sessions (95% CI 35% to 45%) at the average clinic of 5. At one more "
        "clinic like these it is expected to be 31% to 50%.",
    ]


def test_a_slope_is_said_with_what_it_does_not_show():
    row = {
        "estimate": 0.312,
        "conf_low": 0.27,
        "conf_high": 0.36,
        "patients": 1100,
        "sessions": 3000,
        "note": "",
    }
    assert slope_sentences(pd.DataFrame([row])) == [
        "For each further point of relief right after, relief at 2 days differed by 0.31 (95% CI 0.27 to 0.36) points, "
        "in sessions with equal pain before (1,100 patients). Two readings of the same pain go together even without "
        "any effect."
    ]


def test_one_clinic_is_said_to_be_one():
    who = pd.DataFrame({"clinics": [1], "sessions": [80], "patients": [30]})
    assert who_sentences(who)[0].startswith("1 clinic gave sums of 80 sessions of 30 patients.")


def test_the_fewest_and_the_most_twitches_are_compared_and_what_is_not_held_equal_is_said():
    rows = [
        {"outcome": "soreness_peak", "dose_label": label, "patients": n, "estimate": of, "conf_low": of - 0.2,
         "conf_high": of + 0.2, "note": ""}
        for label, n, of in (("0", 308, 2.45), ("1 to 2", 400, 2.6), ("3 to 5", 90, 3.9))
    ]  # fmt: skip
    assert twitch_sentences(pd.DataFrame(rows)) == [
        "Worst soreness was 2.5 (95% CI 2.3 to 2.7) points after sessions with 0 twitches (308 patients), and 3.9 "
        "(95% CI 3.7 to 4.1) points after sessions with 3 to 5 twitches (90 patients). Sessions with more "
        "twitches often had more insertions too, and other patients; neither is held equal here."
    ]
