"""Slopes on twitches against least squares within patients, closed forms, and what was not recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import twitches
from outcomes.questions.twitches import ALONE, BETWEEN, NO_INSERTIONS, WITH_INSERTIONS, WITHIN
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, causal_claims

TIMES = {"pre": "before", "post": "right after", "48h": "at 2 days"}


def cohort(patients: int = 60, seed: int = 3) -> pd.DataFrame:
    """Sessions of one condition; soreness rises by 0.1 a twitch and 0.05 an insertion, twitches go with insertions."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), rng.integers(2, 6, patients))
    insertions = rng.poisson(15, len(who)).astype(float)
    twitch = rng.poisson(insertions / 3).astype(float)
    level = rng.normal(0, 1, patients)[who]
    peak = 3 + level + 0.1 * twitch + 0.05 * insertions + rng.normal(0, 0.5, len(who))
    before = rng.integers(3, 9, len(who)).astype(float)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i:03d}" for i in who],
            "condition": "neck_pain",
            "twitch_count": twitch,
            "insertion_count": insertions,
            "soreness_peak": peak,
            "soreness_h": np.exp(2 + 0.05 * twitch + 0.3 * level + rng.normal(0, 0.4, len(who))),
            "pain_pre": before,
            "pain_post": before - 0.5 + rng.normal(0, 1, len(who)),
            "pain_48h": before - 1.0 + rng.normal(0, 1, len(who)),
        }
    )


def row_of(frame: pd.DataFrame, outcome: str, model: str, effect: str = WITHIN) -> pd.Series:
    found = frame[(frame["outcome"] == outcome) & (frame["model"] == model) & (frame["effect"] == effect)]
    assert len(found) == 1
    return found.iloc[0]


def within_slopes(frame: pd.DataFrame, outcome: str, names: list[str]) -> np.ndarray:
    """Fixed-effects slopes: least squares of deviations from each patient's means."""
    both = frame[[outcome, *names]]
    apart = (both - both.groupby(frame["patient_id"]).transform("mean")).to_numpy()
    return np.linalg.lstsq(apart[:, 1:], apart[:, 0], rcond=None)[0]


@pytest.mark.parametrize(
    ("model", "names"),
    [(ALONE, ["twitch_count"]), (WITH_INSERTIONS, ["twitch_count", "insertion_count"])],
)
def test_the_slope_within_patients_is_that_of_least_squares_on_deviations(model, names):
    frame = cohort()
    found = row_of(twitches.twitch_relations(frame), "soreness_peak", model)
    assert found["estimate"] == pytest.approx(within_slopes(frame, "soreness_peak", names)[0], rel=1e-8)
    assert (found["patients"], found["sessions"]) == (60, len(frame))


def test_both_models_rest_on_the_same_sessions_where_some_insertions_are_missing():
    frame = cohort()
    frame.loc[::3, "insertion_count"] = np.nan
    found = twitches.twitch_relations(frame)
    alone, held = (row_of(found, "pain_relief_48h", model) for model in (ALONE, WITH_INSERTIONS))
    assert alone["sessions"] == held["sessions"] == frame["insertion_count"].notna().sum()
    assert alone["sessions_eligible"] == len(frame)
    assert alone["capture_rate"] == pytest.approx(alone["sessions"] / len(frame))


def test_p_values_are_holms_over_the_outcomes_of_one_effect_and_model():
    found = twitches.twitch_relations(cohort())
    family = found[(found["effect"] == WITHIN) & (found["model"] == ALONE)]
    from scipy.stats import t

    raw = 2 * t.sf(family["statistic"].abs(), family["df"])
    order = np.argsort(raw)
    by_hand = np.maximum.accumulate(np.minimum(raw[order] * [3, 2, 1], 1.0))
    np.testing.assert_allclose(family["p_value"].to_numpy()[order], by_hand, rtol=1e-9)
    assert set(family["adjust"]) == {"Holm's adjustment, 3 outcomes"}


def test_neither_row_order_nor_the_unit_of_a_twitch_matters():
    frame = cohort()
    whole = twitches.twitch_relations(frame)
    mixed = twitches.twitch_relations(
        frame.sample(frac=1, random_state=1).assign(twitch_count=frame["twitch_count"] * 2)
    )
    np.testing.assert_allclose(mixed["estimate"], whole["estimate"] / 2, rtol=1e-7, atol=1e-12)


def test_without_insertions_on_record_the_held_row_says_so():
    frame = cohort().drop(columns="insertion_count")
    found = twitches.twitch_relations(frame)
    assert row_of(found, "soreness_peak", WITH_INSERTIONS)["note"] == NO_INSERTIONS
    assert np.isfinite(row_of(found, "soreness_peak", ALONE)["estimate"])
    assert all("cannot be separated from them" in text for text in twitches.relation_sentences(found, TIMES))


@pytest.mark.parametrize(
    ("patients", "drop", "note"),
    [(6, [], TOO_FEW), (30, ["twitch_count"], NOT_RECORDED), (30, ["pain_48h"], NOT_RECORDED)],
)
def test_too_few_or_not_recorded_is_a_row_that_says_so(patients, drop, note):
    found = twitches.twitch_relations(cohort(patients).drop(columns=drop))
    row = row_of(found, "pain_relief_48h", ALONE)
    assert np.isnan(row["estimate"])
    assert row["note"] == note
    assert len(found) == 12


def test_one_session_each_leaves_nothing_within_patients():
    frame = cohort().drop_duplicates("patient_id")
    row = row_of(twitches.twitch_relations(frame), "soreness_peak", ALONE)
    assert np.isnan(row["estimate"])
    assert "no patient has sessions with different numbers" in row["note"]
    assert np.isfinite(row_of(twitches.twitch_relations(frame), "soreness_peak", ALONE, BETWEEN)["estimate"])


