"""The course of pain: quantiles of the values themselves."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions.course import pain_course


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(120, seed=4)[0])


def test_spread_is_that_of_the_values(sessions) -> None:
    found = pain_course(sessions).set_index(["condition", "time"])
    values = sessions.loc[sessions["condition"] == "neck_pain", "pain_pre"]
    row = found.loc[("neck_pain", "pre")]
    assert row["mean"] == pytest.approx(values.mean())
    expected = np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9], method="inverted_cdf")
    assert row[["p10", "p25", "median", "p75", "p90"]].tolist() == expected.tolist()


def test_a_reading_that_nobody_has_leaves_the_others(sessions) -> None:
    found = pain_course(sessions.assign(pain_48h=np.nan))
    assert set(found["time"]) == {"pre", "post"}
    assert found["time"].tolist()[:2] == ["pre", "post"]


def test_a_table_of_any_engine_gives_the_same_course(sessions) -> None:
    found = pain_course(ibis.memtable(sessions))
    pd.testing.assert_frame_equal(found, pain_course(sessions), check_dtype=False)
