"""How the two readings relate, in words: on made-up rows, each side of every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences import relation


def test_slopes_are_held_against_the_slope_of_no_effect():
    rows = pd.DataFrame(
        {
            "condition": ["headache", "neck_pain", "jaw_pain", "other"],
            "patients": [40, 50, 30, 3],
            "estimate": [0.30, 0.60, 0.10, np.nan],
            "conf_low": [0.20, 0.50, 0.00, np.nan],
            "conf_high": [0.40, 0.70, 0.20, np.nan],
            "null_benchmark": 0.31,
            "note": ["", "", "", "too few patients to say"],
        }
    )
    said = relation.slope_sentences(rows)
    assert said[0] == (
        "With no effect at all the slope would be 0.31, because both are readings of the same pain. The relation seen "
        "is closer than that in neck pain; looser than that in jaw pain; not to be told from that in headache."
    )
    assert said[-1] == "Too few patients to say: other complaints."
