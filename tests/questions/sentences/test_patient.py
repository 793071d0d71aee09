"""One patient in words: changes beyond measurement error, either way, and the range of the next session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences.patient import (
    BETTER,
    WITHIN,
    WORSE,
    coverage_of,
    next_sentences,
    reliable_sentences,
)
from outcomes.record.plan import active_plan

TIMES = {"post": "right after", "48h": "at 2 days"}


def changes(*verdicts: str | None, measure: str = "pain_relief", unit: str = "points") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "condition": "neck_pain", "measure": measure, "time": "48h", "unit": unit, "verdict": verdicts,
            "estimate": [1.0 if verdict else np.nan for verdict in verdicts], "measurement_error": 2.13,
        }
    )  # fmt: skip


def test_better_and_worse_are_counted_among_those_with_a_reading() -> None:
    said = reliable_sentences(changes(BETTER, BETTER, WORSE, WITHIN, None), TIMES)
    assert said[0] == (
        "Neck pain, pain relief at 2 days: of 4 sessions with a reading, 2 better and 1 worse by more than "
        "measurement error (2.1 points)."
    )
    assert said[1].startswith("Even when pain has not changed")
    motion = reliable_sentences(changes(WITHIN, measure="rom_gain", unit="degrees"), TIMES)
    assert len(motion) == 1, "the remark on whole numbers is of pain"
    assert reliable_sentences(changes(None), TIMES) == ["Neck pain, pain relief at 2 days: not recorded."]


def test_the_next_session_is_a_range_or_a_reason() -> None:
    row = {
        "condition": "neck_pain",
        "time": "48h",
        "estimate": 0.6,
        "conf_low": -1.4,
        "conf_high": 2.6,
        "note": "",
    }
    (said,) = next_sentences(pd.DataFrame([row]), TIMES, coverage=0.9)
    assert "about 0.6 points of relief" in said
    assert "90% of such sessions are expected between −1.4 and 2.6 points (below 0 is more pain)." in said
    blank = pd.DataFrame([{**row, "estimate": np.nan, "note": "too few others"}])
    assert next_sentences(blank, TIMES) == ["Neck pain, at 2 days: too few others."]


def test_the_share_is_the_plans_unless_another_is_asked_for() -> None:
    assert coverage_of(None) == active_plan().one_patient.coverage
    assert coverage_of(0.5) == 0.5
