"""Answers of a question with several answers, where rare ones are shown together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.levels import tag_flags


def test_whether_a_session_has_a_rare_answer_is_not_known():
    """Sharp and burning were rare and are other now: of the second and third session nobody can say which."""
    frame = pd.DataFrame({"sensation": ["deep_ache", "deep_ache;other", "other", None]})
    flags = pd.DataFrame(tag_flags(frame, "sensation"))
    assert flags["Deep ache"].tolist()[:3] == [1.0, 1.0, 0.0]
    assert flags["Other"].tolist()[:3] == [0.0, 1.0, 1.0]
    np.testing.assert_array_equal(flags["Sharp"], [0.0, np.nan, np.nan, np.nan])
    assert flags.iloc[3].isna().all()


def test_an_answer_nobody_gave_is_none_where_nothing_is_shown_together():
    flags = tag_flags(pd.DataFrame({"sensation": ["deep_ache", "none"]}), "sensation")
    assert flags["Sharp"].tolist() == [0.0, 0.0]
    assert flags["Nothing"].tolist() == [0.0, 1.0]
    assert "Other" not in flags
