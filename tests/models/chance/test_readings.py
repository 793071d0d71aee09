"""Counts of how many began at each pain: they add, travel in a file, and give what the records give."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReductionError
from outcomes.models.chance.readings import ReadingTable, kinds_of_session, reduce_readings


@pytest.fixture(scope="module")
def sessions():
    return oc.simulate_sessions(90, seed=6)[0]


@pytest.mark.parametrize("by", ["condition", None])
@pytest.mark.parametrize("outcome", ["pain_relief_48h", "pain_responder_post"])
def test_two_halves_give_the_benchmark_of_the_whole(sessions, outcome, by):
    half = sessions["patient_id"].factorize()[0] % 2
    one, other = (reduce_readings(sessions[half == at], outcome, by) for at in (0, 1))
    found = oc.null_benchmark(one + other, outcome)
    pd.testing.assert_frame_equal(found, oc.null_benchmark(sessions, outcome, by), check_dtype=False)


def test_every_session_with_a_pain_is_counted_once(sessions):
    table = reduce_readings(sessions, "pain_relief_post", None)
    assert table.cells["sessions"].sum() == sessions["pain_pre"].notna().sum()
    assert table.cells["defined"].sum() == (sessions["pain_pre"] - sessions["pain_post"]).notna().sum()
    assert table.cells["total"].sum() == pytest.approx((sessions["pain_pre"] - sessions["pain_post"]).sum())


def test_a_file_gives_back_what_was_written(sessions, tmp_path):
    table = reduce_readings(sessions, "pain_relief_post")
    table.to_json(tmp_path / "readings.json")
    back = ReadingTable.from_json(tmp_path / "readings.json")
    found, wanted = (oc.expected_change(t, t.outcome) for t in (back, table))
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)
    (tmp_path / "readings.json").write_text(table.to_json().replace('"people"', '"folk"'))
    with pytest.raises(ReductionError, match="damaged"):
        ReadingTable.from_json(tmp_path / "readings.json")


def test_readings_of_different_things_do_not_add(sessions):
    post, later = (reduce_readings(sessions, f"pain_relief_{time}") for time in ("post", "48h"))
    with pytest.raises(ReductionError, match="do not add"):
        post + later
    with pytest.raises(TypeError):
        post + 1


def test_sessions_without_a_pain_are_of_no_kind():
    frame = pd.DataFrame(
        {"condition": ["neck_pain"] * 3, "session_number": [1, 2, 1], "pain_pre": [4, 4, None]}
    )
    kinds = kinds_of_session(frame)
    assert kinds.codes[2] == -1
    assert len(set(kinds.codes[:2])) == 2, "first and later sessions are kinds apart"
