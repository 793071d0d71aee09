"""What a run says of itself: the hash of a file is that of what was read, or the run is refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from outcomes.errors import UnreadableFileError
from outcomes.pages.manifest import unchanged
from outcomes.pages.run import RunOptions, run

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data/demo_sessions.csv"


def _replaced(file: Path) -> None:
    (file.parent / "new").write_text("b")
    os.replace(file.parent / "new", file)


def _written_to(file: Path) -> None:
    file.write_text("c")


def _replaced_and_put_back(file: Path) -> None:
    os.rename(file, file.parent / "aside")
    file.write_text("b")
    os.replace(file.parent / "aside", file)


@pytest.mark.parametrize("change", [_replaced, _written_to, _replaced_and_put_back, Path.unlink])
def test_a_file_that_changes_while_it_is_read_is_refused(change, tmp_path) -> None:
    file = tmp_path / "sessions.csv"
    file.write_text("a")
    with (
        pytest.raises(UnreadableFileError, match=r"sessions\.csv changed while it was being read"),
        unchanged(file),
    ):
        change(file)


def test_the_hash_is_that_of_the_file_read(tmp_path) -> None:
    file = tmp_path / "sessions.csv"
    file.write_bytes(b"a" * 3_000_000)
    with unchanged(file) as found:
        assert file.read_bytes()
    assert found == hashlib.sha256(b"a" * 3_000_000).hexdigest()


def test_what_is_no_file_is_left_to_its_reader_to_refuse(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", "pipe", ".", "a\0b"):
        with unchanged(tmp_path / name) as found:
            assert found == ""


def test_a_run_whose_records_are_replaced_meanwhile_writes_nothing(tmp_path, monkeypatch) -> None:
    import outcomes.pages.run as module

    file, read = tmp_path / "sessions.csv", module.check_sessions
    file.write_bytes(DEMO.read_bytes())

    def replaced(*arguments, **options):
        _replaced(file)
        file.write_bytes(DEMO.read_bytes())
        return read(*arguments, **options)

    monkeypatch.setattr(module, "check_sessions", replaced)
    with pytest.raises(UnreadableFileError, match="changed while it was being read"):
        run(file, tmp_path / "out", options=RunOptions(only=("09_claims",)))
    assert [path.name for path in tmp_path.iterdir()] == ["sessions.csv"]
