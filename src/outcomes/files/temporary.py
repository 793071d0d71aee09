"""A folder for what a process puts aside for a while, readable by this user alone and gone when the process is.

Goes out: one folder a process, in the system's temporary folder. What a killed process left there is taken away by the
next one of the same user; a folder whose process lives is held by it, and left alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from outcomes.files.locks import hold

__all__ = ["temporary_folder"]

NAME = "outcomes-private-"
_LAST = -200
"""After `multiprocessing` has taken away what it put into the folder."""


@cache
def temporary_folder() -> Path:
    """The folder of this process.

    Raises
    ------
    OSError
        Where there is no room for one, or none may be made.
    """
    base = Path(tempfile.gettempdir())
    _sweep(base)
    born = Path(tempfile.mkdtemp(prefix=f".{NAME}", dir=base))  # under another name until it is held
    hold(os.open(born, os.O_RDONLY))
    folder = born.with_name(born.name.removeprefix("."))
    os.rename(born, folder)
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=_LAST)
    return folder


def _sweep(base: Path) -> None:
    """Take away the folders of processes that are gone."""
    for left in base.glob(f"{NAME}*"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                if os.fstat(descriptor).st_uid == os.getuid() and hold(descriptor):
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(descriptor)
