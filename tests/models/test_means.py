"""Means of groups with errors of their own: against full matrices in R, the plain mean, and known truth."""

from __future__ import annotations

import json
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import EstimationError
from outcomes.models.means import ALL_ALIKE, clustered_means, means_of_all

REFERENCE = Path(__file__).parent.parent / "reference" / "means"


@pytest.fixture(scope="module")
def spread():
    return pd.read_csv(REFERENCE / "spread.csv")


def test_error_and_degrees_of_freedom_are_those_of_full_matrices_in_r(spread):
    expected = json.loads((REFERENCE / "means.json").read_text())["cr2"]
    rows = clustered_means(spread, "y", by="group").set_index("group")
    assert sorted(expected) == sorted(rows.index)
    for group, (estimate, error, df) in expected.items():
        got = rows.loc[group, ["estimate", "std_error", "df"]].tolist()
        assert got == pytest.approx([estimate, error, df], rel=1e-9)


def test_one_session_a_patient_is_the_plain_mean(rng):
    """The error of a baseline is in it: a change has the spread of the change, not what a baseline leaves of it."""
    pre = rng.normal(6, 2, 120)
    frame = pd.DataFrame({"patient_id": np.arange(120), "change": pre - rng.normal(6, 2, 120)})
    row = clustered_means(frame, "change", by=None).iloc[0]
    assert row["std_error"] == pytest.approx(frame["change"].std() / np.sqrt(120), rel=1e-12)
    assert row["df"] == pytest.approx(119)


def test_patients_of_equal_size_are_a_t_interval_of_their_means(rng):
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(15), 4), "y": rng.normal(size=60)})
    means = frame.groupby("patient_id")["y"].mean()
    row = clustered_means(frame, "y", by=None).iloc[0]
    assert row["std_error"] == pytest.approx(means.std() / np.sqrt(15), rel=1e-12)
    assert row["df"] == pytest.approx(14)


def test_a_group_does_not_change_with_the_others(spread):
    alone = clustered_means(spread[spread["group"] == "narrow"], "y", by="group").iloc[0]
    among = clustered_means(spread, "y", by="group").set_index("group").loc["narrow"]
    assert alone["std_error"] == pytest.approx(among["std_error"], rel=1e-12)


def drawn(clinics: int, patients: int, between: float, seed: int) -> pd.DataFrame:
    """Clinics whose patients come one to six times, values in whole points as pain is, 0 on average."""
    rng = np.random.default_rng(seed)
    n = rng.choice(6, clinics * patients, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05]) + 1
    person = np.repeat(np.arange(clinics * patients), n)
    y = np.round(rng.normal(0, 2 * between, clinics * patients)[person] + rng.normal(0, 2, len(person)))
    return pd.DataFrame({"patient_id": person, "clinic": person // patients, "y": y})


@pytest.mark.slow
@pytest.mark.parametrize("between", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("patients", [8, 12, 20, 40])
def test_intervals_miss_no_change_as_often_as_they_say(patients, between):
    found = clustered_means(drawn(20_000, patients, between, seed=patients), "y", by="clinic")
    missed = ~(found["conf_low"].le(0) & found["conf_high"].ge(0))
    assert 0.04 <= missed.mean() <= 0.06  # one standard error of the rate: 0.0015


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from("xy"), st.integers(-3, 3) | st.none()),
        min_size=1,
        max_size=30,
    )
)
def test_every_interval_holds_its_mean_and_engines_agree(rows):
    frame = pd.DataFrame(rows, columns=["patient_id", "g", "y"]).astype({"y": float})
    found = clustered_means(frame, "y", by="g")
    known = found["conf_low"].notna()
    assert ((found["conf_low"] < found["estimate"]) & (found["estimate"] < found["conf_high"]))[known].all()
    assert (found["df"][known] >= 1 - 1e-9).all()
    assert (found["note"][~known] != "").all()
    lazy = clustered_means(ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False)), "y", by="g")
    pd.testing.assert_frame_equal(lazy, found, rtol=1e-12)
    pd.testing.assert_frame_equal(clustered_means(frame[::-1], "y", by="g"), found, rtol=1e-12)


