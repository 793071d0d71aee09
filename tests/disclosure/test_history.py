"""What earlier releases showed: kept whole, for one user, or refused."""

from __future__ import annotations

import json
import os

import pytest

from outcomes.disclosure.history import FOLDER, History, Release
from outcomes.errors import DisclosureError


def release(number, audience="owner"):
    return Release(
        number, audience, 100 + number, {"neck_pain": "neck_pain"}, {"all": {"records": {"a": "b"}}}, {}
    )


def saved(tmp_path, count=2):
    history = History.open(tmp_path)
    for number in range(1, count + 1):
        history = history.saved(release(number))
    return history


def test_what_was_saved_is_read_again(tmp_path):
    saved(tmp_path)
    again = History.open(tmp_path)
    assert again.releases == (release(1), release(2))
    assert again.number == 2
    assert again.key == saved(tmp_path, 0).key


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind")
def test_nobody_else_may_read_it(tmp_path):
    folder = saved(tmp_path).folder
    assert [path.stat().st_mode & 0o077 for path in (folder.parent, folder, *folder.iterdir())] == [0] * 6
    folder.chmod(0o755)
    with pytest.raises(DisclosureError, match="Others can read"):
        History.open(tmp_path)


@pytest.mark.parametrize("harm", ["changed", "gone", "cut", "swapped", "no key", "end"])
def test_a_history_that_is_not_whole_is_refused(tmp_path, harm):
    folder = saved(tmp_path).folder
    first, second = folder / "release-00001.json.gz", folder / "release-00002.json.gz"
    if harm == "changed":
        first.write_bytes(first.read_bytes()[:-1] + b"x")
    elif harm == "gone":
        first.unlink()
    elif harm == "cut":
        second.write_bytes(second.read_bytes()[:40])
    elif harm == "swapped":
        first.write_bytes(second.read_bytes())
    elif harm == "no key":
        (folder / "key").unlink()
    else:
        (folder / "end.json").write_text(json.dumps({"releases": 1, "last": "0" * 64}))
    with pytest.raises(DisclosureError, match="--new-series"):
        History.open(tmp_path)
    assert History.open(tmp_path, new_series=True).releases == ()


def test_an_export_without_its_history_is_refused(tmp_path):
    with pytest.raises(DisclosureError, match=r"gone.*--new-series"):
        History.open(tmp_path, before=("series-001-0123abcd", 1))


def test_an_old_copy_of_the_history_is_refused(tmp_path):
    history = saved(tmp_path)
    with pytest.raises(DisclosureError, match="old copy"):
        History.open(tmp_path, before=(history.series, 3))


def test_a_new_series_leaves_the_earlier_one(tmp_path):
    earlier = saved(tmp_path)
    later = History.open(tmp_path, new_series=True).saved(release(1))
    assert later.series != earlier.series
    assert later.key != earlier.key
    assert History.open(tmp_path).series == later.series
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_crash_while_saving_leaves_the_earlier_releases(tmp_path, monkeypatch):
    from outcomes.disclosure import history as module

    history, real = saved(tmp_path), module.write_whole

    def fails(path, content):
        if path.name == "end.json":
            raise OSError("disk full")
        real(path, content)

    monkeypatch.setattr(module, "write_whole", fails)
    with pytest.raises(Exception, match="without it nothing may be shown"):
        history.saved(release(3))
    monkeypatch.undo()
    assert History.open(tmp_path).number == 2
