"""The secret that turns ids into pseudonyms, in a file that only its owner can read.

Comes in: the path of a key file. Goes out: 32 secret bytes, made if the file is not there. Refuses a key file that
others may read. The key is used for nothing but a hash; losing it means that next year's export gets other pseudonyms,
sharing it means that the pseudonyms protect nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from outcomes.errors import DisclosureError

__all__ = ["pseudonyms", "read_or_make_key"]

_HEADER = "# Key for pseudonyms. Keep it inside the clinic, never beside the data it protects.\n"
_LEAST_BYTES = 16


def read_or_make_key(path: str | Path) -> bytes:
    """Read a key file, or make one (mode 0600) where there is none.

    Raises
    ------
    DisclosureError
        Where others may read the file, it holds no key, or it cannot be made.
    """
    path = Path(path)
    try:
        if not path.exists():
            return _make(path)
        _refuse_readable_by_others(path)
        return _key_in(path.read_text(encoding="ascii"), path)
    except UnicodeDecodeError:
        raise _no_key(path) from None
    except OSError as error:
        raise DisclosureError(
            f"The key file {path} cannot be used: {error.strerror or 'it is not a file'}. "
            "Name a file in a folder of your own."
        ) from None


def _make(path: Path) -> bytes:
    key = secrets.token_bytes(32)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.chmod(path, 0o600)
            file.write(_HEADER + base64.b64encode(key).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # a full disk leaves no empty key behind
        path.unlink(missing_ok=True)
        raise
    return key


def _refuse_readable_by_others(path: Path) -> None:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise DisclosureError(
            f"The key file {path} is not a file. Name a file; it is made if it is not there."
        )
    if os.name == "posix" and about.st_mode & 0o077:
        raise DisclosureError(
            f"The key file {path} may be read by others (mode {about.st_mode & 0o777:o}; allowed 600). "
            f"Run: chmod 600 {path}. If others may have read it, make a new key: pseudonyms made with this one "
            "protect nobody from them."
        )


def _key_in(text: str, path: Path) -> bytes:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        key = base64.b64decode(lines[0], validate=True) if len(lines) == 1 else b""
    except binascii.Error:
        key = b""
    if len(key) < _LEAST_BYTES:
        raise _no_key(path)
    return key


def _no_key(path: Path) -> DisclosureError:
    return DisclosureError(
        f"The file {path} holds no key. Name the key file of the earlier exports, or a file that does not exist yet: "
        "a key is then made."
    )


def pseudonyms(values: Iterable[str], *, kind: str, key: bytes) -> dict[str, str]:
    """Pseudonym of each value: HMAC-SHA-256 with the key, 80 bits of it, one letter for the kind before.

    Parameters
    ----------
    values : iterable of str
    kind : str
        "patient", "session", "clinic" or "clinician": the same text gets another pseudonym under another kind.
    key : bytes
        At least 16 secret bytes.

    Raises
    ------
    DisclosureError
        Where the key is too short to be a secret.

    Examples
    --------
    >>> pseudonyms(["A-17"], kind="patient", key=b"not a secret, but long enough")
    {'A-17': 'pdb2c85fc8f3f606e8a84'}
    """
    if len(key) < _LEAST_BYTES:
        raise DisclosureError(
            f"The key has {len(key)} bytes; at least {_LEAST_BYTES} are needed to keep a secret. "
            "Give the name of a key file, and one is made."
        )
    own = hmac.digest(key, b"outcomes " + kind.encode(), hashlib.sha256)
    letter = {"clinician": "t"}.get(kind, kind[0])
    return {
        value: letter + hmac.digest(own, value.encode("utf-8", "surrogatepass"), "sha256").hex()[:20]
        for value in values
    }
