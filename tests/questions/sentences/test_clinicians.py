"""How far clinicians differ, in words: a size with its interval, and nobody ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences.clinicians import clinician_sentences


def test_a_size_and_no_ranking() -> None:
    row = {"std_dev": 0.254, "conf_low": 0.1, "conf_high": 0.4, "ratio": 0.021, "note": ""}
    first, second = clinician_sentences(pd.DataFrame([row]))
    assert first.endswith("standard deviation of 0.25 points (95% CI 0.10 to 0.40), 2% of all variation.")
    assert second.endswith("so this ranks nobody.")


def test_without_an_answer_the_reason() -> None:
    row = {"std_dev": np.nan, "conf_low": np.nan, "conf_high": np.nan, "ratio": np.nan}
    said = clinician_sentences(pd.DataFrame([{**row, "note": "fewer than 5 clinicians"}]))
    assert said == ["Differences between clinicians: fewer than 5 clinicians."]
