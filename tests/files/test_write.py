"""Outputs appear whole or not at all, whatever happens on the way."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import ExportError
from outcomes.files.write import MANIFEST, csv_text, whole_folder, write_whole


def _finished(out: Path, text: str) -> None:
    with whole_folder(out) as staging:
        (staging / MANIFEST).write_text("{}")
        (staging / "page.html").write_text(text)


def test_a_folder_appears_and_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "ex ports ü"
    _finished(out, "one")
    assert (out / "page.html").read_text() == "one"
    _finished(out, "two")
    assert (out / "page.html").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing is left beside it"


def test_a_failure_leaves_the_earlier_folder(tmp_path: Path) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    with pytest.raises(ZeroDivisionError), whole_folder(out) as staging:
        (staging / "page.html").write_text(str(1 / 0))
    assert (out / "page.html").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(ExportError, match="holds files `outcomes run` did not make"), whole_folder(tmp_path):
        pytest.fail("the block must not run")
    file = tmp_path / "thesis.docx"
    with pytest.raises(ExportError, match="is a file"), whole_folder(file):
        pytest.fail("the block must not run")


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    out = tmp_path / "exports"
    with whole_folder(out) as staging:
        (staging / MANIFEST).write_text("{}")
        with pytest.raises(ExportError, match="Another run is writing"), whole_folder(out):
            pytest.fail("the second run must not start")
    assert out.is_dir()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_the_old_folder_and_the_next_one_succeeds(how: int, tmp_path: Path) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    code = (
        "import sys, time; from pathlib import Path; from outcomes.files.write import whole_folder\n"
        "with whole_folder(Path(sys.argv[1])) as staging:\n"
        "    (staging / 'page.html').write_text('half'); print('writing', flush=True); time.sleep(60)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline().strip() == "writing"
    run.send_signal(how)
    run.wait(20)
    run.stdout.close()
    assert (out / "page.html").read_text() == "one"
    _finished(out, "two")
    assert (out / "page.html").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["exports"], "what the killed run left is gone"


def test_a_place_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(ExportError, match="cannot be written"), whole_folder(blocked / "exports"):
        pytest.fail("the block must not run")
    with pytest.raises(ExportError, match="cannot be written"):
        write_whole(tmp_path / "nowhere" / "file.csv", "x")


def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path) -> None:
    """On a file system of 64 KiB, mounted where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small file system")
    try:
        write_whole(disk / "a.csv", "earlier")
        with pytest.raises(ExportError, match="the disk is full"):
            write_whole(disk / "a.csv", "x" * 200_000)
        assert (disk / "a.csv").read_text() == "earlier"
        assert os.listdir(disk) == ["a.csv"]
        with pytest.raises(ExportError, match="the disk is full"), whole_folder(disk / "exports") as staging:
            (staging / "page.html").write_text("x" * 200_000)
        assert os.listdir(disk) == ["a.csv"]
    finally:
        for _ in range(20):
            if not subprocess.run(["umount", str(disk)], capture_output=True).returncode:
                break
            time.sleep(0.1)


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_runs_as_a_formula(cell: str) -> None:
    frame = pd.DataFrame({"note": [cell], cell: [1.5]})
    text = csv_text(frame)
    back = pd.read_csv(io.StringIO(text))
    assert back["note"].item() == "'" + cell.replace("\t", " ").replace("\r", " ")
    assert back.columns[1].startswith("'")


def test_csv_writes_ten_digits_and_leaves_the_frame_alone() -> None:
    frame = pd.DataFrame({"x": [1 / 3, None], "flag": [True, False]})
    before = frame.copy()
    assert csv_text(frame) == "x,flag\n0.3333333333,True\n,False\n"
    pd.testing.assert_frame_equal(frame, before)