def test_edges_are_rows_with_a_reason():
    frame = pd.DataFrame(
        {"patient_id": list("aabcd"), "g": ["one", "one", "same", "same", "none"], "y": [1, 3, 2, 2, np.nan]}
    )
    rows = clustered_means(frame, "y", by="g").set_index("g")
    assert rows.loc["one", "estimate"] == 2
    assert rows["note"].to_dict() == {
        "none": "no session has a value",
        "one": "one patient: no interval",
        "same": "every session has the same value: no interval",
    }
    with pytest.raises(EstimationError, match="infinite"):
        clustered_means(frame.assign(y=np.inf), "y", by="g")
    with pytest.raises(EstimationError, match="conf_level"):
        clustered_means(frame, "y", by="g", conf_level=95)
    with pytest.raises(EstimationError, match="not in the table"):
        clustered_means(frame, "nothing", by="g")


def halves(seed: int, patients: int) -> pd.DataFrame:
    """Change that goes with the reading before, known of fewer sessions the higher that was."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(patients), rng.integers(1, 5, patients))
    before = rng.normal(6, 2, len(person))
    y = 0.5 * (before - 6) + rng.normal(0, 1, patients)[person] + rng.normal(0, 2, len(person))
    gone = rng.random(len(person)) < 1 / (1 + np.exp(5 - before))
    return pd.DataFrame({"patient_id": person, "g": "one", "before": before, "y": np.where(gone, np.nan, y)})


def test_with_nothing_missing_the_mean_of_all_is_the_clustered_mean(spread):
    frame = spread.assign(before=np.arange(len(spread)) % 7)
    whole = means_of_all(frame, "y", {"before": 0.7}, by="group")
    pd.testing.assert_frame_equal(whole, clustered_means(frame, "y", by="group"), rtol=1e-9)


def test_the_mean_of_all_is_the_regression_at_the_mean_of_all():
    """With one group and the slope of least squares: the fitted line at the mean reading of all sessions."""
    frame = halves(3, 200)
    seen = frame.dropna(subset="y")
    slope, start = np.polyfit(seen["before"], seen["y"], 1)
    row = means_of_all(frame, "y", {"before": slope}, by="g").iloc[0]
    assert row["estimate"] == pytest.approx(start + slope * frame["before"].mean(), rel=1e-9)
    assert (row["patients"], row["sessions"]) == (seen["patient_id"].nunique(), len(seen))


def test_the_error_of_the_mean_of_all_is_how_far_it_varies():
    """The truth is 0; those seen alone are lower. The reading's own mean varies too, and is in the error."""
    rows = [means_of_all(halves(seed, 40), "y", {"before": 0.5}, by="g").iloc[0] for seed in range(400)]
    found = pd.DataFrame(rows)
    assert abs(found["estimate"].mean()) < 3 * found["estimate"].std() / 20
    assert found["std_error"].mean() == pytest.approx(
        found["estimate"].std(), rel=0.11
    )  # three standard errors
    missed = ~found["conf_low"].le(0) | ~found["conf_high"].ge(0)
    assert 0.02 <= missed.mean() <= 0.085


def test_edges_of_the_mean_of_all_are_rows_with_a_reason():
    frame = pd.DataFrame(
        {"patient_id": list("aabcc"), "condition": list("xxyzz"), "before": 1.0, "y": [1, 3, np.nan, 2, 2]}
    )
    rows = means_of_all(pd.concat([frame, frame.tail(1).assign(patient_id="d")]), "y", {"before": 1.0})
    assert rows["note"].tolist() == ["one patient: no interval", "no session has a value", ALL_ALIKE]
    assert rows["estimate"].tolist() == pytest.approx([2, np.nan, 2], nan_ok=True)
