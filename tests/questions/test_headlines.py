"""Headlines: joined estimates against their sources, and sentences on made-up rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import headlines
from outcomes.words import causal_claims


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(150, seed=6)[0])


def _row(**changes) -> pd.DataFrame:
    row = {
        "condition": "neck_pain", "time": "48h", "measure": "pain_relief", "patients": 40, "sessions": 90,
        "capture_rate": 0.6, "observed": 0.8, "estimate": 0.8, "conf_low": 0.3, "conf_high": 1.3, "better": 0.4,
        "same": 0.4, "worse": 0.2, "expected_change": 0.1, "null_benchmark_flare": 0.7, "note": "",
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def test_relief_joins_what_chance_alone_would_give(sessions):
    found = headlines.relief(sessions)
    plain = oc.condition_estimates(sessions)
    assert found["estimate"].tolist() == pytest.approx(plain["estimate"].tolist(), nan_ok=True)
    expected = oc.expected_change(sessions, "pain_relief_48h")
    expected = expected.assign(condition=expected["condition"].astype("str")).set_index("condition")[
        "expected_change"
    ]
    mine = found[found["time"] == "48h"].set_index("condition")["expected_change"]
    assert mine.to_dict() == pytest.approx(expected[mine.index].to_dict())
    overall = headlines.relief(sessions, overall=True)
    assert overall["condition"].tolist() == ["all", "all"]


def test_the_later_reading_is_compared_in_sessions_that_have_both(sessions):
    once = sessions[sessions["session_number"] == 1].drop_duplicates("patient_id")
    row = headlines.gained_later(once, overall=True).iloc[0]
    frame = oc.with_outcomes(once, ["pain_relief_post", "pain_relief_48h"])
    gained = (frame["pain_relief_48h"] - frame["pain_relief_post"]).dropna()
    assert row["estimate"] == pytest.approx(gained.mean())
    assert row["std_error"] == pytest.approx(gained.std() / np.sqrt(len(gained)))
    assert row["sessions"] == len(gained)
    assert row["null_benchmark"] == pytest.approx(0.0, abs=0.1)
    assert row["null_benchmark_flare"] == pytest.approx(1.265 * 1.5 * (1 - 0.35), abs=0.1)


def test_nothing_recorded_right_after_says_so_and_goes_on(sessions):
    absent = sessions.assign(pain_post=np.nan)
    gained = headlines.gained_later(absent, overall=True)
    assert gained["note"].tolist() == ["not recorded"]
    assert headlines.gained_sentences(gained) == ["Pain at 2 days against pain right after: not recorded."]
    assert set(headlines.course(absent)["time"]) == {"pre", "48h"}
    none = sessions.assign(
        rom_movement=pd.Categorical([None] * len(sessions)), rom_pre=np.nan, rom_post=np.nan
    )
    motion = headlines.motion(none, times=["post"])
    assert headlines.change_sentences(motion) == ["Range-of-motion gain: not recorded."]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Neck pain: pain later 0.8 points lower (95 % interval 0.3 to 1.3;"),
        (
            {"estimate": -0.8, "conf_low": -1.3, "conf_high": -0.3},
            "pain later 0.8 points higher (95 % interval 0.3 to 1.3;",
        ),
        ({"conf_low": -0.3}, "later no clear change (relief 0.8 points, 95 % interval −0.3 to 1.3;"),
        (
            {"estimate": np.nan, "note": "withheld: fewer than 11 patients"},
            "Neck pain: later too few patients to show.",
        ),
        (
            {"estimate": np.nan, "note": "too few patients to say"},
            "Neck pain: later too few patients to say.",
        ),
    ],
)
def test_each_condition_is_said_with_its_direction(changes, said):
    assert said in headlines.condition_sentences(_row(**changes), {"48h": "later"})[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Chance and bad days could account for all of it."),
        ({"conf_low": 0.9, "conf_high": 1.2, "estimate": 1.0}, "more than chance and bad days would give"),
        ({"observed": -0.5, "conf_low": -0.9, "conf_high": -0.2}, "more pain than chance alone"),
        ({"observed": 0.1, "conf_low": -0.2, "conf_high": 0.05}, "less relief than chance alone"),
        (
            {},
            "pain was on average 0.8 points lower; regression to the mean alone would make it 0.1 to 0.7 points",
        ),
        ({"observed": -0.2}, "pain was on average 0.2 points higher"),
        ({"observed": 0.0}, "pain was on average no lower and no higher"),
    ],
)
def test_what_was_seen_is_held_against_chance(changes, said):
    text = headlines.expected_sentences(_row(condition="all", **changes))[0]
    assert said in text
    assert causal_claims(text) == []


def test_shares_withheld_are_not_said():
    whole = headlines.better_worse_sentences(_row())[0]
    assert "40 % were better by at least 2 points" in whole
    assert "20 % were worse by at least 2 points" in whole
    part = headlines.better_worse_sentences(_row(worse=np.nan))[0]
    assert "worse" not in part
    assert "too few patients to show" in part
    none = headlines.better_worse_sentences(
        _row(better=np.nan, same=np.nan, worse=np.nan, note="not recorded")
    )[0]
    assert none == "At 2 days, shares better and worse: not recorded."


def test_summaries_sort_conditions_by_what_is_clear():
    rows = pd.concat(
        [
            _row(),
            _row(condition="headache", conf_low=-0.2, conf_high=1.8),
            _row(condition="jaw_pain", estimate=-0.5, conf_low=-0.9, conf_high=-0.1),
            _row(
                condition="other",
                estimate=np.nan,
                conf_low=np.nan,
                conf_high=np.nan,
                note="too few patients to say",
            ),
        ]
    )
    said = headlines.summary_sentences(rows)
    assert said[0] == (
        "On average, at 2 days: clearly less pain in neck pain; clearly more pain in jaw pain; "
        "no clear change in headache."
    )
    assert said[1] == "At 2 days, too few patients to say: other complaints."
    assert "among 3 conditions (Holm's adjustment)" in said[2]


def test_an_interval_beyond_no_change_is_not_clear_beside_many():
    names = ["headache", "jaw_pain", "mid_back_pain", "low_back_pain", "tennis_elbow", "shoulder_pain"]
    flat = [_row(condition=name, estimate=0.1, conf_low=-0.4, conf_high=0.6) for name in names]
    rows = pd.concat([_row(estimate=0.6, conf_low=0.1, conf_high=1.1), *flat], ignore_index=True)
    said = headlines.summary_sentences(rows)
    assert not any("clearly" in sentence for sentence in said)
    told = headlines.condition_sentences(rows)[0]
    assert told.endswith("which is not clear beside so many comparisons.")
    alone = headlines.summary_sentences(_row(estimate=0.6, conf_low=0.1, conf_high=1.1))
    assert alone == ["On average, at 2 days: clearly less pain in neck pain."]


def test_a_gain_within_measurement_error_is_said_to_be():
    row = _row(measure="rom_gain", estimate=5.0, conf_low=4.0, conf_high=6.0).assign(
        rom_movement="cervical_rotation"
    )
    said = headlines.change_sentences(row)
    assert said[0] == (
        "At 2 days: neck rotation 5.0 degrees more (95 % interval 4.0 to 6.0). This rests on 40 patients, recorded in "
        "60 % of the sessions with a reading before."
    )
    assert "smaller than the measurement error of one patient's reading in neck rotation" in said[1]
    beyond = row.assign(estimate=9.0, conf_low=8.0, conf_high=10.0)
    assert (
        headlines.change_sentences(beyond)[1] == "At 2 days, it is larger than that error in neck rotation."
    )


def test_a_total_is_withheld_for_the_sake_of_its_parts_and_says_so() -> None:
    note = "withheld: fewer than 11 patients, or it would reveal so few"
    overall = _row(condition="all", better=np.nan, same=np.nan, worse=np.nan, note=note)
    (said,) = headlines.better_worse_sentences(overall)
    assert said.startswith("At 2 days, shares better and worse: not shown, because beside the other figures")
