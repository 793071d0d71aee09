"""A small share of the faults that `make faults` tries at night."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from faults import FAULTS, Scene, struck
from outcomes.files.folder import whole_folder
from outcomes.pages.manifest import write_manifest

linux = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="faults are made on Linux, and small disks by root"
)
SHARE = {"memory": (3,), "planted": (0, 1), "names": (6,), "formulas": (0,)}
"""Which tries of which faults."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """An earlier export of one file, which takes no run to make; signals come within the first seconds of a run."""
    scene = Scene.furnished(tmp_path_factory.mktemp("scene"))
    with whole_folder(scene.out) as staging:
        (staging / "index.html").write_text("earlier")
        write_manifest(staging, {})
    scene.seconds = 3.0
    return scene


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_the_earlier_export_whole_and_no_record(number: signal.Signals, scene: Scene) -> None:
    random.seed(int(number))
    struck(scene, number, everybody=number == signal.SIGINT)
    assert scene.wrong == []


@linux
def test_a_rerun_succeeds_after_signals_and_sweeps_what_a_kill_left(scene: Scene) -> None:
    scene.rerun()
    assert scene.wrong == []


@linux
@pytest.mark.parametrize("name", SHARE)
def test_the_earlier_export_stays_whole_and_nothing_is_left(name: str, scene: Scene) -> None:
    for at in SHARE[name]:
        FAULTS[name][0](scene, at)
    assert scene.wrong == []


def test_a_damaged_export_is_seen_to_be_damaged(tmp_path: Path) -> None:
    """What the tries above rest on: a folder that is not as its manifest says is told from one that is."""
    scene = Scene(tmp_path)
    (scene.out).mkdir()
    (scene.out / "manifest.json").write_text('{"files": {"a.csv": "0"}}')
    (scene.out / "a.csv").write_text("a")
    assert scene.whole() == {"files": {"a.csv": "0"}}
    assert scene.wrong == ["1 files of the export are not as made"]
