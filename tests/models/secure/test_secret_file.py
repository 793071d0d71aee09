"""Private keys in a file: for one user, for one round."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.errors import ReductionError
from outcomes.models.secure.keys import ClinicKeys
from outcomes.models.secure.secret_file import read_secret, spend_secret, write_secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_secret(tmp_path / "a.secret.json", ClinicKeys(bytes(32), bytes(range(32))))
    return tmp_path / "a.secret.json"


def test_keys_come_back_until_they_have_served(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secret(path) == ClinicKeys(bytes(32), bytes(range(32)))
    spend_secret(path)
    with pytest.raises(ReductionError, match="have served"):
        read_secret(path)
    assert b"AAAA" not in path.read_bytes()


def test_keys_are_never_written_over(path: Path) -> None:
    with pytest.raises(ReductionError, match="is there already"):
        write_secret(path, ClinicKeys.fresh())
    with pytest.raises(ReductionError, match="cannot be written"):
        write_secret(path / "b", ClinicKeys.fresh())


def test_keys_that_others_may_read_are_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(ReductionError, match="may be read by others"):
        read_secret(path)


def test_what_holds_no_keys_is_refused(path: Path) -> None:
    path.write_text("{}")
    with pytest.raises(ReductionError, match="not a clinic's private keys"):
        read_secret(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ReductionError, match="cannot be read"):
        read_secret(path)
    with pytest.raises(ReductionError, match="cannot be read"):
        read_secret(path.with_name("nothing"))
