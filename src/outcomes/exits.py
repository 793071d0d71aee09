"""What ended a command before its end: a message for people, and an exit code.

Comes in: an error, or a signal. Goes out: one message without a traceback, and 2 for what the user or the machine can
mend, 3 for a fault of this package (with its place in the code, and nothing of the records), 128 and more for a signal.
"""

from __future__ import annotations

import errno
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outcomes.errors import InternalError, OutcomesError, place_of

__all__ = ["Ended", "ended_in_order", "refuse_little_memory", "why_ended"]

LEAST_MEMORY = 2_000_000_000
UNHARMED = "Nothing was left half done."


class Ended(BaseException):
    """A signal that ends a process, on its way up through everything that has to be put in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have the first signal that ends a process clean up on its way; those that follow come too late."""
    mine = threading.current_thread() is threading.main_thread()
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if mine else ()
    before = {number: signal.getsignal(number) for name in names if (number := getattr(signal, name, None))}

    def end(number: int, _: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(number)

    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # as `nohup` has it
                signal.signal(number, end)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def refuse_little_memory() -> None:
    """Refuse to begin where the libraries would end this process as they load.

    Raises
    ------
    MemoryError
    """
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise MemoryError


def why_ended(error: BaseException) -> tuple[str, int]:
    """Say why nothing came of a command, and with which code it exits.

    Examples
    --------
    >>> why_ended(OutcomesError("There is no file x.csv."))
    ('There is no file x.csv.', 2)
    """
    if isinstance(error, Ended):
        return f"Stopped. {UNHARMED}", error.code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads, and the end of Python would say so
        return "", 141
    if isinstance(error, InternalError):
        return _to_report(str(error)), 3
    if isinstance(error, OutcomesError):
        return str(error), 2
    lacking = _lacking(error)
    return (f"{lacking} {UNHARMED}", 2) if lacking else (_to_report(place_of(error)), 3)


def _lacking(error: BaseException) -> str:
    """What the machine did not give: memory, room on a disk, the right to write; nothing for any other error."""
    where = getattr(error, "filename", None) or "the temporary folder (TMPDIR)"
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM or _no_memory(str(error).casefold()):
        return "There is not enough memory: about 2 GB is needed. Close other programs, or raise the limit (ulimit -v)."
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no room left on the disk of {where}. Make room there, or name another place."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"This user may not write to {where}. Ask for the right, or name another place."
    if number in (errno.EMFILE, errno.ENFILE, errno.EIO):
        return f"The system could not open or read {where}: {os.strerror(number)}."
    return ""


def _no_memory(said: str) -> bool:
    """Whether an error of another kind says that memory is lacking, as libraries do when they load."""
    return any(
        words in said for words in ("cannot allocate", "failed to map segment", "can't start new thread")
    )


def _to_report(what: str) -> str:
    from importlib.metadata import version

    return (
        f"A fault of outcomes itself, not of your records: {what} (outcomes {version('outcomes')}, Python "
        f"{platform.python_version()}, {sys.platform}). {UNHARMED} Please report this, which holds nothing of your "
        "records, as CONTRIBUTING.md says under “Reporting a fault”."
    )
