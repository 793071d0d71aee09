"""Whether relief can be predicted, in words: what is explained, what one reading or the twitches add."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences import prediction as words


def predicted(gain: float = 0.08, last: float = 0.31) -> pd.DataFrame:
    rows = [
        {"model": words.BOTH, "quantity": words.SHARE, "estimate": last},
        {"model": words.BOTH, "quantity": words.MISS, "estimate": 1.62},
        {"model": words.GAIN, "quantity": words.SHARE, "estimate": gain, "conf_low": 0.05, "conf_high": 0.11},
    ]
    return pd.DataFrame(rows).assign(patients=600, note="too few patients to say")


def test_what_is_explained_and_what_the_reading_adds() -> None:
    first, second = words.predicted_sentences(predicted())
    assert "explain 31% of the variation in relief at 2 days" in first
    assert first.endswith("off by 1.6 points.")
    assert "8 percentage points (95% CI 5 to 11; 600 patients)" in second
    assert "would account for some even without any effect" in second
    worse, _ = words.predicted_sentences(predicted(last=-0.2))
    assert "explain 0% of" in worse, "no share is negative"
    assert words.predicted_sentences(predicted(gain=np.nan)) == [
        "Predicting relief at 2 days: too few patients to say."
    ]


def value(gain: float, low: float, high: float, **more) -> pd.DataFrame:
    rows = [
        {"quantity": words.WITHOUT_TWITCHES, "estimate": 0.2, "conf_low": np.nan, "conf_high": np.nan},
        {"quantity": words.TWITCHES_ADD, "estimate": gain, "conf_low": low, "conf_high": high},
    ]
    return pd.DataFrame(rows).assign(outcome="pain_relief_48h", patients=600, sessions=2453, note="", **more)


@pytest.mark.parametrize(
    ("p", "says"),
    [(1e-6, "improved that prediction"), (0.0041, "added nothing clear"), (0.6, "added nothing clear")],
)
def test_twitches_add_something_where_their_test_says_so(p: float, says: str) -> None:
    (said,) = words.twitch_value_sentences(value(0.03, 0.01, 0.05, p_value=p), {"48h": "at 2 days"})
    assert f"Knowing the twitches {says}: 3.0 percentage points (95% CI 1.0 to 5.0;" in said
    assert "explain 20% of the variation in pain relief at 2 days" in said


def test_several_outcomes_are_judged_together() -> None:
    gains = pd.DataFrame({"p_value": [0.0015, 0.0015, np.nan]}, index=["a", "b", "c"])
    assert words.adds_to_prediction(gains).tolist() == [True, True, False]
    assert words.adds_to_prediction(gains.assign(p_value=[0.0025, 0.9, 0.9])).tolist() == [False] * 3


def test_without_a_figure_the_reason() -> None:
    (said,) = words.twitch_value_sentences(
        value(np.nan, np.nan, np.nan, p_value=np.nan), {"48h": "at 2 days"}
    )
    assert said == "Do twitches predict pain relief at 2 days? Not recorded."
