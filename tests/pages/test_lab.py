"""A clinic's own copy of the notebooks: it reads the clinic's file, is kept when changed, and JupyterLab shows it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outcomes.errors import ExportError, SessionErrors
from outcomes.pages import lab
from outcomes.pages.lab import copies, open_lab
from outcomes.pages.notebooks import notebooks
from outcomes.pages.waiting import FIRST
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("records") / "visits, ours.csv"
    simulate_sessions(60, seed=3)[0].to_csv(path, index=False)
    return path


def _code(book) -> str:
    return "\n".join(cell.source for cell in book.code)


@pytest.fixture
def server(monkeypatch) -> list[str]:
    """In the place of JupyterLab, a program that says nothing and ends; what it was told to open."""
    asked: list[str] = []

    def command(folder: Path) -> list[str]:
        asked.append(folder.name)
        return [sys.executable, "-c", "import time; time.sleep(0.1)"]

    monkeypatch.setattr(lab, "_command", command)
    monkeypatch.setattr(lab, "_run_to_first_chart", lambda book: None)
    return asked


def test_every_notebook_is_copied_and_reads_the_clinic_s_file(records, tmp_path):
    made = copies(records, tmp_path / "ours")
    assert [book.path for book in made] == [tmp_path / "ours" / path.name for path in notebooks()]
    for book in made:
        assert f"data = {str(records)!r}" in _code(book)
        assert "demo_sessions" not in _code(book)


def test_what_was_changed_is_kept(records, tmp_path, server):
    said: list[str] = []
    handler = signal.getsignal(signal.SIGINT)
    try:
        assert open_lab(records, tmp_path, announce=said.append, browser=False) == 0
        assert "yours to change" in said[0]
        (tmp_path / "03_two_day.ipynb").write_text("mine")
        (tmp_path / f"{FIRST}.ipynb").unlink()
        assert open_lab(records, tmp_path, announce=said.append, browser=False) == 0
        assert (tmp_path / f"{FIRST}.ipynb").is_file()
        assert open_lab(records, tmp_path, announce=said.append, browser=False) == 0
    finally:
        signal.signal(signal.SIGINT, handler)
    assert "as you left them" in said[-2]
    assert (tmp_path / "03_two_day.ipynb").read_text() == "mine"


def test_a_mapping_is_read_with_the_records(records, tmp_path):
    (mapping := tmp_path / "clinic.toml").write_text("")
    for given, said in ((mapping, str(mapping.resolve())), ("google-forms", "google-forms")):
        made = copies(records, tmp_path / "ours", given)
        assert all(f"oc.read_sessions(data, mapping={said!r})" in _code(book) for book in made)


def test_a_file_in_the_place_of_the_folder_is_refused(records, tmp_path, server):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportError, match="is a file"):
        open_lab(records, tmp_path / "taken", announce=print)
    assert server == []


def test_records_that_break_a_rule_leave_no_folder(records, tmp_path, server):
    sessions, _ = simulate_sessions(30, seed=1)
    sessions.assign(pain_pre=11).to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(SessionErrors, match="pain_pre"):
        open_lab(tmp_path / "visits.csv", tmp_path / "ours", announce=print)
    assert not (tmp_path / "ours").exists()


def test_a_first_notebook_that_fails_ends_what_was_started(records, tmp_path, server, monkeypatch):
    def fails(book) -> None:
        raise ExportError("it stopped")

    monkeypatch.setattr(lab, "_run_to_first_chart", fails)
    with pytest.raises(ExportError, match="it stopped"):
        open_lab(records, tmp_path / "ours", announce=print, browser=False)
    assert not (tmp_path / "ours").exists()


def test_the_first_notebook_shows_its_first_chart_with_its_alt_text_in_jupyterlab(
    records, tmp_path, monkeypatch
):
    """Driven in a browser: the chart is there before anything is run, and no news is asked about."""
    browser = shutil.which("chromium")
    if browser is None:
        if os.environ.get("OUTCOMES_REQUIRE_ALL") == "1":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME"):
        (tmp_path / name.lower()).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    (tmp_path / "jupyter_config_dir/jupyter_server_config.py").write_text(
        "c.ServerApp.allow_root = True\nc.ServerApp.port = 0\n"
    )
    (tool := tmp_path / "browser").write_text(
        f'#!/bin/sh\necho "$1" > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/told\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{tool} %s")
    command = [sys.executable, "-m", "outcomes", "lab", str(records), "--to", str(tmp_path / "ours")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until = time.monotonic() + 120
        while not (tmp_path / "told").exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until
            time.sleep(0.05)
        with sync_playwright() as play:
            opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = opened.new_page()
            page.goto((tmp_path / "told").read_text().strip())
            image = page.locator(".jp-OutputArea img[alt*='pain relief']").first
            image.wait_for(timeout=120_000)
            assert (image.get_attribute("alt") or "").endswith(".")
            assert page.locator(".jp-Dialog, .Toastify__toast").all_text_contents() == []
            opened.close()
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert (
        "DeprecationWarning" not in said
    )  # of JupyterLab as it starts; a kernel that is ended says what it likes
    assert not list((tmp_path / "jupyter_runtime_dir").glob("jpserver-*")), "JupyterLab ends with it"


def test_the_command_stays_on_this_machine():
    command = lab._command(Path("x"))
    assert command[0] == sys.executable
    assert "--ServerApp.ip=127.0.0.1" in command
