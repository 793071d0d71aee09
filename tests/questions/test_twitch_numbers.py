"""Twitches per session and muscle: against statsmodels' clustered least squares, and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions import twitch_numbers
from outcomes.questions.twitch_numbers import TOGETHER, muscle_twitches, twitch_counts
from outcomes.words import NOT_RECORDED, TOO_FEW

MUSCLES = {"soleus": 4.0, "gastrocnemius": 2.5, "masseter": 1.0}


def sessions_of(patients: int = 80, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(patients):
        level = rng.gamma(5, 0.2)
        for _ in range(rng.integers(1, 5)):
            chosen = [name for name in MUSCLES if rng.random() < 0.5] or ["soleus"]
            count = float(rng.poisson(level * sum(MUSCLES[name] for name in chosen)))
            condition = "jaw_pain" if i % 2 else "achilles_tendinopathy"
            rows.append((f"p{i:03d}", condition, "; ".join(chosen), count))
    return pd.DataFrame(rows, columns=["patient_id", "condition", "muscles", "twitch_count"])


def test_muscles_are_clustered_least_squares_as_statsmodels_has_it():
    import statsmodels.api as sm

    frame = sessions_of()
    marks = pd.DataFrame({name: frame["muscles"].str.contains(name).astype(float) for name in MUSCLES})
    codes = pd.factorize(frame["patient_id"])[0]
    fit = sm.OLS(frame["twitch_count"], marks).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    found = muscle_twitches(frame).set_index("muscle").loc[list(MUSCLES)]
    people = found["patients"].to_numpy()
    np.testing.assert_allclose(found["estimate"], fit.params, rtol=1e-9)
    np.testing.assert_allclose(found["std_error"], fit.bse * np.sqrt(people / (people - 1)), rtol=1e-9)
    assert found["sessions"].tolist() == marks.sum().astype(int).tolist()


def test_intervals_of_muscles_hold_the_truth_about_as_often_as_they_say():
    hits = []
    for seed in range(60):
        found = muscle_twitches(sessions_of(40, seed)).set_index("muscle")
        hits += [
            found.loc[name, "conf_low"] < true < found.loc[name, "conf_high"]
            for name, true in MUSCLES.items()
        ]
    assert 0.88 < np.mean(hits) < 0.99


def test_muscles_never_needled_apart_cannot_be_told_apart():
    frame = sessions_of().assign(muscles="soleus;gastrocnemius")
    found = muscle_twitches(frame)
    assert found["note"].tolist() == [TOGETHER] * 2
    assert found["estimate"].isna().all()


def test_the_most_often_needled_come_first_not_the_most_twitching():
    found = muscle_twitches(sessions_of())
    assert found["sessions"].is_monotonic_decreasing


@pytest.mark.parametrize("drop", ["muscles", "twitch_count"])
def test_not_recorded_is_a_row_that_says_so(drop):
    found = muscle_twitches(sessions_of().assign(**{drop: np.nan}))
    assert found["note"].tolist() == [NOT_RECORDED]
    assert muscle_twitches(sessions_of().drop(columns=drop))["note"].tolist() == [NOT_RECORDED]


def test_counts_say_what_share_of_sessions_was_counted_and_keep_every_condition():
    frame = sessions_of()
    frame.loc[::4, "twitch_count"] = np.nan
    extra = pd.DataFrame({"patient_id": ["x"], "condition": ["headache"], "twitch_count": [3.0]})
    found = twitch_counts(pd.concat([frame, extra], ignore_index=True)).set_index("condition")
    assert list(found.index) == ["headache", "jaw_pain", "achilles_tendinopathy"]
    own = frame[frame["condition"] == "jaw_pain"]
    assert found.loc["jaw_pain", "capture_rate"] == pytest.approx(own["twitch_count"].notna().mean())
    assert found.loc["jaw_pain", "zero_share"] == pytest.approx((own["twitch_count"].dropna() == 0).mean())
    assert found.loc["headache", "note"] == TOO_FEW
    assert np.isnan(found.loc["headache", "estimate"])


def test_sentences_give_the_span_and_name_what_cannot_be_told():
    frame = sessions_of()
    few = frame[
        frame["patient_id"].isin([f"p{i:03d}" for i in range(0, 12, 2)]) | (frame["condition"] == "jaw_pain")
    ]
    said = twitch_numbers.sentences(twitch_counts(few))
    assert "in the 1 condition that can be told" in said[0]
    assert said[1] == "Nothing can be said of Achilles tendinopathy."
    silent = twitch_numbers.sentences(twitch_counts(frame.drop(columns="twitch_count")))
    assert silent == ["Twitches per session: not recorded."]
