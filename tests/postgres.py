"""A PostgreSQL server of a test's own: in a temporary folder, on loopback, as a user without rights, gone after it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Server", "binaries", "server"]

USER, PASSWORD = "clinic", "s3cr3t-Phrase"


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    port: int
    folder: Path

    @property
    def address(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/postgres"


def binaries() -> Path | None:
    """Folder of the server's programs (Debian keeps them off the path)."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(iter(folders), Path(found).resolve().parent if found else None)


@contextmanager
def server() -> Iterator[Server]:
    """Run a server while the block lasts."""
    folder, programs = Path(tempfile.mkdtemp(prefix="outcomes-postgres-")), binaries()
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to run as root
    as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    (folder / "password").write_text(PASSWORD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **as_user,
        )  # fmt: skip

    try:
        run("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", str(folder / "password"), "-E", "UTF8",
            "--locale=C", "--no-sync")  # fmt: skip
        listening = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", listening)
        try:
            yield Server(port, folder)
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
