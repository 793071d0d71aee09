"""A clinic's private keys between joining a round and masking for it: a file that serves once.

Comes in: a path. Goes out: keys. Refuses a path where something is, a file that others may read, and one whose keys
have served: two files under the same keys would tell what is between them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from outcomes.errors import ReductionError
from outcomes.files.write import write_whole
from outcomes.models.secure.keys import ClinicKeys
from outcomes.models.secure.rounds import as_text, from_text

__all__ = ["read_secret", "spend_secret", "write_secret"]

SPENT = "These keys have served, and are gone. Join again for another round.\n"


def write_secret(path: Path, keys: ClinicKeys) -> None:
    """Write keys for this user's eyes only, where nothing is yet.

    Raises
    ------
    ReductionError
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ReductionError(
            f"{path} is there already: keys serve one round. Name another file, or move this one away."
        ) from None
    except OSError as error:
        raise ReductionError(
            f"{path} cannot be written: {error.strerror}. Name a file in a folder of your own."
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(as_text(keys))


def read_secret(path: Path) -> ClinicKeys:
    """Read keys that have not served.

    Raises
    ------
    ReductionError
    """
    try:
        open_to_others = os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ReductionError(
            f"{path} cannot be read as a clinic's private keys. Name the file that joining wrote."
        ) from None
    if text == SPENT:
        raise ReductionError(f"{path}: {SPENT.strip()}")
    if open_to_others:
        raise ReductionError(
            f"{path} may be read by others. Take that right away (chmod 600), and join again."
        )
    keys: ClinicKeys = from_text(text, ClinicKeys)
    return keys


def spend_secret(path: Path) -> None:
    """Take the keys away, before what they masked is written."""
    write_whole(path, SPENT)
