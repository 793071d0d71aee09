"""Folders appear whole or not at all; nothing of anybody else is replaced, and what somebody added is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from outcomes.errors import ExportError
from outcomes.files import folder
from outcomes.files.folder import FORMAT, MARKER, added_files, whole_folder


def _finished(out: Path, text: str, name: str = "page.html") -> None:
    with whole_folder(out) as staging:
        (staging / name).write_text(text)
        (staging / "tables").mkdir(exist_ok=True)
        (staging / "tables/a.csv").write_text(text)


def _names(at: Path) -> list[str]:
    return sorted(path.name for path in at.iterdir())


def test_a_folder_appears_and_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "ex ports [ü]"
    _finished(out, "one", "first.html")
    assert (out / "first.html").read_text() == "one"
    _finished(out, "two")
    assert (out / "page.html").read_text() == "two"
    assert not (out / "first.html").exists()
    assert (out / MARKER).read_text().splitlines()[0] == FORMAT
    assert _names(tmp_path) == [out.name], "nothing is left beside it"


def test_a_failure_leaves_the_earlier_folder(tmp_path: Path) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    with pytest.raises(ZeroDivisionError), whole_folder(out) as staging:
        (staging / "page.html").write_text(str(1 / 0))
    assert (out / "page.html").read_text() == "one"
    assert _names(tmp_path) == ["exports"]


def test_folders_above_are_made_and_go_again_where_nothing_comes_of_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "a/b/exports"):
        _ = 1 / 0
    assert _names(tmp_path) == []
    _finished(tmp_path / "a/b/exports", "one")
    assert (tmp_path / "a/b/exports/page.html").read_text() == "one"


# --- whose folder it is -----------------------------------------------------------------------------------------


def _website(at: Path) -> None:
    at.mkdir()
    (at / "manifest.json").write_text(json.dumps({"name": "Our clinic", "icons": []}))
    (at / "photo.jpg").write_bytes(b"photo")


def _damaged_marker(at: Path) -> None:
    _finished(at, "one")
    (at / MARKER).write_bytes(b"\xff\x00 something else")


def _marker_elsewhere(at: Path) -> None:
    _finished(at.parent / "other", "one")
    at.mkdir()
    (at / "thesis.docx").write_text("mine")
    (at / MARKER).symlink_to(at.parent / "other" / MARKER)


@pytest.mark.parametrize("make", [_website, _damaged_marker, _marker_elsewhere])
def test_a_folder_of_somebody_else_is_left_alone(make, tmp_path: Path) -> None:
    out = tmp_path / "site"
    make(out)
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    with (
        pytest.raises(ExportError, match=r"holds files that no run made, and is left alone"),
        whole_folder(out),
    ):
        pytest.fail("the block must not run")
    assert len(before) >= 2
    assert {path: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_file_and_the_root_of_the_disk_are_no_folders_to_write(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(ExportError, match="is a file"), whole_folder(tmp_path / "thesis.docx"):
        pytest.fail("the block must not run")
    with pytest.raises(ExportError, match="root of the disk"), whole_folder(Path("/")):
        pytest.fail("the block must not run")


def test_an_empty_folder_is_filled_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir(mode=0o700)
    _finished(tmp_path / "exports", "one")
    _finished(tmp_path / "exports", "two")
    assert (tmp_path / "exports").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "exports/page.html").read_text() == "two"


def test_a_link_to_a_folder_stands_for_it(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    _finished(tmp_path / "disk/exports", "one")
    (tmp_path / "link").symlink_to("disk/exports")
    _finished(tmp_path / "link", "two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk/exports/page.html").read_text() == "two"
    (tmp_path / "dangling").symlink_to("disk/new")
    _finished(tmp_path / "dangling", "three")
    assert (tmp_path / "disk/new/page.html").read_text() == "three"


def _add(out: Path) -> dict[str, str]:
    """Add what people add to a folder; what each thing is, by its name."""
    (out / "notes.txt").write_text("mine")
    (out / ".DS_Store").write_text("the system's")
    (out / "tables/mine.csv").write_text("mine too")
    (out / "photos").mkdir()
    (out / "photos/link.jpg").symlink_to("nowhere.jpg")
    (out / "empty").mkdir()
    return {
        ".DS_Store": "the system's",
        "empty": "folder",
        "notes.txt": "mine",
        "photos/link.jpg": "nowhere.jpg",
        "tables/mine.csv": "mine too",
    }


def _added(out: Path) -> dict[str, str]:
    found = {name: out / name for name in added_files(out)}
    return {name: _content(path) for name, path in found.items()}


def _content(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return "folder" if path.is_dir() else path.read_text()


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("links", [True, False])
def test_what_somebody_added_is_kept(exchange, links, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    wanted = _add(out)
    if not exchange:
        monkeypatch.setattr(folder, "_exchange", lambda *_: False)
    if not links:
        monkeypatch.setattr(os, "link", lambda *_, **__: exec("raise OSError"))
    _finished(out, "two")
    _finished(out, "three")
    assert _added(out) == wanted
    assert (out / "tables/a.csv").read_text() == "three"
    assert _names(tmp_path) == ["exports"]


def test_what_is_added_or_changed_while_the_folder_is_replaced_is_kept(tmp_path: Path, monkeypatch) -> None:
    out, exchange = tmp_path / "exports", folder._exchange
    _finished(out, "one")
    (out / "notes.txt").write_text("old")

    def late(staging: Path, at: Path) -> bool:
        (at / "late.txt").write_text("late")
        (at / "notes.new").write_text("new")
        os.replace(at / "notes.new", at / "notes.txt")
        return exchange(staging, at)

    monkeypatch.setattr(folder, "_exchange", late)
    _finished(out, "two")
    assert _added(out) == {"late.txt": "late", "notes.txt": "new"}


def test_a_file_somebody_added_under_the_name_of_a_new_page_is_named(tmp_path: Path) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    (out / "second.html").write_text("mine")
    with pytest.raises(ExportError, match=r"second\.html was not written by a run"):
        _finished(out, "two", "second.html")
    assert (out / "second.html").read_text() == "mine"
    assert (out / "page.html").read_text() == "one"
    assert _names(tmp_path) == ["exports"]


# --- one run at a time ------------------------------------------------------------------------------------------


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    out = tmp_path / "exports"
    with whole_folder(out) as staging:
        (staging / "page.html").write_text("one")
        with pytest.raises(ExportError, match="Another run is writing"), whole_folder(out):
            pytest.fail("the second run must not start")
    assert (out / "page.html").read_text() == "one"
    assert _names(tmp_path) == ["exports"]


WRITER = (
    "import sys, time; from pathlib import Path; from outcomes.files.folder import whole_folder\n"
    "with whole_folder(Path(sys.argv[1])) as staging:\n"
    "    (staging / 'page.html').write_text('half'); print('writing', flush=True); time.sleep(60)\n"
)


def _writing(out: Path, **environment: str) -> subprocess.Popen[str]:
    """A process in the middle of writing a folder."""
    run = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    assert run.stdout is not None
    assert run.stdout.readline().strip() == "writing"
    return run


def _ended(run: subprocess.Popen[str], how: int) -> None:
    run.send_signal(how)
    run.wait(20)
    assert run.stdout is not None
    run.stdout.close()


def test_runs_with_other_temporary_folders_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    run = _writing(tmp_path / "exports", TMPDIR=str(tmp_path / "temporary"))
    with pytest.raises(ExportError, match="Another run is writing"):
        _finished(tmp_path / "exports", "two")
    assert run.poll() is None
    assert [name for name in _names(tmp_path) if ".partial-" in name], (
        "what the first run has made is still there"
    )
    _ended(run, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_the_old_folder_and_the_next_one_succeeds(how: int, tmp_path: Path) -> None:
    out = tmp_path / "exports"
    _finished(out, "one")
    _ended(_writing(out), how)
    assert (out / "page.html").read_text() == "one"
    _finished(out, "two")
    assert (out / "page.html").read_text() == "two"
    assert _names(tmp_path) == ["exports"], "what the killed run left is gone"


def test_only_what_a_run_left_beside_the_folder_is_swept(tmp_path: Path) -> None:
    mine = tmp_path / ".exports.partial-mine"
    mine.mkdir()
    (mine / "thesis.docx").write_text("mine")
    _finished(tmp_path / "exports", "one")
    assert (mine / "thesis.docx").read_text() == "mine"


@pytest.mark.parametrize("step", ["first", "second"])
def test_a_kill_between_two_steps_is_mended_by_the_next_run(step, tmp_path: Path, monkeypatch) -> None:
    """Where the system has no exchange, the earlier folder stands aside for a moment."""
    out, aside = tmp_path / "exports", tmp_path / ".exports.earlier"
    _finished(out, "one")
    _add(out)
    os.rename(out, aside)
    if step == "second":
        _finished(tmp_path / "new", "two")
        os.rename(tmp_path / "new", out)
    with pytest.raises(ZeroDivisionError), whole_folder(out):
        _ = 1 / 0
    assert (out / "page.html").read_text() == ("one" if step == "first" else "two")
    assert "notes.txt" in _added(out)
    assert _names(tmp_path) == ["exports"]


def test_a_link_in_the_place_of_the_lock_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / ".exports.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match=r"\.exports\.lock is a link"):
        _finished(tmp_path / "exports", "one")
    assert (tmp_path / "elsewhere").read_text() == "precious"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as two users")
def test_a_lock_of_another_user_is_said_so() -> None:
    nobody = "import os, filelock; from outcomes.files.folder import whole_folder\nos.setuid(65534)\n"
    with tempfile.TemporaryDirectory() as at:
        os.chmod(at, 0o1777)
        (Path(at) / ".exports.lock").touch(0o600)
        run = subprocess.run(
            [sys.executable, "-c", nobody + WRITER, f"{at}/exports"], capture_output=True, text=True
        )
        assert os.listdir(at) == [".exports.lock"]
    assert "ExportError" in run.stderr
    assert "this user may not write there" in run.stderr


def test_a_place_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(ExportError, match="cannot be written"), whole_folder(blocked / "exports"):
        pytest.fail("the block must not run")


def test_a_full_disk_leaves_the_earlier_folder(small_disk: Path) -> None:
    _finished(small_disk / "exports", "one")
    before = sorted(os.listdir(small_disk))
    with (
        pytest.raises(ExportError, match="the disk is full"),
        whole_folder(small_disk / "exports") as staging,
    ):
        (staging / "page.html").write_text("x" * 200_000)
    assert sorted(os.listdir(small_disk)) == before
    assert (small_disk / "exports/page.html").read_text() == "one"
