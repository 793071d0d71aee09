"""Processes forked from one that has the libraries loaded (:mod:`outcomes.warm`), so that they load once in a run.

Comes in: what a process shall be and where. Goes out: a handle on it. Where forking is not to be had (on anything but
Linux, or where the warm process is gone) there is no handle, and the caller starts a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["ONE_THREAD", "WARM", "Fork", "fork", "hang_up", "warmed"]

WARM = "OUTCOMES_WARM"
"""Environment variable that names the socket of the warm process."""
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""What keeps libraries from starting threads as they load: only a process of one thread is forked whole."""


class Fork:
    """A forked process, with the face of ``subprocess.Popen`` that Jupyter asks for.

    It is the child of another, so it is watched through a file descriptor that stands for it and for no later
    process of the same number.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        with suppress(AttributeError):
            os.close(self._handle)

    def poll(self) -> int | None:
        """0 once it has ended, None before; how it ended is not known."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end."""
        return self._ended(timeout)

    def _ended(self, seconds: float | None) -> int | None:
        return 0 if select.select([self._handle], [], [], seconds)[0] else None

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it at once; nothing happens where it has ended."""
        with suppress(ProcessLookupError):
            self.send_signal(signal.SIGKILL)

    terminate = kill


@contextmanager
def warmed(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Keep a warm process while the block lasts.

    Parameters
    ----------
    folder : Path
        A folder only this user can read; its socket stands there.
    settings : mapping of str to str, optional
        Environment variables that the libraries read as they load.

    Yields
    ------
    dict of str to str
        What those who fork from it must find in their environment; nothing where forking is not to be had.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        yield {}
        return
    address = folder / "warm"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(address))
        except OSError:  # the folder's path is too long for a socket
            yield {}
            return
        listener.listen(64)
        process = _start(listener, settings or {})
    try:
        yield {WARM: str(address)}
    finally:
        process.kill()
        process.communicate()
        address.unlink(missing_ok=True)


def _start(listener: socket.socket, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the warm process; it ends when this one does, for its standard input ends then."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "outcomes.pages.warm", str(listener.fileno())],
        env={**os.environ, **ONE_THREAD, "PYTHONWARNINGS": "ignore", **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )


async def hang_up(line: asyncio.StreamWriter) -> None:
    """Close the line to a process."""
    line.close()
    with suppress(ConnectionError):
        await line.wait_closed()


async def fork(
    kind: str, arguments: list[str], folder: str, environment: Mapping[str, str]
) -> tuple[Fork, asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Fork a process.

    Parameters
    ----------
    kind : {"kernel", "draft"}
    arguments : list of str
        Of its command line.
    folder : str
        Its working directory.
    environment : mapping of str to str
        Its environment variables, among them :data:`WARM`.

    Returns
    -------
    tuple of Fork, StreamReader, StreamWriter or None
        The process, and the line to it; None where there is none to fork from.
    """
    address = environment.get(WARM)
    if not address:
        return None
    asked: dict[str, Any] = {
        "kind": kind, "arguments": arguments, "folder": folder, "environment": dict(environment)
    }  # fmt: skip
    try:
        reader, writer = await asyncio.open_unix_connection(address)
        writer.write(json.dumps(asked).encode() + b"\n")
        answer = await reader.readline()
        return Fork(int(answer)), reader, writer
    except (OSError, ValueError):
        return None
