"""Every page as PDF: by a browser, else by WeasyPrint, else refused with what to install."""

from __future__ import annotations

import subprocess
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from outcomes.errors import ExportError
from outcomes.pages import printed
from outcomes.pages.export import Export
from pages.small_export import small_export


@pytest.fixture
def export(tmp_path) -> Export:
    return small_export(tmp_path)


def test_without_anything_to_print_with_it_says_what_to_install(export, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(printed, "which", lambda _: None)
    monkeypatch.setattr(printed, "find_spec", lambda _: None)
    with pytest.raises(ExportError, match="needs Chromium or WeasyPrint"):
        printed.write(export, tmp_path / "pdf")


def test_without_chromium_weasyprint_prints(export, monkeypatch, tmp_path) -> None:
    class Html:
        def __init__(self, filename: str) -> None:
            self.text = StringIO(Path(filename).read_text("utf-8"))

        def write_pdf(self, target: str) -> None:
            Path(target).write_text("%PDF " + self.text.read())

    other = ModuleType("weasyprint")
    other.HTML = Html  # type: ignore[attr-defined]
    monkeypatch.setattr(printed, "which", lambda _: None)
    monkeypatch.setattr(printed, "find_spec", lambda _: other)
    monkeypatch.setattr(printed, "import_module", lambda _: other)
    printed.write(export, tmp_path / "pdf")
    assert sorted(path.name for path in (tmp_path / "pdf").iterdir()) == [
        "00_start_here.pdf",
        "09_claims.pdf",
    ]
    assert "<h1>Claims</h1>" in (tmp_path / "pdf/09_claims.pdf").read_text()


def test_chromium_prints_every_page(export, tmp_path) -> None:
    from shutil import which

    from conftest import skip_or_fail

    if which("chromium") is None:
        skip_or_fail("there is no chromium")
    (tmp_path / "00_start_here.html").unlink()
    printed.write(export, tmp_path / "pdf")
    assert [path.name for path in (tmp_path / "pdf").iterdir()] == ["09_claims.pdf"]
    assert (tmp_path / "pdf/09_claims.pdf").read_bytes().startswith(b"%PDF")


@pytest.fixture
def asked(monkeypatch) -> list[list[str]]:
    """Commands that would have been run; the browser is the second of those that could be there."""
    commands: list[list[str]] = []

    def run(command: list[str], **how) -> None:
        assert how["timeout"] > 0
        commands.append(command)
        target = next(part.removeprefix("--print-to-pdf=") for part in command if "print-to-pdf=" in part)
        Path(target).write_bytes(b"%PDF")

    monkeypatch.setattr(
        printed, "which", lambda name: f"/bin/{name}" if name == printed.BROWSERS[1] else None
    )
    monkeypatch.setattr(printed.subprocess, "run", run)
    return commands


def test_a_browser_leaves_nothing_behind_and_asks_nobody(export, asked, tmp_path) -> None:
    printed.write(export, tmp_path / "pdf")
    assert [command[0] for command in asked] == ["/bin/chromium-browser"] * 2
    assert [command[-1] for command in asked] == [
        (tmp_path / name).as_uri() for name in ("00_start_here.html", "09_claims.html")
    ]
    profiles = [part for command in asked for part in command if part.startswith("--user-data-dir=")]
    assert len(set(profiles)) == 2
    assert not any(Path(part.partition("=")[2]).exists() for part in profiles)
    assert all({"--headless", "--disable-background-networking"} <= set(command) for command in asked)


@pytest.mark.parametrize(("user", "boxed"), [(0, False), (1000, True)])
def test_only_the_superuser_prints_without_a_sandbox(
    user, boxed, export, asked, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(printed.os, "geteuid", lambda: user)
    printed.write(export, tmp_path / "pdf")
    assert ["--no-sandbox" not in command for command in asked] == [boxed] * 2


@pytest.mark.parametrize("ends", [subprocess.TimeoutExpired("chromium", 1), OSError("no room"), None])
def test_a_page_that_is_not_printed_is_named(ends, export, asked, monkeypatch, tmp_path) -> None:
    def run(command: list[str], **how) -> None:
        if ends is not None:
            raise ends

    monkeypatch.setattr(printed.subprocess, "run", run)
    with pytest.raises(
        ExportError, match=r"^00_start_here\.html could not be printed\. Print it from a browser"
    ):
        printed.write(export, tmp_path / "pdf")
