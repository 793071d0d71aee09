"""What depends on the analysis, in words: agreement is no evidence, and the choice that matters most is named."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences.sensitivity import (
    dependence_sentences,
    regression_sentences,
    specification_sentences,
)
from outcomes.questions.specifications import CHOICES, planned


def specs(shift: float, half: float) -> pd.DataFrame:
    """Two options of every choice; the window alone moves the estimate, by ``shift``."""
    plan = planned()
    options = [[plan[name], "another"] for name in CHOICES]
    rows = []
    for chosen in product(*options):
        row = dict(zip(CHOICES, chosen, strict=True))
        estimate = 0.5 + shift * (row["window"] == "another")
        rows.append({**row, "estimate": estimate, "conf_low": estimate - half, "conf_high": estimate + half})
    return pd.DataFrame(rows).assign(
        condition="all", patients=600, sessions=2453, note="too few patients to say"
    )


@pytest.mark.parametrize(
    ("shift", "half", "says"),
    [
        (
            0.3,
            0.2,
            "All of them exclude no change. They share the same patients, so agreement is not evidence",
        ),
        (0.3, 0.9, "None of them excludes no change."),
        (0.3, 0.6, "50% of them exclude no change, so the answer depends on the analysis chosen."),
        (-1.5, 0.3, "All of them exclude no change."),
    ],
)
def test_how_far_the_estimate_moves_and_whether_the_answer_does(shift: float, half: float, says: str) -> None:
    first, second, third = specification_sentences(specs(shift, half))
    low, high = sorted([0.5, 0.5 + shift])
    assert (
        f"Across 32 analyses, average relief at 2 days runs from {low:.1f} to {high:.1f} points".replace(
            "-", "−"
        )
        in first
    )
    assert "The planned one gives 0.5 (95% CI" in first
    assert second.startswith(f"The choice that matters most is the follow-up window ({abs(shift):.1f} points")
    assert third.startswith(says)


def test_without_the_planned_analysis_the_reason() -> None:
    table = specs(0.3, 0.2)
    planned_rows = np.logical_and.reduce([table[name] == value for name, value in planned().items()])
    blank = table.assign(estimate=table["estimate"].mask(planned_rows))
    assert specification_sentences(blank) == ["Mean relief at 2 days: too few patients to say."]


def test_dependence_names_each_estimate_and_its_choice() -> None:
    found = pd.DataFrame(
        [{"condition": "neck_pain", "width": 1.24, "variable": "x", "patients": 40, "note": ""}]
    )
    assert dependence_sentences(found) == ["Neck pain: estimates span 1.2 points, most with x (40 patients)."]
    blank = found.assign(width=np.nan, note="not recorded")
    assert dependence_sentences(blank) == ["Which estimates depend most on choices: not recorded."]


def bad_days(observed: float) -> pd.DataFrame:
    return pd.DataFrame({"delta": [0.0, 1.0, 2.0], "expected_change": [0.0, 0.6, 1.2]}).assign(
        observed=observed, note=""
    )


@pytest.mark.parametrize(
    ("observed", "ends"),
    [
        (0.6, "If they came on days 1.0 points worse than usual, all of it would."),
        (0.61, "If they came on days 2.0 points worse than usual, all of it would."),
        (1.3, "Within this range, that does not explain all of it."),
        (-0.1, "0.0 to 1.2 points would pass anyway."),
    ],
)
def test_how_bad_the_day_must_have_been(observed: float, ends: str) -> None:
    assert regression_sentences(bad_days(observed))[-1].endswith(ends)
