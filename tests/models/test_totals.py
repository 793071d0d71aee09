"""Sums behind means: they add, keep their digits far from zero, and travel in a file."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError, ReductionError
from outcomes.models.totals import TotalTable, reduce_totals


@pytest.fixture(scope="module")
def sessions():
    return oc.simulate_sessions(90, seed=6)[0]


def halves(sessions):
    half = sessions["patient_id"].factorize()[0] % 2
    return sessions[half == 0], sessions[half == 1]


def test_two_halves_add_up_to_the_whole(sessions):
    one, other = (reduce_totals(part, "pain_relief_48h") for part in halves(sessions))
    whole = oc.clustered_means(sessions, "pain_relief_48h")
    pd.testing.assert_frame_equal(oc.clustered_means(one + other, "pain_relief_48h"), whole, rtol=1e-12)


def test_sums_of_different_things_do_not_add(sessions):
    with pytest.raises(ReductionError, match="pain_pre by \\['condition'\\] and of pain_post"):
        reduce_totals(sessions, "pain_pre") + reduce_totals(sessions, "pain_post")
    with pytest.raises(TypeError):
        reduce_totals(sessions, "pain_pre") + 1


def test_a_reading_far_from_zero_loses_no_digits(rng):
    spread = rng.normal(size=60)
    near = pd.DataFrame({"patient_id": np.repeat(np.arange(20), 3), "gain": spread})
    far = near.assign(gain=spread + 1e6)
    here, there = (oc.clustered_means(frame, "gain", by=None) for frame in (near, far))
    assert there["std_error"][0] == pytest.approx(here["std_error"][0], rel=1e-8)
    assert there["estimate"][0] - 1e6 == pytest.approx(here["estimate"][0], abs=1e-8)


def test_parts_about_different_centers_add(rng):
    low = pd.DataFrame({"patient_id": np.repeat(np.arange(10), 2), "gain": rng.normal(3, 1, 20)})
    high = low.assign(patient_id=low["patient_id"] + 100, gain=low["gain"] * 2 + 500)
    together = reduce_totals(low, "gain", None) + reduce_totals(high, "gain", None)
    whole = oc.clustered_means(pd.concat([low, high]), "gain", by=None)
    pd.testing.assert_frame_equal(oc.clustered_means(together, "gain"), whole, rtol=1e-10)


def test_a_file_gives_back_what_was_written(sessions, tmp_path):
    table = reduce_totals(sessions, "rom_gain_post", ["rom_movement", "sex"])
    table.to_json(tmp_path / "sums.json")
    back = TotalTable.from_json(tmp_path / "sums.json")
    pd.testing.assert_frame_equal(
        oc.clustered_means(back, "x"), oc.clustered_means(table, "x"), check_dtype=False
    )
    (tmp_path / "sums.json").write_text(table.to_json().replace('"total"', '"sum"'))
    with pytest.raises(ReductionError, match="damaged"):
        TotalTable.from_json(tmp_path / "sums.json")


def test_a_database_gives_the_same_sums(sessions):
    tables = (sessions, ibis.memtable(sessions))
    ours, theirs = (reduce_totals(table, "pain_relief_post").classes for table in tables)
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def test_an_infinite_value_is_refused():
    frame = pd.DataFrame({"patient_id": [1, 2], "gain": [1.0, np.inf]})
    with pytest.raises(EstimationError, match="infinite in 1 session"):
        reduce_totals(frame, "gain", None)
