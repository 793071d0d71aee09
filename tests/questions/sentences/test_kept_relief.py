"""What remained of the first relief, and who got worse: each next to what is expected without any effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences.kept_relief import kept_sentences, worse_sentences

KEPT = {
    "condition": "all", "estimate": 0.62, "conf_low": 0.5, "conf_high": 0.74, "patients": 1200,
    "null_benchmark": 0.4, "null_benchmark_flare": 0.71, "note": "",
}  # fmt: skip


def test_both_ends_of_what_would_remain_anyway() -> None:
    first, second = kept_sentences(pd.DataFrame([{**KEPT, "condition": "neck_pain", "estimate": 0.1}, KEPT]))
    assert "62% of that relief remained at 2 days (95% CI 50% to 74%; 1,200 patients)" in first
    assert "40% (visits booked ahead) to 71% (bad days) would remain without any effect." in second
    _, one_end = kept_sentences(pd.DataFrame([{**KEPT, "null_benchmark_flare": np.nan}]))
    assert "40% (visits booked ahead) would remain" in one_end


def test_a_reading_by_its_own_name_and_a_reason() -> None:
    times = {"pre": "before", "post": "at once", "48h": "on day 3"}
    blank = pd.DataFrame([{**KEPT, "estimate": np.nan, "note": "withheld: few"}])
    assert kept_sentences(blank, times) == [
        "How much of the relief at once remained on day 3: not shown (privacy)."
    ]


def test_groups_are_given_side_by_side_and_not_ranked() -> None:
    rows = [
        {"variable": "pain before", "group": "0 to 3", "proportion": 0.3, "null_benchmark": 0.28},
        {"variable": "pain before", "group": "7 to 10", "proportion": 0.1, "null_benchmark": np.nan},
        {"variable": "sex", "group": "female", "proportion": 0.2, "null_benchmark": 0.2},
        {"variable": "sex", "group": "male", "proportion": np.nan, "null_benchmark": 0.2},
    ]
    said = worse_sentences(pd.DataFrame(rows), "at 2 days")
    assert said[0] == "Worse at 2 days, by pain before: 0 to 3 30% (28% expected); 7 to 10 10%."
    assert len(said) == 2, "one group alone is no comparison"
    assert worse_sentences(pd.DataFrame(rows[2:]), "at 2 days") == [
        "Who got worse at 2 days: not recorded, or too few to estimate."
    ]
