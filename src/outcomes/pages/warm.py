"""``python -m outcomes.pages.warm``: a process with the notebooks' libraries loaded, from which others are forked.

Comes in: requests on a socket, one per connection. Goes out: for each, a forked process that answers with its number
and then is a Jupyter kernel, or goes through notebooks for their tables. The warm process runs one thread and opens
nothing, so that a fork of it is whole; it ends, and all that was forked with it, when its standard input does.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import outcomes
from outcomes.pages.drafting import go_through

__all__ = ["main"]

LIBRARIES = (
    "IPython.core.interactiveshell", "IPython.display", "duckdb", "formulaic", "great_tables", "ipykernel.debugger",
    "ipykernel.ipkernel", "ipykernel.kernelapp", "matplotlib.backends.backend_agg", "matplotlib.pyplot", "narwhals",
    "pandas", "pyarrow.parquet", "scipy.optimize", "scipy.special", "scipy.stats", "seaborn",
)  # fmt: skip
INLINE = "module://matplotlib_inline.backend_inline"
"""Where a kernel lets matplotlib draw; it has to be said before matplotlib is loaded."""
DIE_WITH_PARENT = 1
REAPING = 0.5
"""Seconds between looks at what has ended."""


def main() -> None:
    """Load the libraries and answer requests until standard input ends."""
    os.environ.setdefault("MPLBACKEND", INLINE)
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        _load()
        while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [], REAPING)[0]):
            if listener in ready:
                connection, _ = listener.accept()
                if len(os.listdir("/proc/self/task")) == 1 and os.fork() == 0:
                    listener.close()
                    _become(connection)
                connection.close()
            _reap()


def _reap() -> None:
    """Let go of what has been forked and has ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load() -> None:
    gc.disable()  # nothing that is loaded here is given up again
    for library in LIBRARIES:
        importlib.import_module(library)
    for name in dir(outcomes):
        getattr(outcomes, name)
    gc.freeze()
    gc.enable()


def _become(connection: socket.socket) -> NoReturn:
    """Be what is asked for, and end."""
    code = 1
    try:
        os.setsid()
        _die_with_parent()
        stream = connection.makefile("rw", encoding="utf-8")
        asked = json.loads(stream.readline())
        _take_place(asked)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        code = _run(asked, stream)
    finally:
        os._exit(code)


def _die_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _take_place(asked: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.path.insert(0, "")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _run(asked: dict[str, Any], stream: TextIO) -> int:
    if asked["kind"] == "draft":
        go_through(stream, stream)
    else:
        stream.close()
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=asked["arguments"])
    return 0


if __name__ == "__main__":
    main()
