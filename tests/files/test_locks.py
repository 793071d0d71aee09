"""A lock is held by one open file at a time, and ends with its process however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outcomes.files.locks import hold

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
HOLDER = (
    "import os, sys, time; from outcomes.files.locks import hold; "
    "print(hold(os.open(sys.argv[1], os.O_RDONLY)), flush=True); time.sleep(60)"
)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_it_is_held_until_closed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.mkdir() if kind == "folder" else path.write_text("")
    first, second = os.open(path, os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        assert hold(first)
        assert not hold(second)
        assert hold(first), "asked again, it is still held"
        os.close(first)
        assert hold(second)
    finally:
        os.close(second)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        mine = os.open(tmp_path, os.O_RDONLY)
        assert not hold(mine)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert hold(mine)
        os.close(mine)


def test_what_cannot_be_locked_is_not_held() -> None:
    gone = os.open(os.devnull, os.O_RDONLY)
    os.close(gone)
    assert not hold(gone)
