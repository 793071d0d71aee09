"""A process's own folder: private, gone at its end, and swept by the next process where it could not be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CODE = (
    "import sys; from outcomes.files.temporary import temporary_folder\n"
    "folder = temporary_folder(); (folder / 'records').write_text('x'); assert temporary_folder() is folder\n"
    "print(oct(folder.stat().st_mode)[-3:], folder, flush=True); sys.stdin.read()"
)


def _process(at: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(at)},
    )


def _folder(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    mode, _, name = process.stdout.readline().strip().partition(" ")
    assert mode == "700"
    return Path(name)


def test_it_is_gone_with_its_process_and_what_a_killed_one_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "outcomes-private-mine.txt").write_text("no folder")
    living, killed = _process(tmp_path), _process(tmp_path)
    kept, left = _folder(living), _folder(killed)
    assert (kept / "records").is_file()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert (left / "records").is_file()
    next_one = _process(tmp_path)
    third = _folder(next_one)
    assert not left.exists()
    assert (kept / "records").is_file(), "a living process keeps its folder"
    next_one.communicate()
    living.communicate()
    assert not third.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes-private-mine.txt"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make folders of another user")
def test_links_and_folders_of_other_users_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target/file").write_text("x")
    (tmp_path / "outcomes-private-link").symlink_to("target")
    (tmp_path / "outcomes-private-other").mkdir()
    os.chown(tmp_path / "outcomes-private-other", 65534, 65534)
    process = _process(tmp_path)
    _folder(process)
    process.communicate()
    assert (tmp_path / "target/file").read_text() == "x"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "outcomes-private-link",
        "outcomes-private-other",
        "target",
    ]