def test_the_ratio_of_hours_finds_the_truth():
    found = twitches.twitch_soreness(cohort(400, seed=8))
    row = row_of(found, "hours of soreness", WITH_INSERTIONS)
    assert row["conf_low"] < np.exp(0.05) < row["conf_high"]
    assert row["conf_high"] / row["conf_low"] < 1.06
    said = twitches.soreness_sentences(found)
    assert "soreness lasted longer with more twitches" in said[1]
    assert not causal_claims(" ".join(said))


def test_the_two_readings_of_soreness_are_held_together_where_nearly_all_sessions_hurt_later():
    found = twitches.twitch_soreness(cohort(100, seed=8))
    part = found["outcome"] == "hours of soreness"
    odds = {"ratio": 0.9, "conf_low": 0.8, "conf_high": 1.1, "std_error": 0.08, "note": ""}
    found = found.assign(**{name: found[name].where(part, value) for name, value in odds.items()})
    sessions = found.loc[~part, "sessions"].iloc[0]
    for share, told in ((0.9, True), (0.5, False)):
        said = twitches.soreness_sentences(
            found.assign(sessions=found["sessions"].mask(part, share * sessions))
        )
        assert any("Some soreness follows most sessions (90%)" in text for text in said) is told
    unknown = found.assign(ratio=found["ratio"].mask(part))
    assert len(twitches.soreness_sentences(unknown)) == 2


def test_groups_of_sessions_hold_the_plain_means_where_patients_come_once():
    frame = cohort(200).drop_duplicates("patient_id")
    found = twitches.twitch_bins(frame)
    peaks = found[(found["outcome"] == "soreness_peak") & found["estimate"].notna()]
    place = np.searchsorted(active_plan().twitches.groups, frame["twitch_count"], side="right")
    means = frame.groupby(place)["soreness_peak"].mean()[frame.groupby(place).size() >= 8]
    np.testing.assert_allclose(peaks["estimate"], means, rtol=1e-7)
    assert found.groupby("outcome")["sessions"].sum().eq(len(frame)).all()
    few = found[found["estimate"].isna()]
    assert (few["patients"] < 8).all()
    assert set(few["note"]) <= {TOO_FEW, NOT_RECORDED}


def test_groups_without_twitches_on_record_say_so():
    found = twitches.twitch_bins(cohort().drop(columns="twitch_count"))
    assert found["note"].tolist() == [NOT_RECORDED] * 3


def test_the_frames_pass_the_gate_and_the_input_is_unchanged():
    frame = cohort()
    before = frame.copy()
    for estimator in (oc.twitch_relations, oc.twitch_soreness, oc.twitch_bins):
        shown = oc.protect(estimator(frame), audience="owner").table
        assert len(shown)
    pd.testing.assert_frame_equal(frame, before)


def test_in_words_names_outcomes_and_keeps_the_gates_mark():
    table = pd.DataFrame({"outcome": ["pain_relief_48h"], "estimate": [0.1], "df": [3.0]})
    table.attrs["protected_for"] = "owner"
    shown = twitches.in_words(table, TIMES)
    assert shown["outcome"].tolist() == ["pain relief at 2 days"]
    assert list(shown.columns) == ["outcome", "estimate"]
    assert shown.attrs == table.attrs


def two_conditions() -> pd.DataFrame:
    frame = cohort(80, seed=5)
    even = frame["patient_id"].str[1:].astype(int) % 2 == 0
    return frame.assign(condition=np.where(even, "achilles_tendinopathy", "jaw_pain"))


def test_counts_say_what_share_of_sessions_was_counted_and_keep_every_condition():
    frame = two_conditions()
    frame.loc[::4, "twitch_count"] = np.nan
    extra = pd.DataFrame({"patient_id": ["x"], "condition": ["headache"], "twitch_count": [3.0]})
    found = twitches.twitch_counts(pd.concat([frame, extra], ignore_index=True)).set_index("condition")
    assert list(found.index) == ["headache", "jaw_pain", "achilles_tendinopathy"]
    own = frame[frame["condition"] == "jaw_pain"]
    assert found.loc["jaw_pain", "capture_rate"] == pytest.approx(own["twitch_count"].notna().mean())
    assert found.loc["jaw_pain", "zero_share"] == pytest.approx((own["twitch_count"].dropna() == 0).mean())
    assert found.loc["headache", "note"] == TOO_FEW
    assert np.isnan(found.loc["headache", "estimate"])


def test_sentences_give_the_span_and_name_what_cannot_be_told():
    frame = two_conditions()
    few = frame[
        frame["patient_id"].isin([f"p{i:03d}" for i in range(0, 12, 2)]) | (frame["condition"] == "jaw_pain")
    ]
    said = twitches.count_sentences(twitches.twitch_counts(few))
    assert "(1 condition; counted in" in said[0]
    assert said[1] == "Too few to estimate, or not shown: Achilles tendinopathy."
    silent = twitches.count_sentences(twitches.twitch_counts(frame.drop(columns="twitch_count")))
    assert silent == ["Twitches per session: not recorded."]


def test_insertions_of_too_few_patients_are_not_asked_for():
    frame = cohort()
    few = frame["patient_id"].isin(frame["patient_id"].unique()[:7])
    frame["insertion_count"] = frame["insertion_count"].where(few)
    found = twitches.twitch_relations(frame)
    assert row_of(found, "soreness_peak", ALONE)["sessions"] == len(frame)
    assert row_of(found, "soreness_peak", WITH_INSERTIONS)["note"] == NO_INSERTIONS
