"""Outputs appear whole or not at all, whatever happens on the way."""

from __future__ import annotations

import io
import os
import secrets
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import ExportError
from outcomes.files.write import csv_text, write_csv, write_whole


def test_a_file_appears_in_one_step_and_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a [1].csv", "one")
    write_whole(tmp_path / "a [1].csv", b"two")
    assert (tmp_path / "a [1].csv").read_text() == "two"
    assert os.listdir(tmp_path) == ["a [1].csv"]


def test_a_place_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be written"):
        write_whole(tmp_path / "nowhere" / "file.csv", "x")


def test_links_are_not_followed(tmp_path: Path, monkeypatch) -> None:
    """Neither one that stands at the file's place, nor one planted where it is written first."""
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "a.csv").symlink_to("precious")
    write_whole(tmp_path / "a.csv", "x")
    assert not (tmp_path / "a.csv").is_symlink()
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0" * 16)
    (tmp_path / f".b.csv.{'0' * 16}.partial").symlink_to("precious")
    with pytest.raises(ExportError, match=r"b\.csv cannot be written"):
        write_whole(tmp_path / "b.csv", "x")
    assert (tmp_path / "precious").read_text() == "precious"


def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_writes_stays(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from outcomes.files.write import write_whole\n"
        "os.fsync = lambda _: (print('writing', flush=True), time.sleep(60))\n"
        "write_whole(Path(sys.argv[1]), 'half')"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / name)], stdout=subprocess.PIPE, text=True
        )
        for name in ("a.csv", "a.csv", "b.csv")
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "writing\n"
    living = set(tmp_path.glob(".a.csv.*"))
    for run in (runs[0], runs[2]):
        run.kill()
        run.communicate()
    write_whole(tmp_path / "a.csv", "whole")
    left = {path.name.split(".")[1] for path in tmp_path.glob(".*.partial")}
    assert (len(living), left) == (2, {"a", "b"}), "the killed one's is gone, and nobody wrote b.csv since"
    assert len(list(tmp_path.glob(".a.csv.*"))) == 1
    runs[1].kill()
    runs[1].communicate()


def test_a_full_disk_leaves_the_earlier_file(small_disk: Path) -> None:
    write_whole(small_disk / "a.csv", "earlier")
    with pytest.raises(ExportError, match="the disk is full"):
        write_whole(small_disk / "a.csv", "x" * 200_000)
    assert (small_disk / "a.csv").read_text() == "earlier"
    assert os.listdir(small_disk) == ["a.csv"]


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


def test_what_is_written_piece_by_piece_is_what_is_written_whole(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(120_000) / 7, "note": ["=a", None, "b"] * 40_000})
    write_whole(tmp_path / "pieces.csv", lambda file: write_csv(frame, file))
    marked = frame.assign(note=["'=a", None, "b"] * 40_000)
    whole = marked.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    assert (tmp_path / "pieces.csv").read_text() == whole == csv_text(frame)
    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "pieces.csv", lambda file: file.write(b"half") and 1 / 0)
    assert (tmp_path / "pieces.csv").read_text() == whole
    assert os.listdir(tmp_path) == ["pieces.csv"]
