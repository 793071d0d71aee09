"""Reductions of any kind to a file and back, and what they were made for."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReductionError
from outcomes.models.exchange import contents, estimates_of, read_reduction, small_cells


@pytest.fixture(scope="module")
def sessions():
    return oc.simulate_sessions(60, seed=3)[0]


@pytest.fixture(scope="module")
def made(sessions):
    return {
        "moments": oc.reduce_moments("pain_relief_post ~ 1 + (1 | patient_id)", sessions),
        "events": oc.reduce_events(sessions),
        "counts": oc.reduce_counts(sessions, "pain_responder_post"),
    }


@pytest.mark.parametrize("kind", ["moments", "events", "counts"])
def test_a_file_gives_the_estimates_of_what_was_written(made, kind, tmp_path):
    made[kind].to_json(tmp_path / "one.json")
    back = read_reduction(tmp_path / "one.json")
    assert type(back) is type(made[kind])
    pd.testing.assert_frame_equal(estimates_of(back), estimates_of(made[kind]))


def test_each_says_what_it_holds(made):
    assert contents(made["moments"], 1) == "sums over 60 patients, each of 1 or more"
    few = contents(made["moments"], 61)
    assert few.startswith(
        "sums over 60 patients, some of fewer than 61 (patients with the same number of sessions)"
    )
    assert contents(made["counts"], 1) == "sums and counts, each of 1 or more"


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "other.json").write_text('{"kind": "shopping"}')
    with pytest.raises(ReductionError, match="holds no reduction"):
        read_reduction(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("met", "small"), [(5, True), (10, True), (11, False), (89, False), (90, True), (100, False)]
)
def test_few_with_a_flag_and_few_without_it_are_both_few(met, small):
    """Of a hundred sessions: ten or fewer on either side are nearly a record, none is none."""
    frame = pd.DataFrame({"patient_id": range(100), "better": [1.0] * met + [0.0] * (100 - met)})
    found = small_cells(oc.reduce_counts(frame, "better", by=None), 11)
    assert found == (["sessions with better, or without"] if small else [])
