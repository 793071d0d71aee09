"""Every page as PDF, printed by Chromium, else by WeasyPrint, else refused with what to install."""

from __future__ import annotations

import os
import subprocess
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from outcomes.errors import ExportError

if TYPE_CHECKING:
    from outcomes.pages.export import Export

__all__ = ["BROWSERS", "write"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120
"""How long one page may take to print."""


def write(export: Export, path: Path) -> None:
    """Print every page of the export into a folder.

    Raises
    ------
    ExportError
        Where there is nothing to print with, or a page could not be printed.
    """
    path.mkdir()
    browser = next((found for name in BROWSERS if (found := which(name))), None)
    if browser is None and find_spec("weasyprint") is None:
        raise ExportError(
            "A PDF needs Chromium or WeasyPrint, and neither was found. Install one, or print the page from a browser."
        )
    for page in sorted(export.folder.glob("*.html")):
        target = path / f"{page.stem}.pdf"
        if browser is None:
            import_module("weasyprint").HTML(filename=str(page)).write_pdf(str(target))
        else:
            _print(browser, page, target)
        if not target.is_file():
            raise ExportError(f"{page.name} could not be printed. Print it from a browser instead.")


def _print(browser: str, page: Path, target: Path) -> None:
    """Print one page with a browser that leaves nothing behind and asks nobody."""
    with tempfile.TemporaryDirectory(prefix="outcomes-print-") as profile:
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={target}",
            *(["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            raise ExportError(f"{page.name} could not be printed. Print it from a browser instead.") from None
