"""Shares beyond a threshold, in words: better next to worse, both next to what is expected without any effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences.thresholds import curve_sentences, share_sentences, with_benchmark


def shares(better: float, half: float, low: float = 0.2, high: float = 0.3) -> pd.DataFrame:
    row = {
        "time": "48h",
        "patients": 400,
        "sessions": 900,
        "null_benchmark": low,
        "null_benchmark_flare": high,
        "note": "",
    }
    ends = {"conf_low": better - half, "conf_high": better + half}
    error = {"std_error": half / 1.96, "df": 300.0}
    return pd.DataFrame(
        [
            {**row, **error, "outcome": "better", "proportion": better, **ends},
            {**row, **error, "outcome": "worse", "proportion": 0.1, "conf_low": 0.05, "conf_high": 0.15},
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("better", "half", "says"),
    [
        (0.45, 0.02, "More improved than expected; these records cannot show why."),
        (0.10, 0.02, "Fewer improved than expected."),
        (0.25, 0.02, "That is no more than expected."),
        (0.31, 0.10, "Whether that is more than expected, these records can't tell."),
    ],
)
def test_the_verdict_follows_from_both_ends(better: float, half: float, says: str) -> None:
    (said,) = share_sentences(shares(better, half))
    assert said.startswith(f"At 2 days, {better:.0%} (95% CI")
    assert "10% (95% CI 5% to 15%) had as much more pain (400 patients, 900 sessions)." in said
    assert "Expected without any effect: 20% (visits booked ahead) to 30% (bad days)." in said
    assert said.endswith(says)


def test_neither_direction_without_the_other() -> None:
    rows = shares(0.4, 0.02)
    rows.loc[rows["outcome"] == "worse", "proportion"] = np.nan
    assert share_sentences(rows.assign(note="withheld: x")) == ["At 2 days: not shown (privacy)."]


def test_equal_ends_are_said_once_and_missing_ones_not_at_all() -> None:
    (same,) = share_sentences(shares(0.4, 0.02, low=0.2, high=0.2))
    assert "Expected without any effect: 20% (visits booked ahead). More improved" in same
    (none,) = share_sentences(shares(0.4, 0.02, low=np.nan))
    assert "Expected" not in none


def test_the_curve_falls_with_its_benchmarks() -> None:
    curve = pd.DataFrame(
        {
            "time": "post",
            "threshold": [1.0, 2.0, 3.0, 4.0],
            "proportion": [0.6, 0.4, 0.3, np.nan],
            "null_benchmark": [0.5, np.nan, 0.1, 0.0],
        }
    )
    assert curve_sentences(curve) == [
        "Share of sessions with at least this much relief right after: 1 point: 60% (50% expected); 2 points: 40%."
    ]
    assert curve_sentences(curve.assign(proportion=np.nan, note="not recorded")) == [
        "The curve of relief: not recorded."
    ]
    assert with_benchmark({"proportion": 0.002, "null_benchmark": 0.0}) == "<1% (0% expected)"
