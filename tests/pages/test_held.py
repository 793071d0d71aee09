"""Sessions held in memory are the same sessions again: here, in another process, and where pipes carry them."""

from __future__ import annotations

import multiprocessing
import os
import sys

import pandas as pd
import pytest

from outcomes.pages.cells import RECORDS, Given, go_through
from outcomes.pages.held import Held
from outcomes.record.plan import active_plan
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    frame = simulate_sessions(20, seed=4)[0]
    frame.attrs = {"outcomes": {"title": "A clinic"}}
    return frame


CELL = f"""
import outcomes as oc, pandas as pd
sessions = oc.read_sessions({RECORDS!r})
print(int(pd.util.hash_pandas_object(sessions).sum()), sessions.attrs)
"""


@pytest.fixture(params=["memory", "pipe"])
def held(request, sessions, monkeypatch) -> Held:
    if request.param == "pipe":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    found = Held.of(sessions)
    assert isinstance(found.memory, bytes) == (request.param == "pipe" or sys.platform != "linux")
    return found


def test_they_are_the_same_here(held, sessions) -> None:
    pd.testing.assert_frame_equal(held.sessions(), sessions)
    assert held.sessions().attrs == sessions.attrs


def test_they_are_the_same_in_a_process_of_their_own(held, sessions, tmp_path) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    given = Given(held, active_plan())
    process = context.Process(target=go_through, args=(theirs, str(tmp_path), [CELL], given))
    process.start()
    assert ours.poll(120)
    [said] = ours.recv()
    process.join()
    assert said["text"] == f"{int(pd.util.hash_pandas_object(sessions).sum())} {sessions.attrs}\n"


def test_what_is_done_to_them_stays_where_it_is_done(held, sessions) -> None:
    frame = held.sessions()
    frame["pain_pre"] = -1.0
    frame.loc[:, "session_number"] += 1
    pd.testing.assert_frame_equal(held.sessions(), sessions)


@pytest.mark.skipif(sys.platform != "linux", reason="memory files are Linux's")
def test_nothing_is_left_once_they_are_no_longer_held(sessions) -> None:
    before = set(os.listdir("/proc/self/fd"))
    held = Held.of(sessions)
    assert len(set(os.listdir("/proc/self/fd")) - before) == 1
    del held
    assert set(os.listdir("/proc/self/fd")) <= before
