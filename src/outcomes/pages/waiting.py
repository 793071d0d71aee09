"""The files JupyterLab serves for `outcomes lab`: the first notebook is waited for where it is not there yet.

Comes in, in JupyterLab's own process: what the browser asks for. Goes out: the file. A browser takes seconds to load
JupyterLab; meanwhile the first notebook is run, and written once it shows its first chart.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

__all__ = ["FIRST", "SECONDS", "WaitingFiles"]

FIRST = "00_start_here"
"""The notebook that opens."""
SECONDS = 60.0
"""Longest time anything is waited for as JupyterLab starts."""


class WaitingFiles(AsyncLargeFileManager):
    """JupyterLab's files, of which the first notebook may still be about to come."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._until = time.monotonic() + SECONDS

    async def get(self, path: str, *arguments: Any, **options: Any) -> Any:
        """What is asked for, once it is there."""
        if path.strip("/") == f"{FIRST}.ipynb":
            while not Path(self.root_dir, path.strip("/")).exists() and time.monotonic() < self._until:
                await asyncio.sleep(0.05)
        return await super().get(path, *arguments, **options)  # type: ignore[no-untyped-call]
