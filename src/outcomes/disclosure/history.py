"""What earlier releases showed, and of whom: kept beside the exports, for nobody but whoever runs the clinic.

Comes in: a folder. Goes out: the releases of one series, each a file that names the hash of the one before. A release
holds the tables as they were shown and, of every group, keyed hashes that tell whether a patient's records are the same
as before; no record. Refuses a series of which a file is gone or changed: without it nobody can say what a reader of an
earlier release could work out from a later one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outcomes.errors import DisclosureError, ExportError
from outcomes.files.write import write_whole

__all__ = ["FOLDER", "History", "Release"]

FOLDER = "outcomes-history"
"""Name of the folder, beside the folders of exports."""
END = "end.json"
PACKED = 3
"""Hashes can hardly be packed: the highest level takes eight times as long and saves a twenty-fifth."""
_FORMAT, _VERSION = "outcomes release", 2
_REMEDY = (
    "Put it back from a copy, or start a new series with --new-series; then nothing guards what is passed on from now "
    "on against what was passed on before, so withdraw that first."
)
Populations = dict[str, dict[str, dict[str, str]]]
"""By group and reading: a keyed hash of each patient, and one of that patient's records."""


@dataclass(frozen=True)
class Release:
    """What one run showed.

    Attributes
    ----------
    number : int
        Of the release; runs of the same records belong to the same one.
    audience : str
    patients : int
        How many there were, as it was shown.
    conditions : dict of str to str
        The group each condition was shown in.
    populations : dict
        Of the groups shown anew.
    tables : dict
        By name, the rows as they were shown, with how many patients stood behind each and a keyed hash of its
        figures before the gate.
    """

    number: int
    audience: str
    patients: int
    conditions: dict[str, str] = field(default_factory=dict)
    populations: Populations = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """One series of releases.

    Attributes
    ----------
    folder : Path
    key : bytes
        Of the hashes; it never leaves the folder.
    releases : tuple of Release
        In order.
    last : str
        The hash of the last release's file.
    """

    folder: Path
    key: bytes
    releases: tuple[Release, ...] = ()
    last: str = ""

    @property
    def number(self) -> int:
        """Number of the last release; 0 before the first."""
        return max((release.number for release in self.releases), default=0)

    @property
    def series(self) -> str:
        """Name of the series."""
        return self.folder.name

    @classmethod
    def open(
        cls, parent: Path, *, before: tuple[str, int] | None = None, new_series: bool = False
    ) -> History:
        """Read the latest series, or begin one.

        Parameters
        ----------
        beside : Path
            The folder in which folders of exports stand.
        before : tuple of str and int, optional
            The series and release that the export about to be replaced belongs to.
        new_series : bool
            Begin a new series, whatever there was.

        Raises
        ------
        DisclosureError
            Where a series there was is gone, changed, or readable by others.
        """
        root = parent / FOLDER
        if new_series:
            return cls._begun(root)
        found = sorted(path for path in root.glob("series-*") if path.is_dir())
        if before is not None and not any(path.name == before[0] for path in found):
            raise DisclosureError(f"The history of earlier releases ({root / before[0]}) is gone. {_REMEDY}")
        history = cls._read(found[-1]) if found else cls._begun(root)
        if before is not None and before[0] == history.series and before[1] > history.number:
            raise DisclosureError(
                f"The history of earlier releases ({history.folder}) is an old copy. {_REMEDY}"
            )
        return history

    @classmethod
    def _begun(cls, root: Path) -> History:
        number = len(list(root.glob("series-*"))) + 1
        return cls(root / f"series-{number:03d}-{secrets.token_hex(4)}", secrets.token_bytes(32))

    @classmethod
    def _read(cls, folder: Path) -> History:
        try:
            if folder.stat().st_mode & 0o077 and os.name == "posix":
                raise DisclosureError(f"Others can read {folder}. Close it: chmod -R go= {folder.parent}")
            key = bytes.fromhex((folder / "key").read_text("ascii"))
            end = json.loads((folder / END).read_text("ascii"))
            releases, last = [], ""
            for at in range(1, end["releases"] + 1):
                held = (folder / _file(at)).read_bytes()
                content = json.loads(gzip.decompress(held))
                if content["format"] != _FORMAT or content["version"] != _VERSION or content["after"] != last:
                    raise ValueError
                releases.append(Release(**content["release"]))
                last = hashlib.sha256(held).hexdigest()
            if end["last"] != last:
                raise ValueError
        except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
            raise DisclosureError(
                f"The history of earlier releases ({folder}) is damaged or incomplete. {_REMEDY}"
            ) from error
        return cls(folder, key, tuple(releases), last)

    def saved(self, release: Release) -> History:
        """Write one more release, for this user's eyes only.

        Raises
        ------
        ExportError
            Where it cannot be written; nothing may be shown then.
        """
        at = len(self.releases) + 1
        content = {"format": _FORMAT, "version": _VERSION, "after": self.last, "release": vars(release)}
        held = gzip.compress(json.dumps(content, sort_keys=True).encode(), compresslevel=PACKED, mtime=0)
        last = hashlib.sha256(held).hexdigest()
        try:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
            end = json.dumps({"releases": at, "last": last})
            files: dict[str, bytes | str] = {"key": self.key.hex(), _file(at): held, END: end}
            # What the series ends with is written last: until then the old end holds.
            for name, text in files.items():
                write_whole(self.folder / name, text)
                (self.folder / name).chmod(0o600)
        except (OSError, ExportError) as error:
            raise ExportError(
                f"The history of releases ({self.folder}) cannot be written ({error}), and without it nothing may be "
                "shown. Nothing was changed."
            ) from None
        return History(self.folder, self.key, (*self.releases, release), last)


def _file(at: int) -> str:
    return f"release-{at:05d}.json.gz"
