"""Who is missing and what that could change, in words: on made-up rows, each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences.missing import bounds_sentences, missing_sentences, tipping_sentences


def groups(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["variable", "group", "proportion", "conf_low", "conf_high"])


def test_a_difference_is_one_whose_intervals_do_not_meet() -> None:
    apart = groups(("sex", "female", 0.8, 0.76, 0.84), ("sex", "male", 0.6, 0.55, 0.65))
    said = missing_sentences(apart)
    assert said[0] == "By sex: female 80% followed up, male 60%."
    assert said[1] == "So the patients who answered are not like those who did not."
    touching = groups(("sex", "female", 0.8, 0.65, 0.84), ("sex", "male", 0.6, 0.55, 0.65))
    assert missing_sentences(touching)[0].startswith("We see no clear difference")
    alone = groups(("sex", "female", 0.8, 0.7, 0.9), ("sex", "male", np.nan, np.nan, np.nan))
    assert missing_sentences(alone)[0].endswith("Too few to estimate.")


def bounds(low: float = 0.2, high: float = 0.6) -> pd.DataFrame:
    shares = {"those who answered": 0.41, "all missing failed": low, "all missing responded": high}
    return pd.DataFrame(
        [
            {"condition": "all", "method": method, "proportion": share, "patients": 600, "sessions": 2453}
            for method, share in shares.items()
        ]
    )


def test_the_truth_lies_between_all_failed_and_all_improved() -> None:
    (said,) = bounds_sentences(bounds())
    assert "41% improved" in said
    assert (
        "If none of the others did, the figure is 20%; if all did, 60% (600 patients, 2,453 sessions)."
        in said
    )


@pytest.mark.parametrize(
    ("table", "reason"),
    [(bounds(low=np.nan), "not shown (privacy)"), (bounds().assign(condition="neck_pain"), "not recorded")],
)
def test_bounds_that_cannot_be_given_say_why(table: pd.DataFrame, reason: str) -> None:
    assert bounds_sentences(table) == [f"Bounds for the patients we did not reach: {reason}."]


def test_tipping_gives_both_ends_and_counts_the_conditions_that_flip() -> None:
    row = {"conf_low": 0.1, "conf_high": 0.9, "patients": 600, "capture_rate": 0.66, "note": ""}
    overall = pd.DataFrame([{**row, "delta": 0.0, "estimate": 0.5}, {**row, "delta": 2.0, "estimate": -0.2}])
    verdicts = pd.DataFrame(
        {"verdict": ["flips at 1.0", "holds", "flips at 0.5"], "estimate": [0.4, 0.3, np.nan]}
    )
    first, second, third = tipping_sentences(overall, verdicts)
    assert first.endswith("average relief at 2 days is 0.5 points (95% CI 0.1 to 0.9).")
    assert second.startswith("If they did 2 points worse, it is −0.2 points")
    assert "follow-up in 66% of sessions" in second
    assert "in 1 of 2 conditions" in third, "a condition without an estimate does not count"
    none = overall.assign(estimate=np.nan, note="too few patients to say")
    assert tipping_sentences(none, verdicts) == ["Relief at 2 days: too few patients to say."]
