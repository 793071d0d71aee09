"""Sums behind shares sore for longer, against the sessions they were made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.survival.sore_sums import reduce_soreness, with_sore_flags

SESSIONS = pd.DataFrame(
    {
        "patient_id": list("aabbcd"),
        "condition": ["neck_pain"] * 4 + ["headache"] * 2,
        "soreness_h": [0.0, 30.0, 20.0, np.nan, 50.0, 10.0],
        "soreness_ongoing": [False, False, True, False, True, False],
    }
)


def test_flags_say_who_was_sore_and_who_was_under_watch():
    flagged = with_sore_flags(SESSIONS, [24, 48])
    assert flagged["sore_any"].tolist()[:3] == [0.0, 1.0, 1.0]
    assert np.isnan(flagged["sore_any"][3])
    assert flagged["watched_24h"].fillna(0).tolist() == [0, 1, 0, 0, 1, 0]
    assert flagged["watched_48h"].fillna(0).tolist() == [0, 0, 0, 0, 1, 0]


def test_who_was_asked_of_all_sessions():
    asked = reduce_soreness(SESSIONS, "condition", [24]).asked.set_index("condition")
    assert asked.loc["neck_pain"].tolist() == [2, 3, 4, 0.75]
    assert asked.loc["headache"].tolist() == [2, 2, 2, 1.0]


@pytest.mark.parametrize("by", ["condition", None])
def test_lost_and_watched_at_an_hour(by):
    at = reduce_soreness(SESSIONS, by, [24]).at_hour(24)
    wanted = [[0.0, 1, 1], [1 / 3, 1, 1]] if by else [[1 / 5, 2, 2]]
    np.testing.assert_allclose(at, wanted)
