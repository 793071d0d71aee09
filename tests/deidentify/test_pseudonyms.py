"""The key, and the pseudonyms made with it."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat

import pandas as pd
import pytest

from outcomes.deidentify.pseudonyms import pseudonyms, read_or_make_key
from outcomes.deidentify.run import deidentify
from outcomes.errors import DisclosureError

KEY = b"not a secret, but long enough"


def test_pseudonyms_are_those_of_hmac_sha256():
    own = hmac.new(KEY, b"outcomes patient", hashlib.sha256).digest()
    expected = "p" + hmac.new(own, b"A-17", hashlib.sha256).hexdigest()[:20]
    assert pseudonyms(["A-17"], kind="patient", key=KEY) == {"A-17": expected}


def test_a_key_is_made_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "clinic.key"
    key = read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 32
    assert read_or_make_key(path) == key
    assert read_or_make_key(tmp_path / "other.key") != key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "clinic.key"
    read_or_make_key(path)
    os.chmod(path, mode)
    with pytest.raises(DisclosureError, match="chmod 600"):
        read_or_make_key(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00", b"c2hvcnQ=\n", b"QUJD\nQUJD\n"])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "thesis.txt"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DisclosureError, match="holds no key"):
        read_or_make_key(path)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_made_or_is_a_folder(tmp_path):
    with pytest.raises(DisclosureError, match="cannot be used"):
        read_or_make_key(tmp_path / "absent" / "clinic.key")
    with pytest.raises(DisclosureError, match="is not a file"):
        read_or_make_key(tmp_path)
    with pytest.raises(DisclosureError, match="at least 16"):
        deidentify(pd.DataFrame({"patient_id": ["a"]}), key=b"short")


def test_a_full_disk_leaves_no_empty_key_behind(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DisclosureError, match="cannot be used: No space left"):
        read_or_make_key(tmp_path / "clinic.key")
    assert list(tmp_path.iterdir()) == []
