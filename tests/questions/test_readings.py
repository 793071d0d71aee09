"""How far single readings can be trusted: round answers, ends of scales, implausible values, on records made for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import readings


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(120, seed=2)[0])


def test_round_answers_are_found_where_they_are_and_not_where_not():
    rng = np.random.default_rng(1)
    n = 400
    base = {
        "patient_id": [f"P{i}" for i in range(n)],
        "soreness_ongoing": pd.array([False] * n, dtype="boolean"),
    }
    rounded = pd.DataFrame({**base, "soreness_h": rng.choice([12.0, 24.0, 48.0], n), "twitch_count": np.nan})
    exact = rounded.assign(soreness_h=rng.integers(6, 72, n).astype(float))
    assert readings.heaping_summary(rounded)["share"].iloc[0] == 1.0
    assert readings.heaping_summary(exact)["share"].iloc[0] == pytest.approx(1 / 12, abs=0.05)
    assert "about that much" in readings.heaping_sentences(readings.heaping_summary(rounded))[0]
    assert "no clear sign" in readings.heaping_sentences(readings.heaping_summary(exact))[0]
    assert readings.heaping_summary(rounded)["note"].iloc[1] == "not recorded"
    bars = readings.heaping(rounded).set_index("value")["sessions"]
    assert bars[24.0] == (rounded["soreness_h"] == 24).sum()


def test_soreness_still_going_on_is_counted_apart():
    frame = pd.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "soreness_h": [48.0, 24.0, 30.0],
            "soreness_ongoing": pd.array([True, False, None], dtype="boolean"),
        }
    )
    bars = readings.heaping(frame)
    assert bars["label"].tolist() == ["24", "between 24 and 36", "48"]
    assert bars["ongoing"].tolist() == [0, 0, 1]
    assert readings.heaping_summary(frame)["sessions"].iloc[0] == 2


def test_ends_of_the_scale_are_shares_of_the_readings(sessions):
    ends = readings.scale_ends(sessions, times={"post": "after"}).set_index("column")
    assert ends.loc["pain_pre", "share_below_3"] == pytest.approx((sessions["pain_pre"] < 3).mean())
    assert ends.loc["pain_post", "share_at_floor"] == pytest.approx(
        (sessions["pain_post"].dropna() == 0).mean()
    )
    assert ends.loc["pain_post", "label"] == "Pain after"


def test_implausible_values_are_counted_by_rule(sessions):
    early = sessions.assign(followup_h=np.where(sessions["followup_h"].notna(), 10.0, np.nan))
    found = readings.implausible(early).set_index("rule")
    assert (
        found.loc["follow-up window", "sessions"]
        == (early["followup_h"].notna() & early["pain_48h"].notna()).sum()
    )
    texts = early.assign(
        **{name: early[name].astype("str") for name in ("condition", "sex", "followup_status")}
    )
    pd.testing.assert_frame_equal(readings.implausible(texts), readings.implausible(early))
    fine = sessions.assign(followup_h=np.nan, rom_pre=np.nan, rom_post=np.nan, rom_48h=np.nan)
    assert "follow-up window" not in set(readings.implausible(fine)["rule"])


def test_the_smallest_value_that_can_be_round_is_counted():
    frame = pd.DataFrame(
        {
            "patient_id": list("abcd"),
            "soreness_h": [5.0, 6.0, 12.0, 24.0],
            "twitch_count": [4.0, 5.0, 7.0, 8.0],
        }
    )
    summary = readings.heaping_summary(frame).set_index("column")
    assert summary["sessions"].to_dict() == {"soreness_h": 3, "twitch_count": 3}
    assert summary.loc["soreness_h", "share"] == pytest.approx(2 / 3)
    assert summary.loc["twitch_count", "share"] == pytest.approx(1 / 3)
