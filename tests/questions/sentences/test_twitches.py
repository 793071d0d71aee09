"""Twitches in words: per ten, within patients, insertions held equal where they were counted; a link is no cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences import twitches as words
from outcomes.words import causal_claims

TIMES = {"post": "right after", "48h": "at 2 days"}


def relations(
    slope: float, half: float = 0.01, *, held: bool = True, outcome: str = "pain_relief_48h"
) -> pd.DataFrame:
    slopes = {words.ALONE: slope / 2, words.WITH_INSERTIONS: slope if held else np.nan}
    rows = [
        {"model": model, "effect": effect, "estimate": slopes[model]}
        for model in slopes
        for effect in (words.WITHIN, words.BETWEEN)
    ]
    frame = pd.DataFrame(rows).assign(
        outcome=outcome, std_error=half / 1.96, df=500.0, patients=300, sessions=900, note=""
    )
    return frame.assign(conf_low=frame["estimate"] - half, conf_high=frame["estimate"] + half)


@pytest.mark.parametrize(
    ("slope", "says"),
    [
        (0.1, "more pain relief at 2 days went with more twitches (1.00 points per ten twitches"),
        (-0.1, "less pain relief at 2 days went with more twitches (−1.00 points per ten twitches"),
        (0.005, "we see no clear link between twitches and pain relief at 2 days (0.05 points"),
    ],
)
def test_what_went_with_twitches(slope: float, says: str) -> None:
    (said,) = words.relation_sentences(relations(slope), TIMES)
    assert said.startswith(f"In the same patient with the same number of insertions, {says}")
    assert said.endswith(f"Not adjusted for insertions: {10 * slope / 2:.2f}.".replace("-", "−"))
    assert causal_claims(said) == []


def test_without_insertions_the_reader_is_told() -> None:
    (said,) = words.relation_sentences(relations(0.2, held=False), TIMES)
    assert said.startswith("In the same patient, more pain relief")
    assert said.endswith("Insertions were not recorded, so twitches cannot be separated from them.")
    (blank,) = words.relation_sentences(relations(np.nan), TIMES)
    assert blank == "Twitches and pain relief at 2 days: not recorded."


def test_the_answer_in_a_line_names_both() -> None:
    both = pd.concat([relations(0.001, outcome="pain_relief_post"), relations(0.3)], ignore_index=True)
    line = words.relation_line(both, TIMES)
    assert "no clear link with pain relief right after" in line
    assert "ore pain relief at 2 days went with more twitches" in line
    assert words.relation_line(relations(np.nan), TIMES) == ""
    assert (
        "milder soreness went with more twitches"
        in words.relation_line(relations(-0.3, outcome="soreness_peak"), TIMES).lower()
    )


def test_soreness_has_odds_and_hours() -> None:
    base = relations(0.0).rename(columns={"estimate": "ratio"})
    both = [
        base.assign(outcome=outcome, ratio=ratio, conf_low=ratio - 0.05, conf_high=ratio + 0.05)
        for outcome, ratio in (("any soreness", 1.3), ("hours of soreness", 0.7))
    ]
    frame = pd.concat(both, ignore_index=True).assign(std_error=0.02)
    likelier, shorter, both_together = words.soreness_sentences(frame)
    assert both_together.startswith("Some soreness follows most sessions (100%)")
    few = frame["sessions"].where(frame["outcome"] == "any soreness", 700)
    assert len(words.soreness_sentences(frame.assign(sessions=few))) == 2, "of 900 sessions 700 are not most"
    assert "soreness was likelier with more twitches (odds times 1.30 per twitch" in likelier
    assert ", where there was soreness, soreness was shorter with more twitches (hours times 0.70" in shorter


def test_counts_are_a_span_and_what_nobody_saw_is_said() -> None:
    counts = pd.DataFrame(
        {
            "condition": ["neck_pain", "headache", "jaw_pain"],
            "estimate": [6.2, 2.1, np.nan],
            "sessions": [80.0, 20, 5],
            "sessions_eligible": [100.0, 25, np.nan],
            "note": "",
        }
    )
    first, second = words.count_sentences(counts)
    assert first.startswith(
        "A session had 2.1 to 6.2 twitches on average, depending on the condition "
        "(2 conditions; counted in 80% of sessions)"
    )
    assert second == "Too few to estimate, or not shown: jaw pain."
    assert words.count_sentences(counts.assign(estimate=np.nan, note="not recorded")) == [
        "Twitches per session: not recorded."
    ]


def test_a_table_for_reading_keeps_its_marks() -> None:
    frame = pd.DataFrame(
        {"outcome": ["pain_relief_48h", "all"], "muscle": ["upper_trapezius", "x"], "df": [1, 2]}
    )
    frame.attrs["protected"] = True
    found = words.in_words(frame, TIMES)
    assert found["outcome"].tolist() == ["pain relief at 2 days", "all"]
    assert found["muscle"].tolist() == ["upper trapezius", "x"]
    assert "df" not in found
    assert found.attrs == {"protected": True}
