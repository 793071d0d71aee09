"""What is kept of the first relief, and who got worse: R's ratio of means, counting by hand, and chance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.chance.variation import null_slope
from outcomes.questions import kept_relief

REFERENCE = Path(__file__).parents[1] / "reference" / "relation"


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(150, seed=4)[0]


def _relief(sessions: pd.DataFrame, time: str) -> pd.DataFrame:
    frame = oc.with_outcomes(sessions, [f"pain_relief_{time}"])
    return frame[(frame["pain_pre"] >= 3) & frame[f"pain_relief_{time}"].notna()]


def test_relief_kept_is_surveys_ratio_of_means():
    frame = pd.read_csv(REFERENCE / "two_readings.csv").astype(float)
    named = frame.rename(columns={"pre": "pain_pre", "post": "pain_post", "later": "pain_48h"})
    table = named.assign(patient_id=frame["patient"].astype("str"), condition="neck_pain", session_number=1)
    ratio, error, sessions, patients = json.loads((REFERENCE / "relation.json").read_text())["ratio"]
    row = kept_relief.relief_kept(table, least=1.0).set_index("condition").loc["all"]
    assert row["estimate"] == pytest.approx(ratio)
    assert row["std_error"] == pytest.approx(error, rel=1e-6)
    assert (row["sessions"], row["patients"]) == (sessions, patients)


def test_with_no_effect_the_share_kept_is_near_its_benchmark():
    null = oc.simulate_sessions(4000, seed=3, scenario="null")[0]
    row = kept_relief.relief_kept(null).set_index("condition").loc["all"]
    assert row["estimate"] == pytest.approx(row["null_benchmark"], abs=0.06)


def test_on_bad_days_more_of_the_first_relief_seems_kept():
    """With no effect, and everybody coming on a bad day, the share kept lies between the two benchmarks' ends."""
    flare = oc.simulate_sessions(4000, seed=3, scenario="null_flare")[0]
    row = kept_relief.relief_kept(flare).set_index("condition").loc["all"]
    assert row["null_benchmark"] < row["estimate"] < row["null_benchmark_flare"] + 0.06
    passed = (1 - 0.35) * 1.265 * 1.5 * row["sessions"]
    relief = oc.with_outcomes(flare, ["pain_relief_post", "pain_relief_48h"])
    at_once = relief.loc[
        relief["pain_relief_48h"].notna() & relief["pain_relief_post"].ge(2), "pain_relief_post"
    ]
    apart = row["null_benchmark_flare"] - row["null_benchmark"]
    assert apart == pytest.approx(passed / at_once.sum(), rel=1e-3)


def test_who_got_worse_splits_the_sessions_of_each_variable(sessions):
    found = kept_relief.who_got_worse(sessions)
    known = _relief(sessions, "48h")
    for variable in ("pain before", "session"):
        assert found[found["variable"] == variable]["sessions"].sum() == len(known)
    first = known[known["session_number"] == 1]
    change = first["pain_relief_48h"]
    expected = ((change <= -2) & (-change >= 0.3 * first["pain_pre"] - 1e-9)).mean()
    row = found[(found["variable"] == "session") & (found["group"] == "first")].iloc[0]
    assert row["proportion"] == pytest.approx(expected)


def test_the_benchmark_takes_usual_pain_from_first_sessions_and_the_rest_is_counted() -> None:
    """Two sessions each: the first at 8, the second at 4; half of the relief is there later, and more in some."""
    rows = pd.DataFrame({"pain_pre": [8.0, 4.0], "session_number": [1, 2], "pain_post": [5.0, 2.0]})
    frame = pd.concat([rows] * 12, ignore_index=True).assign(condition="neck_pain")
    frame["patient_id"] = np.repeat([f"p{i:02d}" for i in range(12)], 2)
    frame["pain_48h"] = frame["pain_pre"] - np.tile([2.0, 1.5], 12)
    row = kept_relief.relief_kept(frame).set_index("condition").loc["all"]
    expected = frame["pain_pre"] - (8 + null_slope() * (frame["pain_pre"] - 8 + frame["pain_post"] - 8))
    at_once = frame["pain_pre"] - frame["pain_post"]
    assert row["null_benchmark"] == pytest.approx(expected.sum() / at_once.sum())
    assert row["estimate"] == pytest.approx(3.5 / 5.0)
    assert row["share_still_better"] == 0.5
