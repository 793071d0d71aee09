"""What more sessions would add, in words: conditions precise enough, what the others lack, what a comparison takes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences.planning import comparison_sentences, precision_sentences, wanted_width
from outcomes.record.plan import active_plan


def needed(**patients: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {"condition": name, "estimate": asked, "patients": now, "note": ""}
        for name, (asked, now) in patients.items()
    ]
    return pd.DataFrame(rows)


def test_enough_is_as_many_as_are_needed_or_more() -> None:
    said = precision_sentences(needed(neck_pain=(40, 40), headache=(50, 41), jaw_pain=(90, 20)), target=0.5)
    assert said[0] == "Average relief at 2 days is known to within 0.5 points for neck pain."
    assert said[1].startswith("For the other 2 conditions it takes 9 to 70 more patients each")
    one = precision_sentences(needed(headache=(50, 41)), target=0.5)
    assert one[0].startswith("For the other 1 condition it takes 9 more patients")


def test_without_a_figure_the_reason() -> None:
    blank = needed(neck_pain=(np.nan, 40)).assign(note="withheld: few")
    assert precision_sentences(blank) == ["Precision of relief at 2 days: not shown (privacy)."]
    assert wanted_width() == active_plan().planning.target
    assert wanted_width(1.5) == 1.5


def test_a_comparison_is_planned_by_its_sizes() -> None:
    rows = [
        {"scenario": "two groups of patients", "delta": 0.5, "estimate": 900.0},
        {"scenario": "two groups of patients", "delta": 1.0, "estimate": 226.0},
        {"scenario": "waiting list", "delta": 0.5, "estimate": np.nan},
    ]
    designs = pd.DataFrame(rows).assign(patients=600, sessions=2453, note="too few patients to say")
    said = comparison_sentences(designs)
    assert said[1].endswith("900 patients to show a difference of 0.5 points and 226 for 1.0.")
    assert said[2].endswith("too few patients to say.")
    assert "80% power" in said[3]
    assert "600 patients and 2,453 sessions" in said[3]
    assert len(comparison_sentences(designs.assign(estimate=np.nan))) == 3
